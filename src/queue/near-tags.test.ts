import { expect, it } from 'vitest';
import { nearTag } from './near-tags.ts';

it.each<[string, string[], string | null, string?]>([
  ['docker', ['linux'], null],
  ['dokcer', ['docker'], 'docker', 'typo'],
  ['dcker', ['docker'], 'docker', 'typo'],
  ['dockerr', ['docker'], 'docker', 'typo'],
  ['dxckxr', ['docker'], 'docker', 'typo'],
  ['dxckxx', ['docker'], null],
  ['Docker', ['docker'], 'docker', 'case'],
  ['linux_x64', ['linux-x64'], 'linux-x64', 'case'],
  ['linux x64', ['linux-x65', 'Linux.X64'], 'Linux.X64', 'case'],
  ['gpu', ['cpu'], 'cpu', 'typo'],
  ['gpu', ['cpa'], null],
  ['a', ['b'], null],
  ['arm', ['amd'], null],
  ['arm', ['arms'], 'arms', 'typo'],
  ['größe', ['grösse'], 'grösse', 'typo'],
  ['same', ['same'], null],
  ['x'.repeat(200_000), ['x'.repeat(200_001)], 'x'.repeat(200_001), 'case'],
])('%.20s', (tag, known, near, kind) => {
  const found = nearTag(tag, known);
  expect([found?.near ?? null, found?.kind]).toEqual([near, kind]);
});
