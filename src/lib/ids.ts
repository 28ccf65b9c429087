import { randomBytes, timingSafeEqual, hash } from 'node:crypto';

/**
 * A fresh secret: `prefix` and 20 random bytes in the base64url alphabet (27 characters, 160 bits).
 * Prefixes are the field's own (`glpat-`, `glrt-`, `glcbt-`), so that secret scanners and agents recognise them.
 */
export function newToken(prefix: string): string {
  return prefix + randomBytes(20).toString('base64url');
}

/** SHA-256 of a token as hex: what is stored and looked up instead of the token itself. */
export function tokenDigest(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Compares two secrets in time that does not depend on where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}
