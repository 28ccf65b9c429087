import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Masker } from './masker.ts';

/** The text in pieces of `size`, masked. */
function mask(text: string, secrets: string[], prefixes: string[] = [], size = text.length || 1): string {
  const masker = new Masker(secrets, prefixes);
  let shown = '';
  for (let at = 0; at < text.length; at += size) shown += masker.push(text.slice(at, at + size));
  return shown + masker.end();
}

describe('Masker', () => {
  it.each([
    ['say hunter2 twice: hunter2!', ['hunter2'], 'say [MASKED] twice: [MASKED]!'],
    ['nothing here', ['hunter2'], 'nothing here'],
    ['hunter', ['hunter2'], 'hunter'],
    ['hunhunter2', ['hunter2'], 'hun[MASKED]'],
    ['abcdef abc', ['abc', 'abcdef'], '[MASKED] [MASKED]'],
    ['abcdx', ['abc', 'bcd'], '[MASKED]x'],
    ['aaaa b', ['aa'], '[MASKED] b'],
    ['xabcy', ['b', 'xabcz'], 'xa[MASKED]cy'],
    ['two\nlines here', ['two\nlines'], '[MASKED] here'],
    ['ключ 🗝 ключ', ['ключ'], '[MASKED] 🗝 [MASKED]'],
    ['a$1&b', ['$1&'], 'a[MASKED]b'],
    ['all of it', ['', 'it'], 'all of [MASKED]'],
  ])('%s', (text, secrets, shown) => {
    for (const size of [1, 2, 3, 5, 100]) expect(mask(text, secrets, [], size)).toBe(shown);
  });

  it('hides what follows a token prefix, up to the end of the token', () => {
    const text = 'use glpat-AbC_12.3-x= and glpat- and xglrt-t1_zz"';
    for (const size of [1, 4, 100]) {
      expect(mask(text, [], ['glpat-', 'glrt-'], size)).toBe('use glpat-[MASKED] and glpat- and xglrt-[MASKED]"');
    }
  });

  it('shows what cannot become a secret at once', () => {
    const masker = new Masker(['secret']);
    expect(masker.push('a line\nse')).toBe('a line\n');
    expect(masker.push('ven')).toBe('seven');
    expect(masker.end()).toBe('');
  });

  it('never shows a secret and never changes anything else, however the text is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
    const secrets = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(letters, secrets, fc.integer({ min: 1, max: 7 }), (text, hidden, size) => {
        const covered = Array.from(text, (_, at) =>
          hidden.some((secret) => Array.from(secret).some((_, back) => at - back >= 0 && text.startsWith(secret, at - back))),
        );
        let expected = '';
        for (const [at, isCovered] of covered.entries()) {
          if (!isCovered) expected += text[at] ?? '';
          else if (covered[at - 1] !== true) expected += '[MASKED]';
        }
        expect(mask(text, hidden, [], size)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('stays linear for text that repeats the beginning of a secret', () => {
    const began = performance.now();
    expect(mask('a'.repeat(1_000_000), [`${'a'.repeat(1000)}b`, 'aa'], [], 65_536)).toBe('[MASKED]');
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
