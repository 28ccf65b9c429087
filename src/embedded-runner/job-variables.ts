import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobVariable } from '../runner-api/wire.ts';
import { JobFailure } from './job-failure.ts';

/** Longest value that expansion may make, in characters: references that multiply each other end here. */
export const longestValue = 1024 * 1024;

/** The variables of one job, ready for its shell: expanded, and files written. */
export interface JobVariables {
  environment: Map<string, string>;
  /** Values that must not be shown. */
  secrets: string[];
  /** Names that no environment can hold. */
  skipped: string[];
}

/**
 * Puts the variables together (runner protocol 5.4): of a name the last counts; `$X` and `${X}` are replaced in values that
 * are neither raw nor files, by values that stand before them or, not yet expanded, after them; a file variable becomes the path
 * of a file in `folder` that only this user may read. Throws a JobFailure when a value grows beyond `longestValue`.
 */
export async function prepareVariables(variables: readonly JobVariable[], folder: string): Promise<JobVariables> {
  const last = new Map<string, JobVariable>();
  for (const variable of variables) {
    last.delete(variable.key);
    last.set(variable.key, variable);
  }
  const values = new Map<string, string>();
  for (const { key, value, file } of last.values()) values.set(key, file === true ? fileOf(folder, key) : value);
  const result: JobVariables = { environment: new Map(), secrets: [], skipped: [] };
  for (const variable of last.values()) {
    const { key } = variable;
    if (!isUsable(key, variable.value)) {
      result.skipped.push(key);
      continue;
    }
    if (variable.file === true) await writeSecret(folder, key, variable.value);
    else if (variable.raw !== true) {
      values.delete(key); // a value that names itself cannot grow
      values.set(key, expand(variable.value, values, key));
    }
    const value = values.get(key) ?? '';
    result.environment.set(key, value);
    if (variable.masked === true) result.secrets.push(variable.value, variable.file === true ? '' : value);
  }
  return result;
}

/**
 * Replaces `$NAME` and `${NAME}`; unknown names become nothing and `$$` one `$`, as agents have it. Throws a JobFailure when
 * the result is longer than `longestValue`; `what` names the text in that message.
 */
export function expand(text: string, values: ReadonlyMap<string, string>, what: string): string {
  let result = '';
  let at = 0;
  for (const match of text.matchAll(/\$(?:\$|(?<plain>[A-Za-z_]\w*)|\{(?<braced>[A-Za-z_]\w*)\})/g)) {
    const name = match.groups?.['plain'] ?? match.groups?.['braced'];
    result += text.slice(at, match.index) + (name === undefined ? '$' : (values.get(name) ?? ''));
    at = match.index + match[0].length;
    if (result.length > longestValue) break;
  }
  result += text.slice(at);
  if (result.length <= longestValue) return result;
  throw new JobFailure(
    'runner_configuration_error',
    `${what} grows beyond ${longestValue} characters when its references are replaced: mark it as raw, or use fewer references`,
  );
}

function isUsable(key: string, value: string): boolean {
  return key !== '' && !key.includes('=') && !key.includes('\0') && !value.includes('\0');
}

function fileOf(folder: string, key: string): string {
  return join(folder, key.replace(/[^\w.-]/g, '_').replace(/^\.+/, '_'));
}

async function writeSecret(folder: string, key: string, value: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(fileOf(folder, key), value, { mode: 0o600 });
}
