import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { until } from '../../test/harness/until.ts';
import { TestClock } from '../lib/clock.ts';
import { openObjects } from '../objects/open.ts';
import { settleLog } from './ended-log.ts';
import { createLogStore } from './log-store.ts';

const whole = Buffer.from('the whole log');

/** Two servers with one object store: the agent sent `here` to this one, and all of it to the other one, where the job has ended. */
async function settled(here: Buffer, recorded: Buffer | null): Promise<string> {
  const objects = await openObjects('memory:');
  const options = { folder: null, objects, clock: new TestClock() };
  const [mine, other] = [await createLogStore(options), await createLogStore(options)];
  if (recorded !== null) {
    other.append(7, 0, recorded);
    other.finish(7);
    await until(() => other.stats().logs === 0);
  }
  mine.append(7, 0, here);
  settleLog(mine, { id: 7, traceSize: recorded?.length ?? null, traceCrc32: recorded === null ? null : crc32(recorded) });
  await until(() => mine.stats().logs === 0);
  const log = await mine.read(7);
  return log === null ? '' : (await buffer(log.stream)).toString();
}

describe('the log of a job that is over', () => {
  it.each([
    ['a part of it', whole.subarray(0, 5), whole, 'the whole log'],
    ['another text of the same length', Buffer.from('THE WHOLE LOG'), whole, 'the whole log'],
    ['the same', whole, whole, 'the whole log'],
    ['all of it, while the job was ended elsewhere without it', whole, Buffer.alloc(0), 'the whole log'],
    ['all that is known', whole, null, 'the whole log'],
  ])('is whole when %s is here', async (_, here, recorded, expected) => {
    expect(await settled(here, recorded)).toBe(expected);
  });
});
