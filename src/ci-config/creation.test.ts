import { describe, expect, it } from 'vitest';

import { compile } from './compile.ts';
import { creationErrors } from './creation.ts';

function errors(text: string): string[] {
  const compiled = compile(text, { file: 'f' });
  if (!compiled.ok) throw new Error(compiled.errors[0]?.message);
  return creationErrors(compiled.plan, 'f').map(({ message }) => message);
}

function jobWithNeeds(count: number): string {
  const names = Array.from({ length: count }, (_, index) => `j${index}`);
  return `${names.map((name) => `${name}: {script: x}\n`).join('')}last: {script: x, needs: [${names.join(', ')}]}\n`;
}

describe('creationErrors', () => {
  it('allows 50 needs of a job and no more', () => {
    expect(errors(jobWithNeeds(50))).toEqual([]);
    expect(errors(jobWithNeeds(51))).toEqual([
      'last: one job can only need 50 others, but you have listed 51. See needs keyword documentation for more details',
    ]);
  });

  it('wants a job between .pre and .post', () => {
    const empty = 'The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs.';
    expect(errors('a: {script: x, stage: .pre}\nb: {script: x, stage: .post}\n')).toEqual([empty]);
    expect(errors('a: {script: x, stage: .pre}\nb: {script: x}\n')).toEqual([]);
  });
});
