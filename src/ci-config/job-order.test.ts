import { describe, expect, it } from 'vitest';

import { compile } from './compile.ts';

function errors(text: string): unknown[] {
  const compiled = compile(text, { file: 'f' });
  return compiled.ok ? [] : compiled.errors.map(({ message, line, column, kind }) => [message, line, column, kind]);
}

/** Jobs by name, each with what stands behind its script. */
function jobs(parts: Record<string, string>): string {
  return Object.entries(parts)
    .map(([name, rest]) => `${name}: {script: x${rest === '' ? '' : `, ${rest}`}}\n`)
    .join('');
}

describe('orderJobs', () => {
  it.each<[string, Record<string, string>, string, number, number]>([
    [
      'a stage that does not exist',
      { a: 'stage: Foo', b: 'stage: bar' },
      'a job: chosen stage Foo does not exist; available stages are .pre, build, test, deploy, .post',
      1,
      23,
    ],
    ['an unknown dependency', { a: 'dependencies: [B]' }, 'a job: undefined dependency: B', 1, 31],
    [
      'a dependency of a later stage',
      { a: 'stage: build, dependencies: [b]', b: '' },
      'a job: dependency b is not defined in current or prior stages',
      1,
      45,
    ],
    [
      'a dependency of a stage that does not exist',
      { a: 'dependencies: [b]', b: 'stage: foo' },
      'a job: dependency b is not defined in current or prior stages',
      1,
      31,
    ],
    ['an unknown need', { a: '', b: 'needs: [a, C]' }, 'b job: undefined need: C', 2, 27],
    ['a hidden need', { '.a': '', b: 'needs: [.a]' }, 'b job: undefined need: .a', 2, 24],
    [
      'a need of a later stage',
      { a: 'stage: build, needs: [{job: b}]', b: '' },
      'a job: need b is not defined in current or prior stages',
      1,
      38,
    ],
    [
      'a later need, though optional',
      { a: 'stage: build, needs: [{job: b, optional: true}]', b: '' },
      'a job: need b is not defined in current or prior stages',
      1,
      38,
    ],
    ['needs listed twice', { a: '', b: '', c: 'needs: [a, b, a, {job: b}, a]' }, 'c has the following needs duplicated: a, b.', 3, 30],
    ['a job that needs itself', { a: '', b: 'needs: [b]' }, 'The pipeline has circular dependencies: self-dependency: b', 2, 1],
    [
      'jobs that need each other',
      { z: '', a: 'needs: [b]', b: 'needs: [c]', c: 'needs: [z, a]' },
      'The pipeline has circular dependencies: topological sort failed: ["a", "b", "c"]',
      2,
      1,
    ],
    ['the first error alone, job by job', { a: 'needs: [a]', b: 'needs: [x]', c: 'stage: y' }, 'b job: undefined need: x', 2, 24],
  ])('refuses %s', (_, parts, message, line, column) => {
    expect(errors(jobs(parts))).toEqual([[message, line, column, 'logical']]);
  });

  it('refuses a need with a name too long for any job', () => {
    const name = 'n'.repeat(256);
    expect(errors(jobs({ a: `needs: [{job: ${name}, optional: true}]` }))).toMatchObject([
      [`a job: need \`${name}\` name is too long (maximum is 255 characters)`, 1, 24, 'logical'],
    ]);
  });

  it.each<[string, Record<string, string>]>([
    ['needs and dependencies within a stage', { a: '', b: 'needs: [a]', c: 'dependencies: [a]' }],
    ['an optional need that does not exist', { a: 'needs: [{job: b, optional: true}]' }],
    ['needs of .pre and in .post', { a: 'stage: .pre', b: 'needs: [a]', c: 'stage: .post, needs: [b]' }],
    ['a diamond', { a: '', b: 'needs: [a]', c: 'needs: [a]', d: 'needs: [b, c]' }],
  ])('allows %s', (_, parts) => {
    expect(errors(jobs(parts))).toEqual([]);
  });

  it('puts jobs in the order of stages, then of the document', () => {
    const compiled = compile(
      `stages: [two, one]\n${jobs({ a: 'stage: one', b: 'stage: two', c: 'stage: .post', d: 'stage: one', e: 'stage: .pre' })}`,
      {
        file: 'f',
      },
    );
    expect(compiled).toMatchObject({ plan: { stages: ['.pre', 'two', 'one', '.post'] } });
    expect(compiled.ok && compiled.plan.jobs.map(({ name, stageIndex }) => [name, stageIndex])).toEqual([
      ['e', 0],
      ['b', 1],
      ['a', 2],
      ['d', 2],
      ['c', 3],
    ]);
  });
});
