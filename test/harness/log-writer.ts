import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../src/lib/clock.ts';
import { openObjects } from '../../src/objects/open.ts';
import { createLogStore } from '../../src/traces/log-store.ts';
import { logByte } from './log-bytes.ts';

/*
 * A process that writes logs until it is killed, and says on its output what is acknowledged: `size JOB BYTES` after a flush, `over JOB BYTES` for a
 * job that ended, `erasing JOB` and `gone JOB` before and after it is erased. Arguments: folder, first number of new jobs.
 */

const [folder = '', firstJob = '1'] = process.argv.slice(2);
const objects = await openObjects(`file:${folder}/objects`);
const logs = await createLogStore({ folder: `${folder}/logs`, objects, clock: systemClock, segmentBytes: 20_000 });
let next = Number(firstJob);
// Jobs that were running before go on running.
const running = logs.unfinished();
const say = (line: string) => writeSync(1, `${line}\n`);
say('ready');

for (let round = 0; ; round += 1) {
  while (running.length < 6) running.push(next++);
  for (const job of running) {
    const size = logs.size(job);
    const length = (job * 31 + round * 17) % 700;
    logs.append(job, size, Buffer.from(Array.from({ length }, (_, index) => logByte(job, size + index))));
  }
  if (round % 2 === 0) logs.flushSync();
  else await logs.flush();
  for (const job of running) say(`size ${job} ${logs.size(job)}`);
  // The oldest job stays for long, so that its early bytes have to move.
  const ending = running.splice(1 + (round % 3), round % 3);
  for (const job of ending) {
    say(`over ${job} ${logs.size(job)}`);
    logs.finish(job);
  }
  const [erased] = ending;
  if (round % 10 === 8 && erased !== undefined) {
    say(`erasing ${erased}`);
    await logs.erase(erased);
    say(`gone ${erased}`);
  }
  await nextTurn();
}
