import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseElsewhere } from 'yaml';

import { dump } from './dump.ts';
import { readTrees } from './yaml/read-tree.ts';
import { plainValue, treeOf } from './yaml/tree-samples.ts';

const limits = { depth: 100, weight: 1_000_000, mergedKeys: 1000 };

const text = fc.oneof(
  fc.string({ unit: 'binary' }).map((value) => value.replaceAll(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')),
  fc.stringMatching(/^[a-z0-9:#\-?,[\]{}&*!|>'"%@`. \n\t\r]{0,24}$/),
  fc.constantFrom(
    'yes',
    'Null',
    '~',
    '017',
    '1.0',
    '2024-01-01',
    ':a',
    '<<',
    '=',
    '---',
    'a:',
    '- a',
    'x'.repeat(1100),
    'a\u2028b\x85\x7f',
  ),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, text, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.dictionary(text, tie('value'), { maxKeys: 4 }).map((map) => {
    delete map['<<'];
    return map;
  }),
}));

describe('dump', () => {
  it('writes block style with as few quotes as are safe', () => {
    const document = {
      stages: ['build', 'deploy it'],
      job: {
        script: ['make -j2', 'echo "a: b"', 'if x; then\n  y\nfi\n', ['a', ['b']], 'no newline\nat the end', ' a\nb'],
        variables: { A: '1', B: 1, C: 'yes', D: true, E: null, F: '', G: '# x', H: '*.js' },
        services: [{ name: 'postgres:16', alias: 'db' }],
        tags: [],
        artifacts: {},
      },
    };
    expect(dump(treeOf(document))).toBe(
      [
        '---',
        'stages:',
        '- build',
        '- deploy it',
        'job:',
        '  script:',
        '  - make -j2',
        '  - "echo \\"a: b\\""',
        '  - |',
        '    if x; then',
        '      y',
        '    fi',
        '  - - a',
        '    - - b',
        '  - |-',
        '    no newline',
        '    at the end',
        '  - " a\\nb"',
        '  variables:',
        '    A: "1"',
        '    B: 1',
        '    C: "yes"',
        '    D: true',
        '    E:',
        '    F: ""',
        '    G: "# x"',
        '    H: "*.js"',
        '  services:',
        '  - name: postgres:16',
        '    alias: db',
        '  tags: []',
        '  artifacts: {}',
        '',
      ].join('\n'),
    );
  });

  it('is read back as the same tree', () => {
    fc.assert(
      fc.property(value, (document) => {
        const [tree] = readTrees(dump(treeOf(document)), 'f', limits).trees;
        expect(tree === undefined ? null : plainValue(tree)).toEqual(document);
      }),
      { numRuns: 1000 },
    );
  });

  it('is read by another library as the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-m]{1,4}$/), value), (document) => {
        const read: unknown = parseElsewhere(dump(treeOf(document)), { version: '1.1', uniqueKeys: false });
        expect(read).toEqual(document);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('writes what is shared in every place', () => {
    const [tree] = readTrees(`a: &a\n  b: [${'c, '.repeat(50)}]\nd: *a\ne: {f: *a}\n`, 'f', limits).trees;
    const again = tree ? readTrees(dump(tree), 'f', limits).trees : [];
    expect(again.map(plainValue)).toEqual([tree && plainValue(tree)]);
  });
});
