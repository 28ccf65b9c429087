import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { resolveExtends } from './extends.ts';
import { parse } from './parse.ts';
import { Stop } from './stop.ts';
import { plainValue, treeOf } from './yaml/tree-samples.ts';

function extended(text: string): unknown {
  return plainValue(resolveExtends(parse(text, 'f').tree));
}

function refusal(text: string): unknown {
  try {
    extended(text);
  } catch (error) {
    return error instanceof Stop ? error.error : error;
  }
  return undefined;
}

function chain(length: number): string {
  return Array.from({ length }, (_, index) => `j${index}: {extends: j${index + 1}}\n`).join('') + `j${length}: {script: x}\n`;
}

describe('resolveExtends', () => {
  it('merges maps at every depth and replaces everything else', () => {
    const document = `
.base:
  image: {name: ruby, docker: {user: a, platform: b}}
  script: [a, b]
  tags: [t]
  when: manual
job:
  extends: .base
  image: {docker: {user: c}}
  script: [c]
  tags:
`;
    expect(extended(document)).toMatchObject({
      job: {
        extends: '.base',
        image: { name: 'ruby', docker: { user: 'c', platform: 'b' } },
        script: ['c'],
        tags: null,
        when: 'manual',
      },
    });
  });

  it('lets later bases win over earlier ones, and the key itself over all', () => {
    const document = '.a: {x: 1, y: 1, z: 1}\n.b: {y: 2, z: 2}\nj: {extends: [.a, .b], z: 3}\n';
    expect(extended(document)).toMatchObject({ j: { x: 1, y: 2, z: 3 } });
  });

  it('follows bases of bases, also visible ones that come later', () => {
    const document = 'a: {extends: b, x: 1}\nb: {extends: .c, y: 2}\n.c: {x: 0, y: 0, z: 3}\n';
    expect(extended(document)).toEqual({
      a: { extends: 'b', x: 1, y: 2, z: 3 },
      b: { extends: '.c', x: 0, y: 2, z: 3 },
      '.c': { x: 0, y: 0, z: 3 },
    });
  });

  it('takes a reference as one value', () => {
    const document = '.a: {s: {t: u}}\nj: {extends: .a, s: !reference [x]}\n';
    expect(extended(document)).toMatchObject({ j: { s: { reference: ['x'] } } });
  });

  it('keeps the order of keys: those of the bases first', () => {
    const result = extended('.a: {x: 1, y: 1}\nj: {z: 1, extends: .a, x: 2}\n') as { j: object };
    expect(Object.keys(result.j)).toEqual(['x', 'y', 'z', 'extends']);
  });

  it.each([
    ['j: {extends: .x}', 'j: unknown keys in `extends` (.x)', 1, 14],
    ['j: {extends: [.x, .a, .y]}\n.a: {b: c}', 'j: unknown keys in `extends` (.x, .y)', 1, 15],
    ['j: {extends: 5}', 'j: unknown keys in `extends` (5)', 1, 14],
    ['.x: [a]\nj: {extends: .x}', 'j: invalid base hashes in `extends` (.x)', 2, 14],
    ['.x:\nj: {extends: .x}', 'j: invalid base hashes in `extends` (.x)', 2, 14],
    ['.a: {extends: .a}', '.a: circular dependency detected in `extends`', 1, 1],
    ['j: {extends: .a}\n.a: {extends: .b}\n.b: {extends: .a}', '.a: circular dependency detected in `extends`', 2, 1],
    ['.a: {extends: .b}\n.b: {extends: .a}', '.a: circular dependency detected in `extends`', 1, 1],
    [chain(12), 'j11: nesting too deep in `extends`', 12, 1],
    [chain(12).split('\n').toReversed().join('\n').trim(), 'j11: nesting too deep in `extends`', 2, 1],
    [chain(5000), 'j11: nesting too deep in `extends`', 12, 1],
  ])('refuses %s', (text, message, line, column) => {
    expect(refusal(text)).toEqual({ message, line, column, file: 'f', kind: 'extends' });
  });

  it('allows eleven levels', () => {
    expect(extended(chain(11))).toMatchObject({ j0: { script: 'x' } });
  });

  it('leaves a wrong kind of value to the check of the job', () => {
    expect(extended('j: {extends: {a: b}}')).toEqual({ j: { extends: { a: 'b' } } });
    expect(extended('j: {extends: [[a]]}')).toEqual({ j: { extends: [['a']] } });
    expect(extended('j: {extends: }')).toEqual({ j: { extends: null } });
  });

  it('agrees with a plain merge of objects', () => {
    const leaf = fc.oneof(fc.constantFrom('a', 'b'), fc.constant(null), fc.array(fc.constantFrom('c', 'd'), { maxLength: 2 }));
    const name = fc.constantFrom('x', 'y', 'z');
    const inner = fc.dictionary(name, leaf);
    const map = fc.dictionary(name, fc.oneof(leaf, inner, fc.dictionary(name, inner)));
    fc.assert(
      fc.property(fc.array(map, { minLength: 1, maxLength: 4 }), map, (bases, own) => {
        const names = bases.map((_, index) => `.b${index}`);
        const document = Object.fromEntries(bases.map((base, index) => [names[index], base]));
        const job = { ...own, extends: names };
        const tree = treeOf({ ...document, job });
        const result = tree.kind === 'map' ? plainValue(resolveExtends(tree)) : undefined;
        expect(result).toEqual({ ...document, job: [...bases, job].reduce(mergeObjects, {}) });
      }),
    );
  });
});

function mergeObjects(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const other = merged[key];
    merged[key] = isObject(other) && isObject(value) ? mergeObjects(other, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
