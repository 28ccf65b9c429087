import { describe, expect, it } from 'vitest';

import { parse } from './parse.ts';
import { Stop } from './stop.ts';
import { plainValue } from './yaml/tree-samples.ts';

function refusal(source: string | Uint8Array): unknown {
  try {
    parse(source, '.gitlab-ci.yml');
  } catch (error) {
    if (error instanceof Stop) return error.error;
    throw error;
  }
  return undefined;
}

function bytes(...parts: (string | number)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));
}

describe('parse', () => {
  it('takes text and bytes, with or without a byte order mark', () => {
    for (const source of ['a: é', '\ufeffa: é', bytes('a: é'), bytes(0xef, 0xbb, 0xbf, 'a: é')]) {
      expect(plainValue(parse(source, 'f').tree)).toEqual({ a: 'é' });
    }
  });

  it('says whether there are references', () => {
    expect(parse('a: [{b: !reference [c]}]', 'f').hasReferences).toBe(true);
    expect(parse('a: [{b: "!reference [c]"}]', 'f').hasReferences).toBe(false);
  });

  it.each<[string, string | Uint8Array, string, number | null, number | null]>([
    ['nothing', '', 'Please provide content of .gitlab-ci.yml', null, null],
    ['blanks', ' \n\t\n', 'Please provide content of .gitlab-ci.yml', null, null],
    ['comments alone', '# a\n', 'Invalid configuration format', null, null],
    ['a list', '\n- a\n', 'Invalid configuration format', 2, 1],
    ['a text', 'hello', 'Invalid configuration format', 1, 1],
    ['bad YAML', 'a:\n  - b\n c: d\n', '(<unknown>): did not find expected key while parsing a block mapping at line 1 column 1', 3, 2],
    ['bytes that are not UTF-8', bytes('a: é\nbé', 0xff, 'c'), '(<unknown>): invalid leading UTF-8 octet at line 2 column 3', 2, 3],
    ['a cut character', bytes('a: ', 0xc3), '(<unknown>): invalid leading UTF-8 octet at line 1 column 4', 1, 4],
    ['a control character', 'a: b\nc: \u0001', '(<unknown>): control characters are not allowed at line 2 column 4', 2, 4],
    ['a NUL', bytes('a: b', 0), '(<unknown>): control characters are not allowed at line 1 column 5', 1, 5],
    ['half a character', 'a: \ud800', '(<unknown>): control characters are not allowed at line 1 column 4', 1, 4],
  ])('refuses %s', (_, source, message, line, column) => {
    expect(refusal(source)).toEqual({ message, file: '.gitlab-ci.yml', line, column, kind: 'yaml' });
  });

  it.each([
    ['bytes', `a: ${'x'.repeat(2 * 1024 * 1024)}`],
    ['levels', `a: ${'['.repeat(100)}${']'.repeat(100)}`],
    ['aliases', `a: &a ${'x'.repeat(100_000)}\nb: [${'*a, '.repeat(300)}]`],
  ])('refuses too many %s', (_, source) => {
    expect(refusal(source)).toMatchObject({
      kind: 'yaml',
      message: expect.stringMatching(/^The parsed YAML is too big: a file may have /),
    });
  });

  it('takes a file of exactly two megabytes', () => {
    expect(refusal(`a: ${'x'.repeat(2 * 1024 * 1024 - 3)}`)).toBeUndefined();
  });

  it('refuses a header with inputs as not supported yet', () => {
    const expected = { kind: 'unsupported', message: 'root config contains a keyword that this server does not support yet: spec' };
    expect(refusal('spec:\n  inputs:\n    a:\n---\njob:\n  script: x\n')).toMatchObject(expected);
    expect(refusal('spec:\n  inputs: {}\n')).toMatchObject(expected);
    expect(refusal('spec:\n  script: x\n')).toBeUndefined();
  });

  it('refuses several documents, but not empty ones', () => {
    expect(refusal('a: b\n---\nc: d\n')).toMatchObject({ message: expect.stringContaining('too many documents'), line: 3 });
    expect(refusal('---\na: b\n---\n# end\n...\n')).toBeUndefined();
  });
});
