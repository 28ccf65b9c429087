import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/**
 * Seals the secrets that must be shown or handed out again (runner and registration tokens, values of variables)
 * with AES-256-GCM, and gives keyed digests by which they are looked up.
 */
export interface SecretBox {
  /** Sealed form of `plain`, as text: version, nonce, tag and cipher text in base64. */
  seal(plain: string): string;
  /** The text that was sealed. Throws when it was sealed with another key or altered. */
  open(sealed: string): string;
  /** HMAC-SHA-256 of `plain` as hex: equal texts have equal digests, and without the key none can be guessed. */
  digest(plain: string): string;
}

/** A box around a 32-byte key. Throws a RangeError for a key of another length. */
export function createSecretBox(key: Buffer): SecretBox {
  if (key.length !== 32) throw new RangeError(`the secret key must have 32 bytes, not ${key.length}`);
  const digestKey = createHmac('sha256', key).update('digest').digest();
  return {
    seal(plain) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `1.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
    },
    open(sealed) {
      if (!sealed.startsWith('1.')) throw new Error('unknown form of a sealed secret');
      const bytes = Buffer.from(sealed.slice(2), 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8');
    },
    digest: (plain) => createHmac('sha256', digestKey).update(plain).digest('hex'),
  };
}
