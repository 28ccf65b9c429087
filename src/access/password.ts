import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { codePoints } from '../lib/code-points.ts';

const derive = promisify(argon2);

/** Memory in KiB, passes and lanes: about 20 ms a password, and 19 MiB while it lasts. */
const cost = { memory: 19 * 1024, passes: 2, parallelism: 1 };
const saltBytes = 16;
const hashBytes = 32;

const shortestPassword = 8;
const longestPassword = 128;

/** The argon2id hash of a password as PHC text: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(saltBytes);
  const hash = await derive('argon2id', { ...cost, message: password, nonce, tagLength: hashBytes });
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${plainBase64(nonce)}$${plainBase64(hash)}`;
}

const form = /^\$argon2id\$v=19\$m=(?<memory>\d+),t=(?<passes>\d+),p=(?<lanes>\d+)\$(?<salt>[A-Za-z0-9+/]+)\$(?<hash>[A-Za-z0-9+/]+)$/;

/** Whether `password` is the one that `phc` was made from, with whatever cost that was. Throws for a text of another form. */
export async function verifyPassword(phc: string, password: string): Promise<boolean> {
  const parts = form.exec(phc)?.groups;
  if (parts === undefined) throw new Error('a stored password is not argon2id in PHC form');
  const expected = Buffer.from(parts['hash'] ?? '', 'base64');
  const actual = await derive('argon2id', {
    message: password,
    nonce: Buffer.from(parts['salt'] ?? '', 'base64'),
    memory: Number(parts['memory']),
    passes: Number(parts['passes']),
    parallelism: Number(parts['lanes']),
    tagLength: expected.length,
  });
  return timingSafeEqual(actual, expected);
}

/** What is wrong with a new password, in GitLab's words, or null. */
export function passwordProblem(password: string): string | null {
  const length = codePoints(password);
  if (length < shortestPassword) return `is too short (minimum is ${shortestPassword} characters)`;
  return length > longestPassword ? `is too long (maximum is ${longestPassword} characters)` : null;
}

/** PHC text leaves the padding out. */
function plainBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
