import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { readTrees } from './read-tree.ts';
import { plainValue } from './tree-samples.ts';

const limits = { depth: 100, weight: 1_000_000, mergedKeys: 1000 };

/** Texts that are hard to write: blanks at the ends, breaks, indicators, words that are not strings. */
const text = fc.oneof(
  fc.stringMatching(/^[a-z:#\-?,[\]{}&*!|>'"%@` \n]{0,24}$/),
  fc.constantFrom(
    'yes',
    'null',
    '~',
    '1',
    '0x1',
    '1.5',
    '1:30',
    '---',
    '...',
    '- a',
    'a: b',
    'a #b',
    ' a',
    'a ',
    'a\n\n',
    '\n a',
    'é\u{1f600}',
  ),
);
/**
 * What both sides agree on: Ruby's YAML alone has symbols and is strict about indicators at the beginning in flow style, and the other
 * library is not exact about blanks at the beginning of blocks.
 */
const commonText = text.filter((value) => !/^[:?\-\s]/.test(value) && !/^ +$/m.test(value));
const key = fc.stringMatching(/^[a-z][a-z -]{0,6}[a-z]$/);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, commonText, fc.integer({ max: 1e9, min: -1e9 }), fc.boolean(), tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));

describe('what another library writes', () => {
  it.each([
    ['in its usual form', {}],
    ['in lines of 20 characters', { lineWidth: 20 }],
    ['with lists at the column of their key', { indentSeq: false }],
    ['with four spaces', { indent: 4 }],
    ['in flow style', { collectionStyle: 'flow', defaultStringType: 'QUOTE_DOUBLE' }],
    ['in quotes', { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_SINGLE' }],
    ['in literal blocks', { defaultStringType: 'BLOCK_LITERAL', defaultKeyType: 'PLAIN' }],
    ['in folded blocks', { defaultStringType: 'BLOCK_FOLDED', defaultKeyType: 'PLAIN', lineWidth: 20 }],
  ] as const)('is read as it was meant %s', (_, options) => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 1 }), (document) => {
        const written = stringify(document, { version: '1.1', aliasDuplicateObjects: false, ...options });
        expect(readTrees(written, 'f', limits).trees.map(plainValue)).toEqual([document]);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
