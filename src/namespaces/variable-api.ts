import { Type, type Static } from 'typebox';
import { NullableString, OneOf } from '../http/parameters.ts';
import { variableTypes, type SettingsVariable } from './variable.ts';

/** A variable of the instance. */
export const InstanceVariable = Type.Object({
  variable_type: OneOf(variableTypes, { description: '`file`: the job gets the path of a file with the value.' }),
  key: Type.String({ description: 'Name.' }),
  value: NullableString({ description: 'Value; null when it is hidden.' }),
  protected: Type.Boolean({ description: 'Only for protected branches and tags.' }),
  masked: Type.Boolean({ description: 'The value is hidden in logs.' }),
  raw: Type.Boolean({ description: 'The value is never expanded.' }),
  description: NullableString({ description: 'Description.' }),
});

/** A variable of a group or project. */
export const Variable = Type.Object({
  ...InstanceVariable.properties,
  hidden: Type.Boolean({ description: 'The value is never shown again.' }),
  environment_scope: Type.String({ description: 'Environments that it is for; `*` for all.' }),
});

/** Variable → JSON; those of the instance have no environment scope. */
export function presentVariable(variable: SettingsVariable): Static<typeof Variable> {
  return { ...presentInstanceVariable(variable), hidden: variable.hidden, environment_scope: variable.environmentScope };
}

export function presentInstanceVariable(variable: SettingsVariable): Static<typeof InstanceVariable> {
  return {
    variable_type: variable.variableType,
    key: variable.key,
    value: variable.hidden ? null : variable.value,
    protected: variable.protected,
    masked: variable.masked,
    raw: variable.raw,
    description: variable.description,
  };
}

const InstanceChange = {
  value: Type.Optional(Type.String({ description: 'Value.' })),
  variable_type: Type.Optional(OneOf(variableTypes, { description: '`env_var` or `file`.' })),
  protected: Type.Optional(Type.Boolean({ description: 'Only for protected branches and tags.' })),
  masked: Type.Optional(Type.Boolean({ description: 'Hides the value in logs: one line of at least 8 characters.' })),
  raw: Type.Optional(Type.Boolean({ description: 'Never expands the value.' })),
  description: Type.Optional(NullableString({ description: 'Description.' })),
};
const PlaceChange = {
  ...InstanceChange,
  environment_scope: Type.Optional(Type.String({ description: 'Environments that it is for; default `*`.' })),
};
const Needed = {
  key: Type.String({ description: 'Name: letters, digits and `_`.' }),
  value: Type.String({ description: 'Value.' }),
};

export const NewInstanceVariable = Type.Object({ ...Needed, ...InstanceChange, ...Needed });
export const InstanceVariableChange = Type.Object(InstanceChange);
export const NewVariable = Type.Object({
  ...Needed,
  ...PlaceChange,
  ...Needed,
  masked_and_hidden: Type.Optional(Type.Boolean({ description: 'Hides the value in logs and never shows it again.' })),
});

/** Tells variables of one key apart. */
export const VariableFilter = {
  filter: Type.Optional(
    Type.Object({ environment_scope: Type.Optional(Type.String({ description: 'The one with exactly this environment scope.' })) }),
  ),
};
export const VariableChange = Type.Object({ ...PlaceChange, ...VariableFilter });

const ChangeInput = Type.Partial(NewVariable);
/** What may be given of a variable. */
export type VariableInput = Static<typeof ChangeInput>;

/** `:id` of the place and `:key` of the variable. */
export const VariableOf = Type.Object({
  id: Type.String({ description: 'Id or URL-encoded path.' }),
  key: Type.String({ description: 'Name of the variable.' }),
});
export const InstanceVariableOf = Type.Object({ key: Type.String({ description: 'Name of the variable.' }) });
