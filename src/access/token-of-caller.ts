import type { App } from '../http/route.ts';
import { notFound, unauthorized } from '../http/errors.ts';
import './app.ts';
import { can } from './can.ts';
import { findUser } from './store.ts';
import { findToken } from './token-store.ts';
import type { Actor, PersonalAccessToken } from './user.ts';

/**
 * The token with this id, when the caller may manage it. Throws 404 for administrators when there is none; others get 401
 * for every token that is not their own, so that they cannot tell which ids exist.
 */
export async function managedToken(app: App, actor: Actor, id: number): Promise<PersonalAccessToken> {
  const token = await findToken(app.db, id);
  if (!can(actor, 'token.manage', { level: 0, own: token?.userId === actor.user.id })) throw unauthorized();
  if (token === null) throw notFound();
  return token;
}

/** The token that the caller used. */
export async function usedToken(app: App, actor: Actor): Promise<PersonalAccessToken> {
  const token = actor.tokenId === null ? null : await findToken(app.db, actor.tokenId);
  if (token === null) throw unauthorized();
  return token;
}

/** An impersonation token of a user. Throws 404 when there is no such user or token. */
export async function impersonationToken(app: App, userId: number, id: number): Promise<PersonalAccessToken> {
  if ((await findUser(app.db, userId)) === null) throw notFound('User');
  const token = await findToken(app.db, id);
  if (token === null || !token.impersonation || token.userId !== userId) throw notFound('Impersonation Token');
  return token;
}
