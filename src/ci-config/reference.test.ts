import { describe, expect, it } from 'vitest';

import { parse } from './parse.ts';
import { resolveReferences } from './reference.ts';
import { Stop } from './stop.ts';
import { plainValue } from './yaml/tree-samples.ts';

function resolved(text: string): unknown {
  return plainValue(resolveReferences(parse(text, 'f').tree));
}

function refusal(text: string): unknown {
  try {
    resolved(text);
  } catch (error) {
    return error instanceof Stop ? error.error : error;
  }
  return undefined;
}

describe('resolveReferences', () => {
  it.each<[string, string, unknown]>([
    ['as a whole value', '.a: {s: [x, y]}\nj: {script: !reference [.a, s]}', { script: ['x', 'y'] }],
    ['as an item of a list', '.a: {s: [x, y]}\nj: {script: [!reference [.a, s], z]}', { script: [['x', 'y'], 'z'] }],
    ['as a scalar in a map', '.a: {v: {N: 1}}\nj: {variables: {M: !reference [.a, v, N]}}', { variables: { M: 1 } }],
    ['of a whole job', '.a: {s: x}\nj: !reference [.a]', { s: 'x' }],
    ['of a key that comes later', 'j: {script: !reference [.a, s]}\n.a: {s: x}', { script: 'x' }],
    ['of other references', '.a: {s: [!reference [.b, s]]}\n.b: {s: [x]}\nj: {script: !reference [.a, s]}', { script: [['x']] }],
    ['through a reference on the way', '.a: !reference [.b]\n.b: {s: x}\nj: {script: !reference [.a, s]}', { script: 'x' }],
  ])('resolves a reference %s', (_, text, job) => {
    expect(resolved(text)).toMatchObject({ j: job });
  });

  it.each([
    ['j: {script: !reference [.a, s]}', '!reference [".a", "s"] could not be found', 1, 13],
    ['.a: {s: }\nj: {script: !reference [.a, s]}', '!reference [".a", "s"] could not be found', 2, 13],
    ['.a: {s: [x]}\nj: {script: !reference [.a, s, 0]}', '!reference [".a", "s", 0] is not valid', 2, 13],
    ['j: {script: !reference []}', '!reference [] is not valid', 1, 13],
    ['j: {script: !reference [j, script]}', '!reference ["j", "script"] is part of a circular chain', 1, 13],
    ['.a: {s: !reference [.b, s]}\n.b: {s: [!reference [.a, s]]}', '!reference [".b", "s"] is part of a circular chain', 1, 9],
  ])('refuses %s', (text, message, line, column) => {
    expect(refusal(text)).toEqual({ message, line, column, file: 'f', kind: 'reference' });
  });

  it('refuses a chain that is too long and a document that grows too much', () => {
    const chain = Array.from({ length: 50 }, (_, index) => `.r${index}: {s: !reference [.r${index + 1}, s]}\n`).join('');
    expect(refusal(`${chain}.r50: {s: x}`)).toMatchObject({ message: '!reference [".r21", "s"] is nested too deep' });
    const levels = Array.from({ length: 9 }, (_, i) => `.r${i}: {s: [${`!reference [.r${i + 1}, s],`.repeat(20)}]}\n`).join('');
    expect(refusal(`${levels}.r9: {s: [x]}`)).toMatchObject({ message: expect.stringContaining('too big') });
  });
});
