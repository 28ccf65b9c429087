import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The key in `folder/secret.key`, made at the first call: 32 bytes as 64 hexadecimal digits, readable by the owner
 * only. Throws when the file is there but holds something else.
 */
export function keyInFolder(folder: string): Buffer {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'secret.key');
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    const key = randomBytes(32);
    writeSync(descriptor, `${key.toString('hex')}\n`);
    // Everything sealed with the key is lost if the key is: it must be on the disk before it is used.
    fsyncSync(descriptor);
    closeSync(descriptor);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error(`${file} does not hold 64 hexadecimal digits: restore it from a backup`);
  return Buffer.from(text, 'hex');
}
