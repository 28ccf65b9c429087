import { describe, expect, it } from 'vitest';
import { compileGlob, maxPatternLength } from './glob.ts';

function matches(pattern: string, path: string, deepEnd = false): boolean {
  return compileGlob(pattern, { deepEnd }).matches(path);
}

describe('compileGlob', () => {
  it.each([
    ['a.txt', ['a.txt'], ['b.txt', 'a.txt2', 'x/a.txt', '']],
    ['*', ['a', '.hidden', ''], ['a/b']],
    ['*.js', ['a.js', '.js'], ['d/a.js', 'a.jsx']],
    ['a*b*c', ['abc', 'aXbYc', 'abbcc'], ['ab/c', 'acb']],
    ['docs/*/*.md', ['docs/a/b.md'], ['docs/b.md', 'docs/a/b/c.md']],
    ['**/*.rb', ['a.rb', 'x/a.rb', 'x/y/a.rb', '.x/a.rb'], ['a.rbx']],
    ['lib/**/test/*', ['lib/test/a', 'lib/x/test/a', 'lib/x/y/test/a'], ['libx/test/a', 'lib/test/a/b', 'lib/xtest/a']],
    ['**/a/**/b', ['a/b', 'x/a/y/z/b'], ['ab', 'a/xb']],
    ['a**/b', ['a/b', 'axx/b'], ['ax/y/b']],
    ['?.c', ['a.c', '😀.c'], ['ab.c', '.c', '/.c']],
    ['[a-c]x', ['ax', 'cx'], ['dx', '/x']],
    ['[!a-c]x', ['dx', '-x'], ['ax', '/x']],
    ['[^x]', ['y'], ['x']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a-]', ['a', '-'], ['b']],
    ['[\\]]', [']'], ['\\']],
    ['[ab', ['[ab'], ['a']],
    ['{a,b}.c', ['a.c', 'b.c'], ['c.c', '{a,b}.c']],
    ['{a,b{1,2}}/{x,}', ['a/x', 'b1/x', 'b2/', 'a/'], ['b/x', 'b3/x']],
    ['{src/**/,}*.ts', ['a.ts', 'src/a.ts', 'src/x/y/a.ts'], ['lib/a.ts']],
    ['{a/,b/}**/c', ['a/c', 'b/x/y/c'], ['c']],
    ['{a,b', ['{a,b'], ['a']],
    ['a}b', ['a}b'], ['ab']],
    ['\\*', ['*'], ['a']],
    ['\\{a,b}', ['{a,b}'], ['a']],
    ['a\\', ['a\\'], ['a']],
    ['', [''], ['a']],
  ])('%s', (pattern, fitting, others) => {
    for (const path of fitting) expect([path, matches(pattern, path)]).toEqual([path, true]);
    for (const path of others) expect([path, matches(pattern, path)]).toEqual([path, false]);
  });

  it('reads ** at the end in both ways', () => {
    expect(matches('dist/**', 'dist/a/b', true)).toBe(true);
    expect(matches('dist/**', 'dist/a/b')).toBe(false);
    expect(matches('dist/**', 'dist/a')).toBe(true);
    expect(matches('**', 'a/b', true)).toBe(true);
    expect(matches('dist/**', 'distant', true)).toBe(false);
  });

  it('says which folders are worth reading', () => {
    const glob = compileGlob('src/*/gen/**/*.ts');
    expect(['', 'src', 'src/a', 'src/a/gen', 'src/a/gen/b/c'].map((folder) => glob.mayMatchBelow(folder))).toEqual(Array(5).fill(true));
    expect(['lib', 'src/a/test', 'srcx'].map((folder) => glob.mayMatchBelow(folder))).toEqual([false, false, false]);
  });

  it('stays quick for patterns that make backtracking matchers explode', () => {
    const began = performance.now();
    expect(matches(`${'a*'.repeat(500)}b`, 'a'.repeat(2000))).toBe(false);
    expect(matches(`${'{a,aa}'.repeat(100)}b`, 'a'.repeat(200))).toBe(false);
    expect(matches(`${'**/'.repeat(200)}b`, 'a/'.repeat(500))).toBe(false);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('takes the deepest nesting that fits and refuses longer patterns', () => {
    const depth = maxPatternLength / 2 - 1;
    expect(matches(`${'{'.repeat(depth)}a${'}'.repeat(depth)}`, 'a')).toBe(true);
    expect(() => compileGlob('a'.repeat(maxPatternLength + 1))).toThrow('at most 4096 characters');
  });
});
