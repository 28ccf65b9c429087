import { describe, expect, it } from 'vitest';
import { engines, newDatabase } from '../../test/harness/databases.ts';
import { until } from '../../test/harness/until.ts';
import { openDatabase } from '../db/open.ts';
import { TestClock } from '../lib/clock.ts';
import { createLoops, type Loop } from './loops.ts';

const alone = { exclusively: async (_name: string, work: () => Promise<void>) => (await work(), true) };

function start(loops: Loop[], database: Parameters<typeof createLoops>[0]['database'] = alone) {
  const logged: unknown[] = [];
  const clock = new TestClock();
  const registry = createLoops({ loops, database, clock, log: { error: (...args: unknown[]) => void logged.push(args) } });
  return { registry, logged, clock };
}

/** Work that stays open until it is let go, and counts how much of it is open. */
function gate() {
  const open = Promise.withResolvers<void>();
  const seen = { now: 0, most: 0, runs: 0 };
  const run = async () => {
    seen.most = Math.max(seen.most, ++seen.now);
    await open.promise;
    seen.runs++;
    seen.now--;
  };
  return { run, seen, letGo: open.resolve };
}

describe('background loops', () => {
  it('come again by themselves', async () => {
    let runs = 0;
    const { registry } = start([{ name: 'one', everyMs: 1, run: async () => void runs++ }]);
    registry.start();
    await until(() => runs >= 3);
    await registry.stop();
    const atStop = runs;
    expect(registry.states()).toMatchObject([{ name: 'one', running: false, runs: atStop, failures: 0, lastError: null }]);
  });

  it('never overlap with themselves, and wait for nobody else', async () => {
    const { run, seen, letGo } = gate();
    const { registry } = start([
      { name: 'slow', everyMs: 1, run },
      { name: 'other', everyMs: 60_000, run: async () => {} },
    ]);
    const runs = [registry.runNow('slow'), registry.runNow('slow'), registry.runNow('slow')];
    await until(() => seen.now === 1);
    await registry.runNow('other');
    expect(registry.states()).toMatchObject([{ running: true, runs: 0 }, { runs: 1 }]);
    letGo();
    await Promise.all(runs);
    expect(seen).toEqual({ now: 0, most: 1, runs: 3 });
  });

  it('log and count a failure, and come again', async () => {
    let calls = 0;
    const run = async () => {
      if (++calls === 1) throw new Error('the disk is away');
    };
    const { registry, logged, clock } = start([{ name: 'one', everyMs: 60_000, run }]);
    await expect(registry.runNow('one')).rejects.toThrow('the disk is away');
    expect(registry.states()).toMatchObject([
      { failures: 1, runs: 0, lastError: 'the disk is away', lastStartedAt: clock.now(), lastDurationMs: expect.any(Number) },
    ]);
    expect(logged).toMatchObject([[{ loop: 'one' }, 'background work failed']]);
    await registry.runNow('one');
    expect(registry.states()).toMatchObject([{ failures: 1, runs: 1, lastError: null }]);
  });

  it('tell a run under way of the stop, and start no other', async () => {
    const begun = Promise.withResolvers<void>();
    let heard = false;
    const run = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        begun.resolve();
        signal.addEventListener('abort', () => {
          heard = true;
          resolve();
        });
      });
    const { registry } = start([{ name: 'one', everyMs: 60_000, run }]);
    const first = registry.runNow('one');
    await begun.promise;
    await Promise.all([registry.stop(), registry.stop(), first]);
    expect(heard).toBe(true);
    await registry.runNow('one');
    expect(registry.states()).toMatchObject([{ runs: 1 }]);
  });

  it('refuse an unknown name', async () => {
    const { registry } = start([{ name: 'one', everyMs: 1, run: async () => {} }]);
    await expect(registry.runNow('two')).rejects.toThrow('there is no loop "two"; there are one');
  });
});

describe.each(engines)('exclusive work on %s', (engine) => {
  it('runs, tells of its failure, and can run again', async () => {
    await using opened = new AsyncDisposableStack();
    const { url, remove } = await newDatabase(engine);
    opened.defer(remove);
    const database = await openDatabase(url);
    opened.defer(() => database.close());
    const fails = () => Promise.reject(new Error('no'));
    await expect(database.exclusively('sweep', fails)).rejects.toThrow('no');
    expect(await database.exclusively('sweep', async () => {})).toBe(true);
  });
});

it('two nodes on one PostgreSQL do not run one loop at once', async () => {
  await using opened = new AsyncDisposableStack();
  const { url, remove } = await newDatabase('postgres');
  opened.defer(remove);
  const nodes = await Promise.all([openDatabase(url), openDatabase(url)]);
  for (const node of nodes) opened.defer(() => node.close());
  const { run, seen, letGo } = gate();
  const [a, b] = nodes.map((node) => start([{ name: 'sweep', everyMs: 60_000, run }], node).registry);
  const first = a?.runNow('sweep');
  await until(() => seen.now === 1);
  await b?.runNow('sweep');
  expect(b?.states()).toMatchObject([{ runs: 0, passed: 1 }]);
  letGo();
  await first;
  await b?.runNow('sweep');
  expect(b?.states()).toMatchObject([{ runs: 1, passed: 1 }]);
  expect(seen).toEqual({ now: 0, most: 1, runs: 2 });
});
