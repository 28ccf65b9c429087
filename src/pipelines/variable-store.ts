import { sql } from 'kysely';
import type { Db } from '../db/tx.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import type { Variable } from './expansion.ts';

/** A variable of a pipeline as it was given. */
export interface PipelineVariable {
  key: string;
  value: string;
  variableType: 'env_var' | 'file';
  raw: boolean;
}

/** Given at run time → as the job gets it. */
export function toVariable(given: PipelineVariable): Variable {
  return { key: given.key, value: given.value, public: false, file: given.variableType === 'file', masked: false, raw: given.raw };
}

/**
 * Variables from the settings of the instance, the groups above a project and the project itself, lowest precedence
 * first: of groups the nearest is last (CI configuration 10.1, levels 6 to 8). Protected ones only with `protectedRef`.
 * Those with an environment scope are left out: they are for jobs with an environment.
 */
export async function settingsVariables(
  db: Db,
  secrets: SecretBox,
  project: { id: number; namespaceId: number },
  protectedRef: boolean,
): Promise<Variable[]> {
  const columns = ['scope', 'key', 'sealed_value', 'variable_type', 'protected', 'masked', 'raw', 'environment_scope'] as const;
  const rows = await db
    .selectFrom('variables')
    .select(columns)
    .select(sql<number>`0`.as('depth'))
    .where('scope', '=', 'project')
    .where('subject_id', '=', project.id)
    .unionAll((other) =>
      other
        .selectFrom('namespace_ancestors')
        .innerJoin('variables', (join) => join.onRef('subject_id', '=', 'ancestor_id').on('scope', '=', 'group'))
        .select(columns)
        .select('depth')
        .where('namespace_id', '=', project.namespaceId),
    )
    .unionAll((other) =>
      other
        .selectFrom('variables')
        .select(columns)
        .select(sql<number>`0`.as('depth'))
        .where('scope', '=', 'instance'),
    )
    .execute();
  const levels = ['instance', 'group', 'project'];
  return rows
    .filter((row) => row.environment_scope === '*' && (protectedRef || row.protected === 0))
    .sort((a, b) => levels.indexOf(a.scope) - levels.indexOf(b.scope) || b.depth - a.depth)
    .map((row) => ({
      key: row.key,
      value: secrets.open(row.sealed_value),
      public: false,
      file: row.variable_type === 'file',
      masked: row.masked === 1,
      raw: row.raw === 1,
    }));
}

/** The variables that a pipeline was started with, in the order in which they were given. */
export async function pipelineGivenVariables(db: Db, secrets: SecretBox, pipelineId: number): Promise<PipelineVariable[]> {
  const rows = await db.selectFrom('pipeline_variables').selectAll().where('pipeline_id', '=', pipelineId).orderBy('position').execute();
  return rows.map((row) => ({
    key: row.key,
    value: secrets.open(row.sealed_value),
    variableType: row.variable_type === 'file' ? 'file' : 'env_var',
    raw: row.raw === 1,
  }));
}
