import type { Db, Tx } from '../db/tx.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import type { Variable } from './expansion.ts';
import { batches } from './status-store.ts';

/** A variable that a job leaves to those that depend on it (runner protocol 8.2). */
export interface DotenvVariable {
  key: string;
  value: string;
}

/** Keeps what a job leaves to others. It may hold secrets, so the values are sealed. */
export async function insertDotenvVariables(
  tx: Tx,
  secrets: SecretBox,
  jobId: number,
  variables: readonly DotenvVariable[],
): Promise<void> {
  if (variables.length === 0) return;
  await tx
    .insertInto('dotenv_variables')
    .values(variables.map(({ key, value }, position) => ({ job_id: jobId, position, key, sealed_value: secrets.seal(value) })))
    .execute();
}

/** Forgets what these jobs left to others. */
export async function deleteDotenvVariables(tx: Tx, jobIds: readonly number[]): Promise<void> {
  for (const some of batches(jobIds)) await tx.deleteFrom('dotenv_variables').where('job_id', 'in', some).execute();
}

/** What these jobs leave to a job that depends on all of them; of jobs that name the same variable the last one of the list wins. */
export async function dotenvVariables(db: Db, secrets: SecretBox, jobIds: readonly number[]): Promise<Variable[]> {
  const byJob = new Map<number, Variable[]>();
  for (const some of batches(jobIds)) {
    const rows = await db.selectFrom('dotenv_variables').selectAll().where('job_id', 'in', some).orderBy('position').execute();
    for (const row of rows) {
      const list = byJob.get(row.job_id) ?? [];
      byJob.set(row.job_id, list);
      list.push({ key: row.key, value: secrets.open(row.sealed_value), public: false, file: false, masked: false, raw: false });
    }
  }
  return jobIds.flatMap((jobId) => byJob.get(jobId) ?? []);
}
