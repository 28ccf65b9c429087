import { invalid } from '../http/errors.ts';
import type { PipelineVariable } from './variable-store.ts';

interface Given {
  key?: string;
  value?: string;
  variable_type?: 'env_var' | 'file';
}

/**
 * The variables of a request, checked. Forms may spread one variable over several elements (`variables[][key]=A&
 * variables[][value]=1`), which belong together as long as no part comes twice. Throws 400 with `message.base` that names
 * what is wrong; `word` is what the texts call them.
 */
export function givenVariables(elements: readonly Given[], word: string): PipelineVariable[] {
  const variables = joined(elements).map(({ key = '', value = '', variable_type: variableType = 'env_var' }): PipelineVariable => ({
    key,
    value,
    variableType,
    raw: false,
  }));
  const keys = variables.map((variable) => variable.key);
  const errors: string[] = [];
  if (keys.includes('')) errors.push(`${word} key can't be blank`);
  if (keys.some((key) => /[^A-Za-z0-9_]/.test(key))) errors.push(`${word} key can contain only letters, digits and '_'.`);
  if (keys.some((key) => key.length > 255)) errors.push(`${word} key is too long (maximum is 255 characters)`);
  const twice = [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
  if (twice.length > 0) errors.push(`Duplicate variable name: ${twice.join(', ')}`);
  if (errors.length > 0) throw invalid({ base: errors });
  return variables;
}

function joined(elements: readonly Given[]): Given[] {
  const whole: Given[] = [];
  for (const element of elements) {
    const last = whole.at(-1);
    const continues = last !== undefined && element.key === undefined && Object.keys(element).every((part) => !(part in last));
    if (continues) Object.assign(last, element);
    else whole.push({ ...element });
  }
  return whole;
}
