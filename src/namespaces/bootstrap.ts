import { insertToken, insertUser } from '../access/store.ts';
import type { Tx } from '../db/tx.ts';
import { newToken } from '../lib/ids.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import { insertNamespace } from './namespace-store.ts';
import { resetRegistrationToken } from './registration-token-store.ts';
import { defaultSettings, saveSettings } from './settings.ts';

/** The secrets of a new server, shown once. */
export interface FirstSecrets {
  rootToken: string;
  registrationToken: string;
}

/**
 * Fills a new database: the administrator `root` with a personal access token, the settings and the registration token of
 * the instance. Gives null, and changes nothing, when there are users already.
 */
export async function bootstrap(
  tx: Tx,
  secrets: SecretBox,
  given: { rootToken: string | null; registrationToken: string | null },
  now: number,
): Promise<FirstSecrets | null> {
  if ((await tx.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined) return null;
  const root = await insertUser(
    tx,
    { username: 'root', name: 'Administrator', email: 'root@localhost', admin: true, external: false, passwordHash: null },
    now,
  );
  await insertNamespace(
    tx,
    { kind: 'user', name: root.name, path: root.username, parent: null, ownerId: root.id, description: '', visibility: 'public' },
    now,
  );
  const rootToken = given.rootToken ?? newToken('glpat-');
  const token = { userId: root.id, name: 'first token', description: null, scopes: ['api'], impersonation: false, expiresAt: null };
  await insertToken(tx, token, rootToken, now);
  await saveSettings(tx, defaultSettings, now);
  const instance = { scope: 'instance', subjectId: 0 } as const;
  const registrationToken = await resetRegistrationToken(tx, secrets, instance, now, given.registrationToken ?? undefined);
  return { rootToken, registrationToken };
}
