import type { App } from '../http/route.ts';
import { forbidden, HttpError } from '../http/errors.ts';
import './app.ts';
import { findTokenBySecret, touchToken } from './store.ts';
import { isExpired, type Actor } from './user.ts';

/** `last_used_at` is written at most this often, so that a polling client costs no writes. */
const touchEvery = 10 * 60_000;

/**
 * The user behind a personal access token; null for an unknown one. Throws 401 for a revoked or expired token and 403
 * for a blocked user (runners API A.3, C.2).
 */
export async function userByToken(app: App, secret: string): Promise<Actor | null> {
  const found = await findTokenBySecret(app.db, secret);
  if (found === null) return null;
  const { token, user } = found;
  const now = app.clock.now();
  if (token.revoked) throw deadToken('Token was revoked. You have to re-authorize from the user.');
  if (isExpired(token.expiresAt, now)) throw deadToken('Token is expired. You can either do re-authorization or token refresh.');
  if (user.state === 'blocked') throw forbidden('Your account has been blocked.');
  if (token.lastUsedAt === null || now - token.lastUsedAt > touchEvery) {
    app
      .write((tx) => touchToken(tx, token.id, now))
      .catch((error: unknown) => app.log.warn({ err: error, tokenId: token.id }, 'use of a token not noted'));
  }
  return { user, scopes: token.scopes, tokenId: token.id, job: null };
}

function deadToken(description: string): HttpError {
  return new HttpError(401, { error: 'invalid_token', error_description: description });
}
