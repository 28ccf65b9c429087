import type { Db, Tx } from '../db/tx.ts';
import '../access/app.ts';
import type { App } from '../http/route.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import { newToken } from '../lib/ids.ts';
import { lockPlace } from './place.ts';

/** Whose runners a registration token registers. `subjectId` is 0 for the instance. */
export interface RegistrationScope {
  scope: 'instance' | 'group' | 'project';
  subjectId: number;
}

/** GitLab's prefix of registration tokens, by which secret scanners know them. */
const prefix = 'GR1348941';

/** The registration token of the instance, a group or a project; null when there is none yet. */
export async function findRegistrationToken(db: Db, secrets: SecretBox, of: RegistrationScope): Promise<string | null> {
  const row = await db
    .selectFrom('registration_tokens')
    .select('sealed')
    .where('scope', '=', of.scope)
    .where('subject_id', '=', of.subjectId)
    .executeTakeFirst();
  return row === undefined ? null : secrets.open(row.sealed);
}

/** What a registration token registers for, or null for an unknown one. */
export async function findRegistrationScope(db: Db, secrets: SecretBox, token: string): Promise<RegistrationScope | null> {
  const row = await db
    .selectFrom('registration_tokens')
    .select(['scope', 'subject_id'])
    .where('digest', '=', secrets.digest(token))
    .executeTakeFirst();
  return row === undefined ? null : { scope: row.scope as RegistrationScope['scope'], subjectId: row.subject_id };
}

/** The registration token of a group or project, made at the first call. Throws 404 when the subject is gone. */
export async function ensureRegistrationToken(app: App, of: { scope: 'group' | 'project'; subjectId: number }): Promise<string> {
  const found = await findRegistrationToken(app.db, app.secrets, of);
  if (found !== null) return found;
  const token = newToken(prefix);
  return app.write(async (tx) => {
    await lockPlace(tx, { kind: of.scope, id: of.subjectId });
    await tx
      .insertInto('registration_tokens')
      .values({
        scope: of.scope,
        subject_id: of.subjectId,
        sealed: app.secrets.seal(token),
        digest: app.secrets.digest(token),
        created_at: app.clock.now(),
      })
      // Of two first calls at once both must give the token that stays.
      .onConflict((conflict) => conflict.columns(['scope', 'subject_id']).doNothing())
      .execute();
    return (await findRegistrationToken(tx, app.secrets, of)) ?? token;
  });
}

/** Sets the registration token, a fresh one unless `token` is given, and gives it back; the one before is dead. */
export async function resetRegistrationToken(
  tx: Tx,
  secrets: SecretBox,
  of: RegistrationScope,
  now: number,
  token: string = newToken(prefix),
): Promise<string> {
  const values = { sealed: secrets.seal(token), digest: secrets.digest(token), created_at: now };
  await tx
    .insertInto('registration_tokens')
    .values({ scope: of.scope, subject_id: of.subjectId, ...values })
    .onConflict((conflict) => conflict.columns(['scope', 'subject_id']).doUpdateSet(values))
    .execute();
  return token;
}
