import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { logByte } from '../../test/harness/log-bytes.ts';
import { until } from '../../test/harness/until.ts';
import { systemClock } from '../lib/clock.ts';
import { openObjects } from '../objects/open.ts';
import { createLogStore, type LogStore } from './log-store.ts';

const writer = join(import.meta.dirname, '../../test/harness/log-writer.ts');

/** What the writer acknowledged: bytes of each log, and which jobs ended or were erased, or were about to be. */
interface Acknowledged {
  sizes: Map<number, number>;
  over: Set<number>;
  erasing: Set<number>;
  gone: Set<number>;
}

/** Lets a writer run for `ms` after its start, kills it, and notes the whole lines it left. */
async function writeAndKill(folder: string, firstJob: number, ms: number, known: Acknowledged): Promise<number> {
  const child = spawn(process.execPath, [writer, folder, String(firstJob)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const closed = once(child, 'close');
  await until(() => output.includes('ready\n'), 'the writer to start');
  // The moment of the kill is what the test is about, so this is a pause and no wait for something.
  await pause(ms);
  child.kill('SIGKILL');
  expect((await closed)[1]).toBe('SIGKILL');
  const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
  for (const line of lines) {
    const [word, job, size] = line.split(' ');
    if (word === 'size' || word === 'over') known.sizes.set(Number(job), Number(size));
    if (word === 'over') known.over.add(Number(job));
    if (word === 'erasing') known.erasing.add(Number(job));
    if (word === 'gone') known.gone.add(Number(job));
  }
  return lines.length;
}

async function check(logs: LogStore, { sizes, over, erasing, gone }: Acknowledged): Promise<void> {
  for (const [job, size] of sizes) {
    const found = await logs.read(job);
    const bytes = found === null ? Buffer.alloc(0) : await buffer(found.stream);
    if (gone.has(job)) expect([job, bytes.length]).toEqual([job, 0]);
    if (erasing.has(job) && bytes.length === 0) continue;
    expect(bytes.length).toBeGreaterThanOrEqual(size);
    if (over.has(job)) expect([job, bytes.length]).toEqual([job, size]);
    expect(found?.size).toBe(bytes.length);
    if (logs.size(job) > 0) expect(logs.crc32(job)).toBe(crc32(bytes));
    const wrong = bytes.findIndex((byte, offset) => byte !== logByte(job, offset));
    expect([job, wrong]).toEqual([job, -1]);
  }
}

it('has every acknowledged byte after kill -9 at any moment', { timeout: 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'baton-crash-'));
  const known: Acknowledged = { sizes: new Map(), over: new Set(), erasing: new Set(), gone: new Set() };
  let emptied = 0;
  for (let round = 0; round < 6; round += 1) {
    const lines = await writeAndKill(folder, round * 100_000 + 1, Math.random() * 400, known);
    if (lines < 2) continue;
    const objects = await openObjects(`file:${folder}/objects`);
    const logs = await createLogStore({ folder: join(folder, 'logs'), objects, clock: systemClock, segmentBytes: 20_000 });
    await check(logs, known);
    emptied += [...known.sizes.keys()].filter((job) => known.over.has(job) && logs.size(job) === 0).length;
    for (const job of logs.unfinished()) if (known.over.has(job)) logs.finish(job);
    await until(() => logs.stats().archiving === 0, 'ended logs to become objects');
    await check(logs, known);
    await logs.close();
  }
  // The rounds have seen what they are about: running, ended and archived, and erased logs.
  expect(known.sizes.size).toBeGreaterThan(20);
  expect([known.over.size > 0, known.gone.size > 0, emptied > 0]).toEqual([true, true, true]);
  await rm(folder, { recursive: true });
});
