import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCompleted, nextStatus, type JobStatus } from './job-state.ts';
import { movesOf, type MovableJob } from './moves.ts';
import { rollUp, rollupStatus } from './rollup.ts';

type Spec = Partial<Omit<MovableJob, 'id' | 'scheduling'>> & { needs?: string[] };

/** A pipeline by the names of its jobs. */
function pipeline(specs: Record<string, Spec>) {
  const needs = new Map<number, string[]>();
  const jobs = Object.entries(specs).map(([name, { needs: names, ...spec }], index): MovableJob => {
    const id = index + 1;
    if (names !== undefined) needs.set(id, names);
    const scheduling = names === undefined ? 'stage' : 'dag';
    return { id, name, stageIndex: 0, status: 'created', when: 'on_success', allowFailure: false, ...spec, scheduling };
  });
  return { jobs, needs };
}

function movesByName(specs: Record<string, Spec>): Record<string, string> {
  const { jobs, needs } = pipeline(specs);
  return Object.fromEntries(movesOf(jobs, needs).map((move) => [jobs.find((job) => job.id === move.jobId)?.name, move.event]));
}

describe('by stages', () => {
  it('starts the first stage and waits with the next', () => {
    expect(movesByName({ build: {}, test: { stageIndex: 1 } })).toEqual({ build: 'enqueue' });
    expect(movesByName({ build: { status: 'running' }, test: { stageIndex: 1 } })).toEqual({});
    expect(movesByName({ build: { status: 'success' }, test: { stageIndex: 1 } })).toEqual({ test: 'enqueue' });
  });

  it.each([
    ['success', { ok: 'enqueue', bad: 'skip', any: 'enqueue', ask: 'actionize', wait: 'schedule' }],
    ['failed', { ok: 'skip', bad: 'enqueue', any: 'enqueue', ask: 'skip', wait: 'skip' }],
    ['skipped', { ok: 'enqueue', bad: 'skip', any: 'enqueue', ask: 'actionize', wait: 'schedule' }],
    ['canceled', { ok: 'skip', bad: 'skip', any: 'skip', ask: 'skip', wait: 'skip' }],
  ] as const)('decides by "when" after a stage that is %s', (status, expected) => {
    const after = { stageIndex: 1 };
    expect(
      movesByName({
        first: { status },
        ok: after,
        bad: { ...after, when: 'on_failure' },
        any: { ...after, when: 'always' },
        ask: { ...after, when: 'manual' },
        wait: { ...after, when: 'delayed' },
      }),
    ).toEqual(expected);
  });

  it('passes over a manual job that may fail, and stops at one that may not', () => {
    const ask = { when: 'manual', allowFailure: true } as const;
    expect(movesByName({ ask, next: { stageIndex: 1 } })).toEqual({ ask: 'actionize', next: 'enqueue' });
    expect(movesByName({ ask: { when: 'manual' }, next: { stageIndex: 1 } })).toEqual({ ask: 'actionize' });
  });

  it.each(['scheduled', 'waiting_for_resource'] as const)('waits behind a job that is %s', (status) => {
    expect(movesByName({ first: { status }, next: { stageIndex: 1 }, needing: { stageIndex: 1, needs: ['first'] } })).toEqual({});
  });

  it('carries skipping through all later stages at once', () => {
    const found = movesByName({
      a: { status: 'failed' },
      b: { stageIndex: 1 },
      c: { stageIndex: 2 },
      d: { stageIndex: 3, when: 'on_failure' },
    });
    expect(found).toEqual({ b: 'skip', c: 'skip', d: 'enqueue' });
  });
});

describe('by needs', () => {
  it('starts a job once those that it needs are over, whatever else runs', () => {
    const found = movesByName({
      a: { status: 'success' },
      b: { status: 'running' },
      c: { stageIndex: 1, needs: ['a'] },
      d: { stageIndex: 1, needs: ['b'] },
    });
    expect(found).toEqual({ c: 'enqueue' });
  });

  it('starts a job without needs at once, and passes over needs that are not there', () => {
    expect(movesByName({ a: {}, b: { stageIndex: 5, needs: [] }, c: { stageIndex: 5, needs: ['gone'] } })).toEqual({
      a: 'enqueue',
      b: 'enqueue',
      c: 'enqueue',
    });
  });

  it('takes the jobs of one stage in the order of their needs', () => {
    const found = movesByName({ z: { needs: ['y'] }, y: { needs: ['x'] }, x: { needs: [], when: 'on_failure' } });
    expect(found).toEqual({ x: 'skip', y: 'skip', z: 'skip' });
  });

  it('skips after a needed job that was skipped, unless the job runs always', () => {
    const found = movesByName({
      a: { status: 'skipped' },
      b: { stageIndex: 1, needs: ['a'] },
      c: { stageIndex: 1, needs: ['a'], when: 'always' },
    });
    expect(found).toEqual({ b: 'skip', c: 'enqueue' });
  });

  it('goes on after an allowed failure', () => {
    expect(movesByName({ a: { status: 'failed', allowFailure: true }, b: { needs: ['a'], stageIndex: 1 } })).toEqual({ b: 'enqueue' });
  });
});

