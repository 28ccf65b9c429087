import type { CommitPerson } from './commit-actions.ts';
import { runGit } from './git-process.ts';
import { isObjectId, mustBeObjectId } from './ref-name.ts';
import { GitError } from './git-process.ts';
import type { Repository } from './repository.ts';

export interface NewTag {
  name: string;
  /** Full id of a commit. */
  target: string;
  message: string;
  tagger: CommitPerson;
  /** Milliseconds. */
  at: number;
}

/** Writes the object of an annotated tag and gives its id. No ref points to it yet. */
export async function writeTag(repository: Repository, { name, target, message, tagger, at }: NewTag): Promise<string> {
  mustBeObjectId(target);
  // oxlint-disable-next-line no-control-regex -- control characters would break the header of the tag
  const clean = (text: string) => text.replace(/[\0-\x1f<>]/g, '').trim();
  const person = `${clean(tagger.name) || 'unknown'} <${clean(tagger.email)}>`;
  const header = `object ${target}\ntype commit\ntag ${name}\ntagger ${person} ${Math.floor(at / 1000)} +0000\n\n`;
  const text = message.endsWith('\n') ? message : `${message}\n`;
  const { stdout } = await runGit([`--git-dir=${repository.gitDir}`, 'mktag'], { input: [header, text] });
  const oid = stdout.toString('latin1').trim();
  if (!isObjectId(oid)) throw new GitError('mktag', 'gave no object id', 0);
  return oid;
}
