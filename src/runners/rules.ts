import { badRequest, invalid } from '../http/errors.ts';
import { codePoints } from '../lib/code-points.ts';

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
const longestTag = 255;
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
  if (runner.tags.some((tag) => codePoints(tag) > longestTag)) add('tags_list', `is too long (maximum is ${longestTag} characters)`);
  const { maximumTimeout } = runner;
  if (maximumTimeout !== null && maximumTimeout < shortestTimeout) add('maximum_timeout', 'needs to be at least 10 minutes');
  if (maximumTimeout !== null && maximumTimeout > longestTimeout) add('maximum_timeout', `must be less than or equal to ${longestTimeout}`);
  if (codePoints(runner.description ?? '') > longestText) add('description', `is too long (maximum is ${longestText} characters)`);
  if (codePoints(runner.maintenanceNote ?? '') > longestText) add('maintenance_note', `is too long (maximum is ${longestText} characters)`);
  return found;
}

/** Throws 400 with the complaints by attribute, as registration and update tell them. */
export function mustBeValid(runner: Checked): void {
  const found = complaintsOf(runner);
  if (Object.keys(found).length > 0) throw invalid(found);
}

/** Throws 400 with the complaints as one sentence, as `POST /user/runners` tells them (runners API B.3). */
export function mustBeValidSentence(runner: Checked): void {
  const found = complaintsOf(runner);
  if (Object.keys(found).length > 0) throw badRequest(sentenceOf(found));
}

/** Complaints by attribute as one sentence. */
export function sentenceOf(complaints: Record<string, string[]>): string {
  return Object.entries(complaints)
    .flatMap(([attribute, texts]) => texts.map((text) => `${humanName(attribute)} ${text}`))
    .join(', ');
}

function humanName(attribute: string): string {
  const words = attribute.replaceAll(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
