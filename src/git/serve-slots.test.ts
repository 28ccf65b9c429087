import { expect, it } from 'vitest';
import { ServeSlots } from './serve-slots.ts';

const staying = new AbortController().signal;

it('lets only so many in at once, the others in the order in which they came', async () => {
  const slots = new ServeSlots(2);
  const log: number[] = [];
  const enter = async (name: number) => {
    const leave = await slots.take(staying);
    log.push(name);
    return leave;
  };
  const first = await enter(1);
  const second = await enter(2);
  const third = enter(3);
  const fourth = enter(4);
  await Promise.resolve();
  expect(log).toEqual([1, 2]);
  second?.();
  second?.();
  const leave3 = await third;
  expect(log).toEqual([1, 2, 3]);
  first?.();
  await fourth;
  leave3?.();
  expect(await enter(5)).not.toBeNull();
  expect(log).toEqual([1, 2, 3, 4, 5]);
});

it('forgets whoever goes away while waiting', async () => {
  const slots = new ServeSlots(1);
  const leave = await slots.take(staying);
  const going = new AbortController();
  const waiting = slots.take(going.signal);
  const next = slots.take(staying);
  going.abort();
  expect(await waiting).toBeNull();
  expect(await slots.take(going.signal)).toBeNull();
  leave?.();
  expect(await next).not.toBeNull();
});
