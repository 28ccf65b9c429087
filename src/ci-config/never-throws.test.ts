import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compile } from './compile.ts';

const words = fc.oneof(
  fc.constantFrom('a', 'script', 'x', 'stages', 'test', 'needs', 'extends', '.b', 'default', 'image', 'variables', 'artifacts', 'paths'),
  fc.constantFrom(': ', ':\n  ', '\n', '\n  ', '- ', '[', ']', '{', '}', ', ', '&a ', '*a', '<<', '!reference ', '"', '|', '~', '1', '# '),
);
const keywords =
  'script stage image services variables needs dependencies artifacts tags when allow_failure extends inherit name paths job value ' +
  'options default before_script docker expire_in';

describe('compile', () => {
  it('never throws, whatever it is given', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 30 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.uint8Array()), (source) => {
        const compiled = compile(source, { file: 'f' });
        expect(compiled.ok ? compiled.mergedYaml.length : compiled.errors.length).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });

  it('checks any JSON as a configuration and finds the place of every error', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 1, '', 'job', 'test', '.a'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keywords.split(' ')), tie('value'), { maxKeys: 4 }),
      ),
    }));
    const document = fc.dictionary(fc.constantFrom('job', '.a', 'other', ...keywords.split(' ')), value);
    fc.assert(
      fc.property(document, (content) => {
        const compiled = compile(JSON.stringify(content), { file: 'f' });
        expect(compiled.ok || compiled.errors.every(({ line }) => line !== null)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
