import { conflict, HttpError, invalid, notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import type { Tx } from '../db/tx.ts';
import { lockPlace } from './place.ts';
import type { VariableInput } from './variable-api.ts';
import { countVariables, deleteVariableRow, insertVariable, saveVariable, variablesNamed, type StoredVariable } from './variable-store.ts';
import { tooManyVariables, variableProblems, type SettingsVariable, type VariableScope } from './variable.ts';

const fresh: SettingsVariable = {
  key: '',
  value: '',
  variableType: 'env_var',
  protected: false,
  masked: false,
  hidden: false,
  raw: false,
  environmentScope: '*',
  description: null,
};

/** The one variable that a key, and an environment scope, name. Throws 404 without any and 409 with several. */
export async function oneVariable(
  app: App,
  of: VariableScope,
  key: string,
  environmentScope?: string,
  db = app.db,
): Promise<StoredVariable> {
  const found = await variablesNamed(db, app.secrets, of, key, environmentScope);
  if (found.length > 1) throw conflict("There are multiple variables with provided parameters. Please use 'filter[environment_scope]'");
  if (found[0] === undefined) throw notFound('Variable');
  return found[0];
}

/** Adds a variable. Throws 400 with what is wrong with it, by attribute. */
export async function addVariable(app: App, of: VariableScope, input: VariableInput): Promise<SettingsVariable> {
  const variable = merged(fresh, input);
  refuse(variableProblems(variable, of));
  await refusingTaken(app, variable.key, () =>
    app.write(async (tx) => {
      await lockSubject(tx, of);
      const tooMany = tooManyVariables(await countVariables(tx, of), of);
      if (tooMany !== null) throw invalid({ base: [tooMany] });
      await insertVariable(tx, app.secrets, of, variable, app.clock.now());
    }),
  );
  return variable;
}

/** Changes a variable. Throws 400 with what is wrong with it, 404 and 409 as `oneVariable`. */
export async function changeVariable(
  app: App,
  of: VariableScope,
  key: string,
  input: VariableInput,
  environmentScope?: string,
): Promise<SettingsVariable> {
  return refusingTaken(app, key, () =>
    app.write(async (tx) => {
      await lockSubject(tx, of);
      const before = await oneVariable(app, of, key, environmentScope, tx);
      const after = merged(before, { ...input, key });
      if (before.hidden && !after.masked)
        throw invalid({ base: ['The visibility setting cannot be changed for masked and hidden variables.'] });
      refuse(variableProblems(after, of));
      await saveVariable(tx, app.secrets, before.id, after);
      return after;
    }),
  );
}

/** Removes a variable. Throws 404 and 409 as `oneVariable`. */
export async function removeVariable(app: App, of: VariableScope, key: string, environmentScope?: string): Promise<void> {
  await app.write(async (tx) => {
    const variable = await oneVariable(app, of, key, environmentScope, tx);
    await deleteVariableRow(tx, variable.id);
  });
}

function merged(before: SettingsVariable, input: VariableInput): SettingsVariable {
  const hidden = before.hidden || input.masked_and_hidden === true;
  return {
    key: input.key ?? before.key,
    value: input.value ?? before.value,
    variableType: input.variable_type ?? before.variableType,
    protected: input.protected ?? before.protected,
    masked: input.masked_and_hidden === true || (input.masked ?? before.masked),
    hidden,
    raw: input.raw ?? before.raw,
    environmentScope: input.environment_scope ?? before.environmentScope,
    description: input.description === undefined ? before.description : input.description,
  };
}

async function lockSubject(tx: Tx, { scope, subjectId }: VariableScope): Promise<void> {
  if (scope !== 'instance') await lockPlace(tx, { kind: scope, id: subjectId });
}

function refuse(problems: Record<string, string[]>): void {
  if (Object.keys(problems).length > 0) throw invalid(problems);
}

async function refusingTaken<T>(app: App, key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw app.db.dialect.isDuplicate(error) ? keyTaken(key) : error;
  }
}

function keyTaken(key: string): HttpError {
  return invalid({ key: [`(${key}) has already been taken`] });
}
