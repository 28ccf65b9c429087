import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { conditions } from './can-run.ts';
import { conditionTexts, explainCodes, suggestionCodes } from './explain-codes.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/dev/queue-codes.md'), 'utf8');

/** Rows of the table below a heading of the page: code → text. */
function tableBelow(heading: string): Record<string, string> {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return Object.fromEntries([...section.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, code, text]) => [code ?? '', text ?? '']));
}

it.each<[string, Record<string, string>]>([
  ['Codes of an explanation', explainCodes],
  ['Conditions of runners', conditionTexts],
  ['Suggestions', suggestionCodes],
])('documents all codes: %s', (heading, codes) => {
  expect(tableBelow(heading)).toEqual(codes);
});

it('has a code for every condition but the one of runners at work', () => {
  expect(conditions.filter((condition) => !(condition in explainCodes))).toEqual(['at_limit']);
});
