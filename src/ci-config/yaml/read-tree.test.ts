import { describe, expect, it } from 'vitest';

import { YamlError } from './cursor.ts';
import { readTrees, TooBig } from './read-tree.ts';
import { plainValue } from './tree-samples.ts';

const limits = { depth: 10, weight: 10_000, mergedKeys: 100 };

function read(text: string): unknown[] {
  return readTrees(text, 'f.yml', limits).trees.map(plainValue);
}

describe('readTrees', () => {
  it.each<[string, string, unknown]>([
    ['block collections', 'a:\n  b:\n    - c\n    - d: e\n      f: g\n', { a: { b: ['c', { d: 'e', f: 'g' }] } }],
    ['lists at the column of their key', 'a:\n- b\n- c\nd: e\n', { a: ['b', 'c'], d: 'e' }],
    ['flow collections', 'a: [b, {c: d, e}, [], {}]\n', { a: ['b', { c: 'd', e: null }, [], {}] }],
    ['single pairs in a list', 'a: [b: c, ? d : e]\n', { a: [{ b: 'c' }, { d: 'e' }] }],
    ['JSON', '{"a": ["b", 1, true, null], "c":"d"}', { a: ['b', 1, true, null], c: 'd' }],
    ['explicit keys', '? a\n: b\n? c\n', { a: 'b', c: null }],
    ['empty values', 'a:\nb: ~\nc: ""\n', { a: null, b: null, c: '' }],
    ['folded plain scalars', 'a: b\n  c\n\n  d # e\n', { a: 'b c\nd' }],
    ['colons and hashes inside words', 'a: http://b:80/#c\n', { a: 'http://b:80/#c' }],
    ['single quotes', "a: 'it''s\n  b'\n", { a: "it's b" }],
    ['double quotes', 'a: "b\\tc\\x41\\u00e9\\U0001F600\\\n  d\n\n  e"\n', { a: 'b\tcA\u00e9\u{1f600}d\ne' }],
    ['literal blocks', 'a: |\n  b\n   c\n\n  d\n\n\ne: f\n', { a: 'b\n c\n\nd\n', e: 'f' }],
    ['folded blocks', 'a: >\n  b\n  c\n\n  d\n    e\n  f\n', { a: 'b c\nd\n  e\nf\n' }],
    ['chomping', 'a: |-\n  b\n\nc: |+\n  d\n\ne: >-\n  f\n', { a: 'b', c: 'd\n\n', e: 'f' }],
    ['indentation indicators', 'a: |2\n    b\n  c\n', { a: '  b\nc\n' }],
    ['blocks without a last line break', 'a: |\n  b', { a: 'b' }],
    ['comments and blank lines', '# a\n\nb: c # d\n  # e\nf: g\n', { b: 'c', f: 'g' }],
    ['Windows line ends', 'a: |\r\n  b\r\n  c\r\nd: e\r\n', { a: 'b\nc\n', d: 'e' }],
    ['anchors and aliases', 'a: &x [1]\nb: *x\nc: &y\n  d: e\nf: *y\n', { a: [1], b: [1], c: { d: 'e' }, f: { d: 'e' } }],
    ['anchors of replaced keys', 'a: &x 1\na: 2\nb: *x\n', { a: 2, b: 1 }],
    ['the last of equal keys', 'a: 1\nb: 2\na: 3\n', { a: 3, b: 2 }],
    ['tags of YAML itself', 'a: !!str 10\nb: !!int 3\nc: !!map {}\nd: ! 1\n', { a: '10', b: 3, c: {}, d: '1' }],
    ['references', 'a: !reference [b, c]\n', { a: { reference: ['b', 'c'] } }],
    ['a byte order mark', '\ufeffa: b\n', { a: 'b' }],
    ['directives', '%YAML 1.1\n---\na: b\n...\n', { a: 'b' }],
  ])('reads %s', (_, text, value) => {
    expect(read(text)).toEqual([value]);
  });

  it.each<[string, string, unknown]>([
    ['a map', '.a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n', { x: 1, y: 3 }],
    ['a map behind other keys', '.a: &a {x: 1, y: 2}\nb:\n  y: 3\n  <<: *a\n', { x: 1, y: 2 }],
    ['a list, its first map winning', '.a: [&a {x: 1}, &c {x: 2, z: 3}]\nb:\n  <<: [*a, *c]\n', { x: 1, z: 3 }],
    ['several times', '.a: [&a {x: 1}, &c {x: 2, z: 3}]\nb:\n  <<: *a\n  <<: *c\n', { x: 2, z: 3 }],
    ['a map written in place', '.a: 1\nb: {<<: {x: 1}, y: 2}\n', { x: 1, y: 2 }],
    ['nothing', '.a: 1\nb: {<<: [], y: 2}\n', { y: 2 }],
    ['no scalar', '.a: 1\nb: {<<: c}\n', { '<<': 'c' }],
    ['no alias of a list', '.a: &a [{x: 1}]\nb: {<<: *a}\n', { '<<': [{ x: 1 }] }],
  ])('merges with << %s', (_, text, value) => {
    expect(read(text)).toMatchObject([{ b: value }]);
    expect(Object.keys((read(text)[0] as { b: object }).b).toSorted()).toEqual(Object.keys(value as object).toSorted());
  });

  it('reads several documents, each with anchors of its own, and leaves empty ones out', () => {
    expect(read('a: 1\n---\n---\n- b\n...\n---\n# c\n')).toEqual([{ a: 1 }, ['b']]);
    expect(() => read('a: &x 1\n---\nb: *x\n')).toThrow('Unknown alias: x');
  });

  it.each([
    ['a: b: c', 'mapping values are not allowed in this context at line 1 column 5', 1, 5],
    ['a: 1\n b: 2\n', 'mapping values are not allowed in this context at line 2 column 3', 2, 3],
    ['a:\n  - b\n c: d\n', 'did not find expected key while parsing a block mapping at line 1 column 1', 3, 2],
    ['a:\n  - b\n  c: d\n', "did not find expected '-' indicator while parsing a block collection at line 2 column 3", 3, 3],
    ['a: [b, c\nd: e\n', "did not find expected ',' or ']' while parsing a flow sequence at line 1 column 4", 2, 2],
    ['a: {b: c\n', "did not find expected ',' or '}' while parsing a flow mapping at line 1 column 4", 2, 1],
    ['a: [,]\n', 'did not find expected node content while parsing a flow node at line 1 column 5', 1, 5],
    ['a: 1\nb\nc: 2\n', "could not find expected ':' while scanning a simple key at line 2 column 1", 3, 1],
    ['a: "b\n', 'found unexpected end of stream while scanning a quoted scalar at line 1 column 4', 2, 1],
    ['a: "\\q"\n', 'found unknown escape character while parsing a quoted scalar at line 1 column 4', 1, 5],
    ['a: "\\xZZ"\n', 'did not find expected hexdecimal number while parsing a quoted scalar at line 1 column 4', 1, 5],
    ['a: "\\ud800"\n', 'found invalid Unicode character escape code while parsing a quoted scalar at line 1 column 4', 1, 5],
    ['a: @b\n', 'found character that cannot start any token while scanning for the next token at line 1 column 4', 1, 4],
    ['a: `b`\n', 'found character that cannot start any token while scanning for the next token at line 1 column 4', 1, 4],
    ['a:\n\tb: c\n', 'found character that cannot start any token while scanning for the next token at line 2 column 1', 2, 1],
    ['a: |0\n b\n', 'found an indentation indicator equal to 0 while scanning a block scalar at line 1 column 4', 1, 5],
    ['a: | b\n', 'did not find expected comment or line break while scanning a block scalar at line 1 column 4', 1, 6],
    ['a: *\n', 'did not find expected alphabetic or numeric character while scanning an alias at line 1 column 4', 1, 5],
    ['a: *b\n', 'Unknown alias: b at line 1 column 4', 1, 4],
    ['a: &b [*b]\n', 'Unknown alias: b at line 1 column 8', 1, 8],
    ['a: - b\n', 'block sequence entries are not allowed in this context at line 1 column 4', 1, 4],
    ['a: !foo b\n', 'unsupported tag !foo (only !reference with a list is supported) at line 1 column 4', 1, 4],
    ['a: !reference b\n', 'unsupported tag !reference (only !reference with a list is supported) at line 1 column 4', 1, 4],
    ['a: 2024-01-31\n', 'Tried to load unspecified class: Date at line 1 column 4', 1, 4],
    ['%FOO\n---\na: b\n', 'found unknown directive name while scanning a directive at line 1 column 1', 1, 5],
    ['? [a]\n: b\n', 'found a collection as the key of a mapping at line 1 column 3', 1, 3],
    ['a: b\n--- c\nd: e\n', 'mapping values are not allowed in this context at line 3 column 2', 3, 2],
  ])('refuses %j', (text, message, line, column) => {
    const refused = catchError(() => read(text));
    expect(refused).toBeInstanceOf(YamlError);
    expect(refused).toMatchObject({ message: `(<unknown>): ${message}`, line, column });
  });

  it('knows where every node stands', () => {
    const [tree] = readTrees('a: b\n"c":\n  - d\n  - {e: f}\n', 'f.yml', limits).trees;
    expect(tree).toMatchObject({ file: 'f.yml', line: 1, column: 1 });
    const list = tree?.kind === 'map' ? tree.entries.get('c') : undefined;
    expect(list).toMatchObject({ key: { line: 2, column: 1 }, value: { line: 3, column: 3 } });
    expect(list?.value).toMatchObject({
      items: [
        { line: 3, column: 5 },
        { line: 4, column: 5 },
      ],
    });
  });

  it.each([
    ['depth', '['.repeat(10) + ']'.repeat(10), '['.repeat(11) + ']'.repeat(11)],
    ['depth behind aliases', 'a: &a [[[[]]]]\nb: [[[[[*a]]]]]', 'a: &a [[[[]]]]\nb: [[[[[[*a]]]]]]'],
    ['weight behind aliases', `a: &a ${'x'.repeat(1000)}\nb: [${'*a,'.repeat(8)}]`, `a: &a ${'x'.repeat(1000)}\nb: [${'*a,'.repeat(9)}]`],
    ['merged keys', `a: &a {b: c, d: e}\n${'f: {<<: *a}\n'.repeat(50)}`, `a: &a {b: c, d: e}\n${'f: {<<: *a}\n'.repeat(51)}`],
  ])('stops at the limit of %s', (_, small, big) => {
    expect(() => read(small)).not.toThrow();
    expect(catchError(() => read(big))).toBeInstanceOf(TooBig);
  });
});

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
