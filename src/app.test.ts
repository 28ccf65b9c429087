import { expect, it } from 'vitest';
import { startBaton } from './app.ts';

it('starts in memory within a second, answers, and stops twice', async () => {
  const began = performance.now();
  const baton = await startBaton();
  const seconds = (performance.now() - began) / 1000;
  const reply = await fetch(`${baton.url}/api/v4/runners/all`, { headers: { 'PRIVATE-TOKEN': baton.rootToken ?? '' } });
  expect([reply.status, await reply.json()]).toEqual([200, []]);
  await baton.stop();
  await baton.stop();
  await expect(fetch(baton.url)).rejects.toThrow();
  expect(seconds).toBeLessThan(1);
});

it('takes settings, and runs several servers side by side', async () => {
  await using first = await startBaton({ rootToken: 'glpat-a-token-of-my-own-choice' });
  await using second = await startBaton();
  expect(first.rootToken).toBe('glpat-a-token-of-my-own-choice');
  const reply = await fetch(`${second.url}/api/v4/user`, { headers: { 'PRIVATE-TOKEN': first.rootToken ?? '' } });
  expect(reply.status).toBe(401);
});
