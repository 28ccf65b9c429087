import { sql } from 'kysely';
import type { Db } from '../db/tx.ts';

/**
 * Whether a version begins with a prefix that a filter names. A number is not cut in two: `16.1` finds `16.1.3` and not `16.10.0`, as
 * in GitLab (runners API B.2).
 */
export function beginsWithVersion(version: string, prefix: string): boolean {
  if (!version.startsWith(prefix)) return false;
  return !(/\d$/.test(prefix) && /^\d/.test(version.slice(prefix.length)));
}

/** The versions of managers that begin with a prefix. */
export async function versionsWithPrefix(db: Db, prefix: string): Promise<string[]> {
  // One look into the index for each version, not for each manager: there are a few dozen versions.
  const { rows } = await sql<{ version: string }>`
    with recursive versions(version) as (
      select min(version) from runner_managers
      union all
      select (select min(version) from runner_managers where version > versions.version) from versions where versions.version is not null
    )
    select version from versions where version is not null`.execute(db);
  return rows.map((row) => row.version).filter((version) => beginsWithVersion(version, prefix));
}
