import { unsaidOfJob, type CompiledJob } from '../ci-config/plan.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { SecretBox } from '../lib/secret-box.ts';
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
    compiled: { ...unsaidOfJob, ...(JSON.parse(row.definition) as CompiledJob) },
    playVariables: row.sealed_variables === null ? [] : (JSON.parse(secrets.open(row.sealed_variables)) as PipelineVariable[]),
  };
}

/** Replaces the variables that a job was played with. */
export async function setPlayVariables(tx: Tx, secrets: SecretBox, jobId: number, variables: readonly PipelineVariable[]): Promise<void> {
  const sealed = variables.length === 0 ? null : secrets.seal(JSON.stringify(variables));
  await tx.updateTable('job_definitions').set({ sealed_variables: sealed }).where('job_id', '=', jobId).execute();
}
