import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('runs works on one thing in turn, and goes on after one that fails', async () => {
  const turns = new Turns<number>();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take(1, async () => {
    await gate.promise;
    order.push('first');
    throw new Error('failed');
  });
  const second = turns.take(1, async () => order.push('second'));
  await turns.take(2, async () => order.push('other'));
  expect(order).toEqual(['other']);
  gate.resolve();
  await expect(first).rejects.toThrow('failed');
  expect(await second).toBe(3);
  expect(order).toEqual(['other', 'first', 'second']);
  expect(turns.size).toBe(0);
});
