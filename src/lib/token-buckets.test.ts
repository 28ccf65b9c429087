import { expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

it('lets through as many as fit, then as many as flow in', () => {
  const buckets = new TokenBuckets(60);
  let now = 1_000_000;
  const take = () => buckets.take('a', now);
  for (let count = 0; count < 60; count++) expect(take()).toBe(0);
  expect(take()).toBe(1);
  now += 999;
  expect(take()).toBe(1);
  now += 1;
  expect([take(), take()]).toEqual([0, 1]);
  now += 3_600_000;
  for (let count = 0; count < 60; count++) expect(take()).toBe(0);
  expect(take()).toBe(1);
});

it('keeps keys apart, and says how long to wait', () => {
  const buckets = new TokenBuckets(2);
  const at = 1_000_000;
  expect([buckets.take('a', at), buckets.take('a', at), buckets.take('a', at), buckets.take('b', at)]).toEqual([0, 0, 30, 0]);
});

it('is off at 0', () => {
  const buckets = new TokenBuckets(0);
  for (let count = 0; count < 1000; count++) expect(buckets.take('a', 1)).toBe(0);
  expect(buckets.size).toBe(0);
});

it('remembers a bounded number, and forgets the one used longest ago', () => {
  const buckets = new TokenBuckets(1);
  buckets.take('first', 1);
  for (let key = 0; key < 19_999; key++) buckets.take(String(key), 1);
  expect(buckets.take('first', 1)).toBe(60);
  for (let key = 0; key < 50_000; key++) buckets.take(`other ${key}`, 1);
  expect(buckets.size).toBe(20_000);
  expect(buckets.take('first', 1)).toBe(0);
});
