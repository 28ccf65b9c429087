import { badRequest, invalid } from '../http/errors.ts';

/** What the rules of a runner look at; undefined: not part of the change. */
export interface Checked {
  runUntagged: boolean;
  tags: readonly string[];
  /** The tags are new, so their number counts. */
  tagsChanged: boolean;
  maximumTimeout: number | null;
  description: string | null;
  maintenanceNote: string | null;
}

const longestText = 1024;
const mostTags = 50;
const shortestTimeout = 600;
const longestTimeout = 2 ** 31 - 1;

/** What is wrong with a runner, by attribute and in GitLab's words; an empty record for nothing (runners API A.3, B.6). */
export function complaintsOf(runner: Checked): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const add = (attribute: string, text: string) => void (found[attribute] ??= []).push(text);
  if (!runner.runUntagged && runner.tags.length === 0)
    add('tags_list', 'can not be empty when runner is not allowed to pick untagged jobs');
  if (runner.tagsChanged && runner.tags.length > mostTags)
    add('tags_list', `Too many tags specified. Please limit the number of tags to ${mostTags}`);
  if (runner.tags.some((tag) => tag.length > 255)) add('tags_list', 'is too long (maximum is 255 characters)');
  const { maximumTimeout } = runner;
  if (maximumTimeout !== null && maximumTimeout < shortestTimeout) add('maximum_timeout', 'needs to be at least 10 minutes');
  if (maximumTimeout !== null && maximumTimeout > longestTimeout) add('maximum_timeout', `must be less than or equal to ${longestTimeout}`);
  if ((runner.description ?? '').length > longestText) add('description', `is too long (maximum is ${longestText} characters)`);
  if ((runner.maintenanceNote ?? '').length > longestText) add('maintenance_note', `is too long (maximum is ${longestText} characters)`);
  return found;
}

/** Throws 400 with the complaints by attribute, as registration and update tell them. */
export function mustBeValid(runner: Checked): void {
  const found = complaintsOf(runner);
  if (Object.keys(found).length > 0) throw invalid(found);
}

/** Throws 400 with the complaints as one sentence, as `POST /user/runners` tells them (runners API B.3). */
export function mustBeValidSentence(runner: Checked): void {
  const sentences = Object.entries(complaintsOf(runner)).flatMap(([attribute, texts]) =>
    texts.map((text) => `${humanName(attribute)} ${text}`),
  );
  if (sentences.length > 0) throw badRequest(sentences.join(', '));
}

function humanName(attribute: string): string {
  const words = attribute.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