const randomPipeline = fc
  .array(
    fc.record({
      stageIndex: fc.nat({ max: 3 }),
      when: fc.constantFrom('on_success', 'on_success', 'on_failure', 'always', 'manual'),
      allowFailure: fc.boolean(),
      needs: fc.option(fc.array(fc.nat({ max: 20 }), { maxLength: 3 })),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((specs) => {
    const needs = new Map<number, string[]>();
    const jobs = specs.map((spec, index): MovableJob => {
      // A job needs jobs of earlier stages, or of its own stage that come earlier: so there is no circle.
      const able = specs.flatMap((other, at) =>
        other.stageIndex < spec.stageIndex || (other.stageIndex === spec.stageIndex && at < index) ? [`j${at}`] : [],
      );
      if (spec.needs !== null) needs.set(index, [...new Set(able.length === 0 ? [] : spec.needs.map((n) => able[n % able.length] ?? ''))]);
      return {
        id: index,
        name: `j${index}`,
        stageIndex: spec.stageIndex,
        status: 'created',
        when: spec.when,
        allowFailure: spec.allowFailure,
        scheduling: spec.needs === null ? 'stage' : 'dag',
      };
    });
    return { jobs, needs };
  });

describe('any pipeline', () => {
  it('goes on until nothing is left but what somebody must start', () => {
    fc.assert(
      fc.property(randomPipeline, fc.infiniteStream(fc.nat({ max: 99 })), ({ jobs, needs }, numbers) => {
        const at = new Map(jobs.map((job) => [job.id, { ...job }]));
        const live = () => [...at.values()];
        const status = (id: number, to: JobStatus | null) => Object.assign(at.get(id) ?? {}, { status: to });
        const draw = () => numbers.next().value ?? 0;
        for (let turn = 0; turn < 100; turn++) {
          const moves = movesOf(live(), needs);
          for (const move of moves) {
            expect(at.get(move.jobId)?.status).toBe('created');
            status(move.jobId, nextStatus(move.event, 'created'));
          }
          // All that could move has moved.
          expect(movesOf(live(), needs)).toEqual([]);
          const pending = live().filter((job) => job.status === 'pending');
          const manual = live().filter((job) => job.status === 'manual');
          const playable = pending.length === 0 ? manual : pending;
          const next = playable[draw() % Math.max(1, playable.length)];
          if (next === undefined) break;
          const fate = draw();
          status(next.id, fate < 60 ? 'success' : fate < 90 ? 'failed' : 'canceled');
        }
        // Every manual job was played, so everything must be over, and so is the pipeline.
        expect(live().filter((job) => !isCompleted(job.status))).toEqual([]);
        expect(isCompleted(rollUp(new Set(live().map(rollupStatus))) ?? 'success')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('never starts a job before what it waits for is over', () => {
    const statuses = fc.constantFrom<JobStatus>('created', 'pending', 'running', 'success', 'failed', 'canceled', 'skipped', 'manual');
    fc.assert(
      fc.property(randomPipeline, fc.infiniteStream(statuses), ({ jobs, needs }, stream) => {
        const given = jobs.map((job) => ({ ...job, status: stream.next().value ?? ('created' as const) }));
        const after = new Map(given.map((job) => [job.name, { ...job }]));
        for (const move of movesOf(given, needs)) {
          const job = after.get(`j${move.jobId}`);
          if (job === undefined) throw new Error('a move of an unknown job');
          if (move.event !== 'skip') {
            const before =
              job.scheduling === 'dag'
                ? (needs.get(job.id) ?? []).map((name) => after.get(name))
                : [...after.values()].filter((other) => other.stageIndex < job.stageIndex);
            const open = before.filter(
              (other) => other !== undefined && !isCompleted(other.status) && !(other.status === 'manual' && other.allowFailure),
            );
            // A needed job that was skipped lets an "always" job go ahead of the others (line 1 of CI configuration 13.3).
            const skippedNeed =
              job.scheduling === 'dag' &&
              job.when === 'always' &&
              before.some((other) => other?.status === 'skipped' || other?.status === 'manual');
            if (!skippedNeed) expect(open).toEqual([]);
          }
          job.status = nextStatus(move.event, 'created') ?? job.status;
        }
      }),
      { numRuns: 500 },
    );
  });
});
