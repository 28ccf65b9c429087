import { unsaidOfJob, type CompiledJob } from '../ci-config/plan.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import { batches } from './status-store.ts';
import type { PipelineVariable } from './variable-store.ts';

/** What a job was compiled to, and the variables that were given when it was played. */
export interface Definition {
  compiled: CompiledJob;
  playVariables: PipelineVariable[];
}

/** The definition of a job. Throws when there is none: every job has one. */
export async function findDefinition(db: Db, secrets: SecretBox, jobId: number): Promise<Definition> {
  const row = await db.selectFrom('job_definitions').selectAll().where('job_id', '=', jobId).executeTakeFirstOrThrow();
  return {
    compiled: toCompiled(row.definition),
    playVariables: row.sealed_variables === null ? [] : (JSON.parse(secrets.open(row.sealed_variables)) as PipelineVariable[]),
  };
}

/** What jobs were compiled to, by their ids. */
export async function compiledOfJobs(db: Db, jobIds: readonly number[]): Promise<Map<number, CompiledJob>> {
  const found = new Map<number, CompiledJob>();
  for (const some of batches(jobIds)) {
    const rows = await db.selectFrom('job_definitions').select(['job_id', 'definition']).where('job_id', 'in', some).execute();
    for (const row of rows) found.set(row.job_id, toCompiled(row.definition));
  }
  return found;
}

/** What a job was compiled to. Throws when there is none: every job has one. */
export async function findCompiled(db: Db, jobId: number): Promise<CompiledJob> {
  const row = await db.selectFrom('job_definitions').select('definition').where('job_id', '=', jobId).executeTakeFirstOrThrow();
  return toCompiled(row.definition);
}

/** The text of a stored definition as a compiled job, with what older ones do not say. */
function toCompiled(definition: string): CompiledJob {
  return { ...unsaidOfJob, ...(JSON.parse(definition) as CompiledJob) };
}

/** Replaces the variables that a job was played with. */
export async function setPlayVariables(tx: Tx, secrets: SecretBox, jobId: number, variables: readonly PipelineVariable[]): Promise<void> {
  const sealed = variables.length === 0 ? null : secrets.seal(JSON.stringify(variables));
  await tx.updateTable('job_definitions').set({ sealed_variables: sealed }).where('job_id', '=', jobId).execute();
}
