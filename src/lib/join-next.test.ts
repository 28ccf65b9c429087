import { expect, it } from 'vitest';
import { joinNext } from './join-next.ts';

it('shares the run that begins after the call, never the one under way', async () => {
  const gates: (() => void)[] = [];
  const flush = joinNext(() => new Promise<void>((resolve) => gates.push(resolve)));
  const first = flush();
  const second = flush();
  expect(flush()).toBe(second);
  expect(gates.length).toBe(1);
  gates[0]?.();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  expect(gates.length).toBe(2);
  const third = flush();
  expect(third).not.toBe(second);
  gates[1]?.();
  await second;
  await new Promise((resolve) => setImmediate(resolve));
  gates[2]?.();
  await third;
  expect(gates.length).toBe(3);
});

it('tells a failure to those who waited for that run and goes on with the next', async () => {
  let runs = 0;
  const flush = joinNext(async () => {
    runs += 1;
    await Promise.resolve();
    if (runs === 1) throw new Error('disk full');
  });
  const first = flush();
  const second = flush();
  await expect(first).rejects.toThrow('disk full');
  await expect(second).resolves.toBeUndefined();
  await flush();
  expect(runs).toBe(3);
});
