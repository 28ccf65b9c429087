import { Type } from 'typebox';
import { namespacePathProblems } from '../access/path-name.ts';
import { OneOf } from '../http/parameters.ts';
import { codePoints } from '../lib/code-points.ts';
import { sharedRunnersSettings, visibilities } from './namespace.ts';

/** What can be set of a group, at its creation and later. */
export const GroupParameters = {
  name: Type.Optional(Type.String({ description: 'Name for people.' })),
  path: Type.Optional(Type.String({ description: 'Last part of the full path.' })),
  description: Type.Optional(Type.String({ description: 'Description.' })),
  visibility: Type.Optional(OneOf(visibilities, { description: 'Who may see the group.' })),
  shared_runners_setting: Type.Optional(
    OneOf(sharedRunnersSettings, {
      description: 'Whether instance runners may serve the projects below; switching off reaches all of them.',
    }),
  ),
};

/** What is wrong, by attribute. */
export type Problems = Record<string, string[]>;

const longestName = 255;
const longestDescription = 500;
const nameForm = /^[\p{L}\p{N}\p{Extended_Pictographic}_][\p{L}\p{N}\p{M}\p{Extended_Pictographic}\u{200d}_.()\- ]*$/u;
const nameRule =
  "can contain only letters, digits, emoji, '_', '.', dash, space, parenthesis. It must start with letter, digit, emoji or '_'.";

/** What is wrong with the given values, in GitLab's words; absent ones are left alone. */
export function groupProblems(input: { name?: string; path?: string; description?: string }, atRoot: boolean): Problems {
  const problems: Problems = {};
  const { name, path, description } = input;
  const texts: string[] = [];
  if (name !== undefined) {
    if (name.trim() === '') texts.push("can't be blank");
    else if (!nameForm.test(name)) texts.push(nameRule);
    if (codePoints(name) > longestName) texts.push(`is too long (maximum is ${longestName} characters)`);
  }
  if (texts.length > 0) problems['name'] = texts;
  const pathTexts = path === undefined ? [] : namespacePathProblems(path, atRoot);
  if (pathTexts.length > 0) problems['path'] = pathTexts;
  if (codePoints(description ?? '') > longestDescription)
    problems['description'] = [`is too long (maximum is ${longestDescription} characters)`];
  return problems;
}

/** Problems as one sentence in the form that clients of `POST /groups` know (runners API C.3). */
export function failedToSave(problems: Problems): string {
  const pairs = Object.entries(problems).map(([key, texts]) => `:${key}=>[${texts.map((text) => JSON.stringify(text)).join(', ')}]`);
  return `Failed to save group {${pairs.join(', ')}}`;
}
