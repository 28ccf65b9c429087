import { codePoints } from '../lib/code-points.ts';

/** Where a variable is set: for all jobs, for those below a group, or for those of a project. `subjectId` is 0 for the instance. */
export interface VariableScope {
  scope: 'instance' | 'group' | 'project';
  subjectId: number;
}

export const instanceVariables: VariableScope = { scope: 'instance', subjectId: 0 };

export const variableTypes = ['env_var', 'file'] as const;

/** A variable from the settings (CI configuration 10.2). */
export interface SettingsVariable {
  key: string;
  value: string;
  variableType: (typeof variableTypes)[number];
  /** Only for jobs of protected branches and tags. */
  protected: boolean;
  /** The value is hidden in logs. */
  masked: boolean;
  /** The value is never shown again over the API either. */
  hidden: boolean;
  /** The value is never expanded. */
  raw: boolean;
  /** Name of the environments that it is for, with `*` for any text. */
  environmentScope: string;
  description: string | null;
}

/** Variables that a place may have, as in GitLab, and what it calls them. */
const limits = {
  project: { most: 8000, name: 'project ci variables' },
  group: { most: 30_000, name: 'group ci variables' },
  instance: { most: 25, name: 'ci instance level variables' },
} as const;

const longestText = 255;
const longestInstanceValue = 10_000;
const maskableExpanded = /^[\w+=/@:.~-]{8,}$/;
const maskableRaw = /^\S{8,}$/;
const scopeForm = /^[\w\-/${}. *]+$/;

/** What is wrong with a variable, by attribute, in GitLab's words. */
export function variableProblems(variable: SettingsVariable, { scope }: VariableScope): Record<string, string[]> {
  const problems: Record<string, string[]> = {};
  function note(attribute: string, isWrong: boolean, text: string): void {
    if (isWrong) (problems[attribute] ??= []).push(text);
  }
  const { key, value, masked, raw, environmentScope, description } = variable;
  note('key', key === '', "can't be blank");
  note('key', key.length > longestText, `is too long (maximum is ${longestText} characters)`);
  note('key', key !== '' && !/^\w+$/.test(key), "can contain only letters, digits and '_'.");
  note('value', masked && !(raw ? maskableRaw : maskableExpanded).test(value), 'is invalid');
  const isLong = scope === 'instance' && codePoints(value) > longestInstanceValue;
  note('value', isLong, `The value of the provided variable exceeds the ${longestInstanceValue} character limit`);
  const isScope = scopeForm.test(environmentScope) && !/^\/|\/$/.test(environmentScope);
  const scopeRule =
    "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces, but it cannot start or end with '/'";
  note('environment_scope', !isScope, scopeRule);
  note('environment_scope', environmentScope.length > longestText, `is too long (maximum is ${longestText} characters)`);
  note('description', codePoints(description ?? '') > longestText, `is too long (maximum is ${longestText} characters)`);
  return problems;
}

/** Why a place with `count` variables takes no more, or null. */
export function tooManyVariables(count: number, { scope }: VariableScope): string | null {
  const { most, name } = limits[scope];
  return count < most ? null : `Maximum number of ${name} (${most}) exceeded`;
}
