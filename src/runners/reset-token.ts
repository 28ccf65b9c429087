import '../access/app.ts';
import { notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { newToken } from '../lib/ids.ts';
import { isoTime } from '../lib/iso-time.ts';
import { tokenPrefix, type Runner } from './runner.ts';
import { setToken } from './store.ts';
import { tokenExpiry } from './token-expiry.ts';

/** Gives a runner another token of the same kind, with a fresh time of expiry (runners API B.8). */
export async function resetToken(app: App, runner: Runner): Promise<{ token: string; token_expires_at: string | null }> {
  const now = app.clock.now();
  const token = newToken(tokenPrefix(runner.type, runner.registrationType));
  const expiresAt = await tokenExpiry(app.db, runner.type, runner.ownerProjectId, now);
  const found = await app.write((tx) => setToken(tx, app.secrets, runner.id, token, expiresAt, now));
  if (!found) throw notFound('Runner');
  return { token, token_expires_at: expiresAt === null ? null : isoTime(expiresAt) };
}
