import { describe, expect, it } from 'vitest';
import { namespacePathProblems, pathFromName, projectPathProblems } from './path-name.ts';

const longest = 'a'.repeat(255);

describe('paths of groups and names of users', () => {
  it.each(['a', '7', '_x', '.x', 'A-b_c.d', longest])('%s can be one', (path) => {
    expect(namespacePathProblems(path, true)).toEqual([]);
  });

  it.each(['-a', 'a.', 'a b', 'a/b', 'ä', '..', 'x.git', 'X.GIT', 'x.atom', 'a\n'])('%s cannot be one', (path) => {
    expect(namespacePathProblems(path, true)).toEqual([
      "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-' or end in '.', '.git' or '.atom'.",
    ]);
  });

  it('have a length', () => {
    expect(namespacePathProblems('', true)).toEqual(["can't be blank"]);
    expect(namespacePathProblems(`${longest}a`, true)[0]).toBe('is too long (maximum is 255 characters)');
  });

  it('are not what the server answers under', () => {
    expect(namespacePathProblems('api', true)).toEqual(['api is a reserved name']);
    expect(namespacePathProblems('API', true)).toEqual(['API is a reserved name']);
    expect(namespacePathProblems('api', false)).toEqual([]);
    expect(namespacePathProblems('tree', false)).toEqual(['tree is a reserved name']);
    expect(namespacePathProblems('tree', true)).toEqual([]);
    expect(namespacePathProblems('-', false)).toContain('- is a reserved name');
  });
});

describe('paths of projects', () => {
  it.each(['a', 'a.b', 'a.', '_', 'Web-Site_2'])('%s can be one', (path) => {
    expect(projectPathProblems(path)).toEqual([]);
  });

  it.each(['-a', 'a b', 'x.git', 'x.atom', '.', '..', 'a/b', 'é'])('%s cannot be one', (path) => {
    expect(projectPathProblems(path)).toEqual([
      "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'",
    ]);
  });

  it.each([
    ['My Project', 'my-project'],
    ['Already.Fine', 'Already.Fine'],
    ['Ünïcode & more', 'unicode-more'],
    ['x.git', 'x-git'],
    ['  spaced  ', 'spaced'],
    ['日本', ''],
  ])('of the name %s is %s', (name, path) => {
    expect(pathFromName(name)).toBe(path);
  });
});
