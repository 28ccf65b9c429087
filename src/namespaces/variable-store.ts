import type { Selectable } from 'kysely';
import { pageRows } from '../access/page-rows.ts';
import type { VariableRow } from '../db/tables.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { Page, Rows } from '../http/pagination.ts';
import type { SecretBox } from '../lib/secret-box.ts';
import type { SettingsVariable, VariableScope } from './variable.ts';

/** A variable with the id of its row. */
export interface StoredVariable extends SettingsVariable {
  id: number;
}

function toVariable(row: Selectable<VariableRow>, secrets: SecretBox): StoredVariable {
  return {
    id: row.id,
    key: row.key,
    value: secrets.open(row.sealed_value),
    variableType: row.variable_type === 'file' ? 'file' : 'env_var',
    protected: row.protected === 1,
    masked: row.masked === 1,
    hidden: row.hidden === 1,
    raw: row.raw === 1,
    environmentScope: row.environment_scope,
    description: row.description,
  };
}

/** One page of the variables of a place, in the order in which they were made. */
export async function listVariables(db: Db, secrets: SecretBox, of: VariableScope, page: Page): Promise<Rows<StoredVariable>> {
  const query = db.selectFrom('variables').selectAll().where('scope', '=', of.scope).where('subject_id', '=', of.subjectId).orderBy('id');
  const { rows, total } = await pageRows(db, query, page);
  return { rows: rows.map((row) => toVariable(row, secrets)), total };
}

/** The variables of a place with this key; only the one with exactly this environment scope where it is given. */
export async function variablesNamed(
  db: Db,
  secrets: SecretBox,
  of: VariableScope,
  key: string,
  environmentScope?: string,
): Promise<StoredVariable[]> {
  let query = db
    .selectFrom('variables')
    .selectAll()
    .where('scope', '=', of.scope)
    .where('subject_id', '=', of.subjectId)
    .where('key', '=', key);
  if (environmentScope !== undefined) query = query.where('environment_scope', '=', environmentScope);
  const rows = await query.orderBy('id').execute();
  return rows.map((row) => toVariable(row, secrets));
}

export async function countVariables(db: Db, of: VariableScope): Promise<number> {
  const row = await db
    .selectFrom('variables')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('scope', '=', of.scope)
    .where('subject_id', '=', of.subjectId)
    .executeTakeFirstOrThrow();
  return row.count;
}

function columns(variable: SettingsVariable, secrets: SecretBox) {
  return {
    key: variable.key,
    sealed_value: secrets.seal(variable.value),
    variable_type: variable.variableType,
    protected: variable.protected ? 1 : 0,
    masked: variable.masked ? 1 : 0,
    hidden: variable.hidden ? 1 : 0,
    raw: variable.raw ? 1 : 0,
    environment_scope: variable.environmentScope,
    description: variable.description,
  };
}

/** Adds a variable; its value is sealed. A second one with the same key and environment scope violates a unique index. */
export async function insertVariable(
  tx: Tx,
  secrets: SecretBox,
  of: VariableScope,
  variable: SettingsVariable,
  now: number,
): Promise<void> {
  await tx
    .insertInto('variables')
    .values({ scope: of.scope, subject_id: of.subjectId, ...columns(variable, secrets), created_at: now })
    .execute();
}

/** Writes a variable over the row with this id. Likewise. */
export async function saveVariable(tx: Tx, secrets: SecretBox, id: number, variable: SettingsVariable): Promise<void> {
  await tx.updateTable('variables').set(columns(variable, secrets)).where('id', '=', id).execute();
}

/** Removes the row with this id. */
export async function deleteVariableRow(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('variables').where('id', '=', id).execute();
}
