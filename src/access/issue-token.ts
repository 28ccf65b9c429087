import type { App } from '../http/route.ts';
import { badRequest, invalid } from '../http/errors.ts';
import { newToken } from '../lib/ids.ts';
import { isoDay } from '../lib/iso-time.ts';
import './app.ts';
import { dayParameter } from './parameter-rules.ts';
import { insertToken } from './store.ts';
import { presentToken, type NewTokenReply } from './token-api.ts';
import { revokeTokenRow } from './token-store.ts';
import { isExpired, type PersonalAccessToken } from './user.ts';

/** GitLab's prefix of personal access tokens. */
const prefix = 'glpat-';
/** A rotated token without a day of its own ends after a week, as in GitLab. */
const rotatedFor = 7 * 24 * 3_600_000;

export interface TokenWish {
  name: string;
  description?: string | null;
  scopes: readonly string[];
  expires_at?: string | null;
}

/** Makes a token and gives it with its secret. Throws 400 for an empty name, no scope, or a day that is over. */
export async function issueToken(app: App, userId: number, wish: TokenWish, impersonation: boolean): Promise<NewTokenReply> {
  const now = app.clock.now();
  const expiresAt = futureDay(wish.expires_at, now);
  if (wish.name.trim() === '') throw invalid({ name: ["can't be blank"] });
  if (wish.scopes.length === 0) throw invalid({ scopes: ["can't be blank"] });
  const secret = newToken(prefix);
  const token = await app.write((tx) =>
    insertToken(
      tx,
      {
        userId,
        name: wish.name,
        description: wish.description ?? null,
        scopes: [...new Set(wish.scopes)],
        impersonation,
        expiresAt,
      },
      secret,
      now,
    ),
  );
  return { ...presentToken(token, now), token: secret };
}

/** Replaces a token by one like it with a new secret; the old one is dead at once. Throws 400 for a dead token. */
export async function rotate(app: App, token: PersonalAccessToken, expires: string | null | undefined): Promise<NewTokenReply> {
  const now = app.clock.now();
  const expiresAt = futureDay(expires, now) ?? isoDay(now + rotatedFor);
  if (isExpired(token.expiresAt, now)) throw badRequest('token already expired');
  const secret = newToken(prefix);
  const fresh = await app.write(async (tx) => {
    if (!(await revokeTokenRow(tx, token.id))) throw badRequest('token already revoked');
    return insertToken(tx, { ...token, expiresAt }, secret, now);
  });
  return { ...presentToken(fresh, now), token: secret };
}

function futureDay(text: string | null | undefined, now: number): string | null {
  const day = dayParameter('expires_at', text);
  if (day !== null && isExpired(day, now)) throw invalid({ expires_at: ["can't be in the past"] });
  return day;
}
