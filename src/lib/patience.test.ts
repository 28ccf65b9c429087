import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { patiently } from './patience.ts';

const late = () => new Error('too late');

async function* every(ms: number, count: number): AsyncGenerator<number> {
  for (let index = 0; index < count; index += 1) {
    await pause(ms);
    yield index;
  }
}

async function* never(onEnd: () => void): AsyncGenerator<number> {
  try {
    yield 1;
    await new Promise(() => undefined);
  } finally {
    onEnd();
  }
}

it('gives on what comes in time', async () => {
  const seen: number[] = [];
  for await (const item of patiently(every(1, 5), { idleMs: 5000, wholeMs: 5000 }, late)) seen.push(item);
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});

it('gives up when the next one does not come, however long the first ones took', async () => {
  const seen: number[] = [];
  const read = async () => {
    for await (const item of patiently(
      never(() => undefined),
      { idleMs: 20, wholeMs: 5000 },
      late,
    ))
      seen.push(item);
  };
  await expect(read()).rejects.toThrow('too late');
  expect(seen).toEqual([1]);
});

it('gives up when drops come for ever', async () => {
  const read = async () => {
    for await (const _ of patiently(every(5, 100_000), { idleMs: 5000, wholeMs: 40 }, late));
  };
  await expect(read()).rejects.toThrow('too late');
});

it('does not count the time of its reader, and ends its source when that stops', async () => {
  let ended = false;
  for await (const _ of patiently(
    (async function* () {
      try {
        yield 1;
        yield 2;
        yield 3;
      } finally {
        ended = true;
      }
    })(),
    { idleMs: 30, wholeMs: 5000 },
    late,
  )) {
    await pause(60);
    if (_ === 2) break;
  }
  expect(ended).toBe(true);
});

it('passes on the errors of its source', async () => {
  const read = async () => {
    for await (const _ of patiently(
      // eslint-disable-next-line require-yield -- it fails before it gives anything
      (async function* () {
        throw new Error('broken');
      })(),
      { idleMs: 1000, wholeMs: 1000 },
      late,
    ));
  };
  await expect(read()).rejects.toThrow('broken');
});
