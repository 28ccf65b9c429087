import { describe, expect, it } from 'vitest';
import { hashPassword, passwordProblem, verifyPassword } from './password.ts';

describe('passwords', () => {
  it('are kept as argon2id in PHC form, each with a salt of its own', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(other);
    expect(await verifyPassword(one, 'correct horse')).toBe(true);
    expect(await verifyPassword(one, 'correct horsf')).toBe(false);
    expect(await verifyPassword(one, '')).toBe(false);
  });

  it('made at another cost are still known', async () => {
    // Made with the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await verifyPassword(reference, 'password')).toBe(true);
    expect(await verifyPassword(reference, 'Password')).toBe(false);
  });

  it('in another form are an error, not a mismatch', async () => {
    await expect(verifyPassword('$2a$10$abc', 'x')).rejects.toThrow('not argon2id in PHC form');
  });

  it.each([
    ['short12', 'is too short (minimum is 8 characters)'],
    ['ééééééé', 'is too short (minimum is 8 characters)'],
    ['12345678', null],
    ['x'.repeat(128), null],
    ['x'.repeat(129), 'is too long (maximum is 128 characters)'],
  ])('%s: %s', (password, problem) => {
    expect(passwordProblem(password)).toBe(problem);
  });
});
