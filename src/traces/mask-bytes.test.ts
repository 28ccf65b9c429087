import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskBytes } from './mask-bytes.ts';

const token = 'glcbt-0123456789abcdefghijklmno';
function masked(text: string, secrets: string[] = [token]): string {
  return Buffer.from(maskBytes(Buffer.from(text), secrets)).toString();
}
const xs = (count: number) => 'x'.repeat(count);

it('replaces every secret by as many x', () => {
  expect(masked(`a ${token} b ${token}${token}\n`)).toBe(`a ${xs(31)} b ${xs(62)}\n`);
  expect(masked(`${token} and GR1348941abc`, [token, 'GR1348941abc'])).toBe(`${xs(31)} and ${xs(12)}`);
  expect(masked('aXaXa', ['aXa'])).toBe('xxxxx');
  expect(masked('naïve größe größe', ['größe'])).toBe(`naïve ${xs(7)} ${xs(7)}`);
});

it('gives the same array back when there is nothing to hide, and never changes it', () => {
  const clean = Buffer.from('nothing here, not even glcbt-');
  expect(maskBytes(clean, [token, ''])).toBe(clean);
  expect(maskBytes(clean, [])).toBe(clean);
  const secret = Buffer.from(token);
  maskBytes(secret, [token]);
  expect(secret.toString()).toBe(token);
});

it('works on a view into a larger buffer', () => {
  const large = Buffer.from(`${token}${token}`);
  const view = new Uint8Array(large.buffer, large.byteOffset + 31, 31);
  expect(Buffer.from(maskBytes(view, [token])).toString()).toBe(xs(31));
  expect(large.toString()).toBe(`${token}${token}`);
});

it('leaves less than eight bytes of a secret that two calls share', () => {
  for (let at = 0; at <= token.length; at += 1) {
    const [first, second] = [`echo ${token.slice(0, at)}`, `${token.slice(at)} done`];
    const seen = masked(first) + masked(second);
    expect(seen.length).toBe(first.length + second.length);
    const shown = seen.slice(5, 5 + token.length).replaceAll('x', '');
    expect(shown.length).toBeLessThan(8);
  }
});

it('takes no ordinary word for a part of a secret', () => {
  for (const text of ['glcbt-0', 'no fghijklmno', 'mno', 'ends in glcbt-']) expect(masked(text)).toBe(text);
});

it('keeps the size and hides all, whatever the bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 3 }),
      fc.nat(),
      (bytes, secrets, where) => {
        const at = where % (bytes.length + 1);
        const text = Buffer.concat([bytes.subarray(0, at), Buffer.from(secrets.join('')), bytes.subarray(at)]);
        const result = Buffer.from(maskBytes(text, secrets));
        expect(result.length).toBe(text.length);
        for (const secret of secrets) if (!/^x*$/.test(secret)) expect(result.includes(Buffer.from(secret))).toBe(false);
        for (const [index, byte] of result.entries()) expect([text[index], 0x78]).toContain(byte);
      },
    ),
  );
});
