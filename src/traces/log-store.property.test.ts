import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { until } from '../../test/harness/until.ts';
import { TestClock } from '../lib/clock.ts';
import { openObjects } from '../objects/open.ts';
import { createLogStore, type LogStore } from './log-store.ts';

/** What may happen to logs. `shift` moves the offset of an append away from the log's end. */
type Step =
  | { do: 'append'; job: number; shift: number; bytes: Uint8Array }
  | { do: 'replace'; job: number; bytes: Uint8Array }
  | { do: 'truncate' | 'finish' | 'erase' | 'archive'; job: number }
  | { do: 'restart' | 'flush'; job: number };

const job = fc.integer({ min: 1, max: 8 });
// Chunks are large against the segments of 300 bytes, so that every run fills, copies and deletes segments.
const bytes = fc.uint8Array({ maxLength: 200, size: 'max' });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('append' as const), job, bytes, shift: fc.constantFrom(0, 0, 0, 0, -1, 1, -20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replace' as const), job, bytes }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('truncate' as const, 'finish' as const, 'erase' as const, 'archive' as const), job }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'flush' as const), job }) },
);

// Nothing is ever lost or damaged here, so there is nothing to warn of.
const log = {
  warn: (fields: unknown, text?: unknown) => expect.unreachable(`${String(text)}: ${inspect(fields)}`),
  error: (fields: unknown, text?: unknown) => expect.unreachable(`${String(text)}: ${inspect(fields)}`),
};

/** A log as it must be. Once it is an object nothing is appended any more: the job is over. */
interface Model {
  bytes: Buffer;
  finished: boolean;
  over: boolean;
}

async function check(logs: LogStore, models: Map<number, Model>): Promise<void> {
  for (const [id, { bytes, over }] of models) {
    const found = await logs.read(id);
    expect(found === null ? Buffer.alloc(0) : await buffer(found.stream)).toEqual(bytes);
    const middle = { start: bytes.length >> 2, end: bytes.length >> 1 };
    const part = await logs.read(id, middle);
    expect(part === null ? Buffer.alloc(0) : await buffer(part.stream)).toEqual(bytes.subarray(middle.start, middle.end));
    if (!over) expect([logs.size(id), logs.crc32(id)]).toEqual([bytes.length, crc32(bytes)]);
  }
}

function act(logs: LogStore, model: Model, step: Step): void {
  const refused = { ok: false, size: model.bytes.length };
  if (step.do === 'append') {
    const offset = model.bytes.length + step.shift;
    const fits = step.shift === 0 && !model.finished;
    if (fits) model.bytes = Buffer.concat([model.bytes, step.bytes]);
    expect(logs.append(step.job, offset, step.bytes)).toEqual(fits ? { ok: true, size: model.bytes.length } : refused);
  } else if (step.do === 'replace' || step.do === 'truncate') {
    if (!model.finished) model.bytes = step.do === 'replace' ? Buffer.from(step.bytes) : Buffer.alloc(0);
    const result = step.do === 'replace' ? logs.replace(step.job, step.bytes) : logs.truncate(step.job);
    expect(result).toEqual(model.finished ? refused : { ok: true, size: model.bytes.length });
  } else if (step.do === 'finish') {
    logs.finish(step.job);
    // The job has ended: nobody asks for more than to read it.
    model.over = true;
    model.finished = true;
  }
}

async function run(steps: Step[], open: () => Promise<LogStore>): Promise<void> {
  const models = new Map<number, Model>();
  let logs = await open();
  for (const step of steps) {
    const model = models.get(step.job) ?? { bytes: Buffer.alloc(0), finished: false, over: false };
    models.set(step.job, model);
    if (step.do === 'flush') await logs.flush();
    if (step.do === 'archive') await until(() => logs.stats().archiving === 0);
    if (step.do === 'erase') {
      await logs.erase(step.job);
      Object.assign(model, { bytes: Buffer.alloc(0), over: true, finished: true });
    }
    if (step.do === 'restart') {
      await logs.close();
      logs = await open();
      // As a start of the server does: logs of jobs that are over go on to the objects.
      for (const id of logs.unfinished()) if (models.get(id)?.finished === true) logs.finish(id);
    }
    if (!model.over) act(logs, model, step);
  }
  await check(logs, models);
  await logs.close();
}

it('does on disk what a plain buffer does, across starts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 90, size: 'max' }), async (steps) => {
      const folder = await mkdtemp(join(tmpdir(), 'baton-logs-'));
      const objects = await openObjects('memory:');
      await run(steps, () => createLogStore({ folder, objects, clock: new TestClock(), log, segmentBytes: 300 }));
      await rm(folder, { recursive: true });
    }),
    { numRuns: 60 },
  );
});

it('does in memory what a plain buffer does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 90, size: 'max' }), async (steps) => {
      const objects = await openObjects('memory:');
      const open = () => createLogStore({ folder: null, objects, clock: new TestClock(), log, segmentBytes: 300 });
      await run(
        steps.filter((step) => step.do !== 'restart'),
        open,
      );
    }),
    { numRuns: 60 },
  );
});
