import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProtected, matchesRefPattern, mayForcePush, mayPushTo, type ProtectedRef } from './protected-ref.ts';

function rule(name: string, more: Partial<ProtectedRef> = {}): ProtectedRef {
  return { id: 1, projectId: 1, kind: 'branch', name, pushLevel: 40, mergeLevel: 40, allowForcePush: false, createdAt: 0, ...more };
}

describe('patterns of protected refs', () => {
  it.each([
    ['main', 'main', true],
    ['main', 'main2', false],
    ['main', 'Main', false],
    ['*', 'anything/at/all', true],
    ['release/*', 'release/1.0', true],
    ['release/*', 'release/1/2', true],
    ['release/*', 'release/', true],
    ['release/*', 'release', false],
    ['*-stable', '17-0-stable', true],
    ['*-stable', 'stable', false],
    ['v*.*', 'v1.2', true],
    ['v*.*', 'v12', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*a', 'aba', true],
    ['a*b*a', 'aa', false],
    ['v.', 'vx', false],
    ['**', '', true],
  ])('%s and %s: %s', (pattern, name, fits) => {
    expect(matchesRefPattern(pattern, name)).toBe(fits);
    expect(isProtected([rule('other'), rule(pattern)], name)).toBe(fits);
  });

  it('mean what the regular expression means', () => {
    const text = fc.stringMatching(/^[ab/.]{0,8}$/);
    const pattern = fc.stringMatching(/^[ab/.*]{0,8}$/);
    fc.assert(
      fc.property(pattern, text, (given, name) => {
        const source = given.replaceAll(/[.]/g, '\\.').replaceAll('*', '[^]*');
        expect(matchesRefPattern(given, name)).toBe(new RegExp(`^${source}$`).test(name));
      }),
    );
  });

  it('take no time to speak of, whatever they are', () => {
    const before = performance.now();
    expect(matchesRefPattern('a*'.repeat(1000).concat('b'), 'a'.repeat(10_000))).toBe(false);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe('rights on refs', () => {
  it('without a rule begin with developers', () => {
    expect(mayPushTo([rule('main')], 'feature', 30)).toBe(true);
    expect(mayPushTo([rule('main')], 'feature', 20)).toBe(false);
    expect(mayForcePush([rule('main')], 'feature')).toBe(true);
  });

  it('are those of the most generous rule', () => {
    const rules = [rule('main'), rule('ma*', { pushLevel: 30, allowForcePush: true })];
    expect(mayPushTo(rules, 'main', 30)).toBe(true);
    expect(mayForcePush(rules, 'main')).toBe(true);
    expect(mayForcePush([rule('main')], 'main')).toBe(false);
  });

  it('of nobody are of nobody', () => {
    expect(mayPushTo([rule('main', { pushLevel: 0 })], 'main', 50)).toBe(false);
    expect(mayPushTo([rule('main')], 'main', 40)).toBe(true);
    expect(mayPushTo([rule('main')], 'main', 30)).toBe(false);
  });
});
