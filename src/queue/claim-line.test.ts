import { expect, it } from 'vitest';
import { ClaimLine } from './claim-line.ts';
import { TakenJobs } from './taken-jobs.ts';

it('serves so many at once, the others in turn, also after a failure', async () => {
  const line = new ClaimLine(2);
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun: number[] = [];
  const works = [0, 1, 2, 3].map((number) =>
    line.pass(async () => {
      begun.push(number);
      await gates[number]?.promise;
      if (number === 0) throw new Error('failed');
      return number;
    }),
  );
  const outcome = Promise.allSettled(works);
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  gates[0]?.resolve();
  await works[3];
  expect(begun).toEqual([0, 1, 2, 3]);
  gates[1]?.resolve();
  expect((await outcome).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
});

it('leaves a job alone that somebody is taking or has taken, and not one that was let go', async () => {
  const taken = new TakenJobs();
  const seen: boolean[] = [];
  for (const outcome of ['gone', 'given'] as const) {
    await taken.during(
      5,
      async () => {
        seen.push(taken.has(5));
        return outcome;
      },
      (result) => result === 'given',
    );
    seen.push(taken.has(5));
  }
  expect(seen).toEqual([true, false, true, true]);
  await expect(
    taken.during(
      6,
      () => Promise.reject(new Error('no database')),
      () => true,
    ),
  ).rejects.toThrow('no database');
  expect(taken.has(6)).toBe(false);
});
