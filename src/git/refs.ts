import { GitError, runGit } from './git-process.ts';
import { parsePerson, readCommit } from './commits.ts';
import { isRefName, mustBeObjectId, ZERO_OID } from './ref-name.ts';
import type { Repository } from './repository.ts';
import { defaultBranch, setDefaultBranch } from './repository.ts';

export interface Ref {
  /** Full name: `refs/heads/main`. */
  name: string;
  /** What it points to: a commit, or the tag object of an annotated tag. */
  oid: string;
}

export interface ResolvedRef {
  kind: 'branch' | 'tag' | 'sha';
  /** Without `refs/heads/` or `refs/tags/`; of kind `sha` the full id. */
  name: string;
  /** `refs/heads/…`, `refs/tags/…`; of kind `sha` the full id. */
  fullName: string;
  /** The commit that it leads to, also through an annotated tag. */
  sha: string;
}

export interface Branch {
  name: string;
  sha: string;
}

export interface Tag {
  name: string;
  /** The commit; null for a tag that stands on something else. */
  sha: string | null;
  /** Of the tag object; null for a lightweight tag. */
  annotation: { oid: string; message: string; taggerName: string; taggerEmail: string; taggedAt: number } | null;
}

/** One movement of a ref. `ZERO_OID` before: it was created; after: it was deleted. */
export interface RefUpdate {
  ref: string;
  before: string;
  after: string;
}

/** All refs whose full names are one of `patterns` or lie under it (`refs/heads`); without patterns, all of them. */
export async function refs(repository: Repository, patterns: readonly string[] = []): Promise<Ref[]> {
  const rows = await eachRef(repository, ['refname', 'objectname'], patterns);
  return rows.map(([name = '', oid = '']) => ({ name, oid }));
}

/** The object that a ref points to, by its exact full name; null when there is no such ref. */
export async function refValue(repository: Repository, ref: string): Promise<string | null> {
  if (!isRefName(ref)) return null;
  return (await refs(repository, [ref])).find(({ name }) => name === ref)?.oid ?? null;
}

/**
 * What a user means by a name: a branch, else a tag, else a commit's id (at least seven digits). Also takes
 * `refs/heads/…`, `refs/tags/…` and `HEAD` (the default branch). Null when there is no such thing, or no commit behind it.
 *
 * Git's own search is not used: it would find the tag `refs/heads/main` (`refs/tags/refs/heads/main`) as a branch.
 */
export async function resolveRef(repository: Repository, name: string): Promise<ResolvedRef | null> {
  const wanted = name === 'HEAD' ? `refs/heads/${await defaultBranch(repository)}` : name;
  const names = /^refs\/(?:heads|tags)\//.test(wanted) ? [wanted] : [`refs/heads/${wanted}`, `refs/tags/${wanted}`];
  const found = names.every(isRefName) ? await refs(repository, names) : [];
  for (const fullName of names) {
    const ref = found.find((candidate) => candidate.name === fullName);
    if (ref === undefined) continue;
    const commit = await readCommit(repository, ref.oid);
    if (commit === null) continue;
    const kind = fullName.startsWith('refs/heads/') ? 'branch' : 'tag';
    return { kind, name: fullName.replace(/^refs\/(?:heads|tags)\//, ''), fullName, sha: commit.id };
  }
  if (!/^[0-9a-f]{7,64}$/.test(name)) return null;
  const commit = await readCommit(repository, name);
  return commit === null ? null : { kind: 'sha', name: commit.id, fullName: commit.id, sha: commit.id };
}

/** All branches by name. */
export async function branches(repository: Repository): Promise<Branch[]> {
  const rows = await eachRef(repository, ['refname:lstrip=2', 'objectname'], ['refs/heads']);
  return rows.map(([name = '', sha = '']) => ({ name, sha }));
}

/** All tags by name. */
export async function tags(repository: Repository): Promise<Tag[]> {
  const fields = ['refname:lstrip=2', 'objecttype', 'objectname', '*objecttype', '*objectname', 'tagger', 'contents'];
  const rows = await eachRef(repository, fields, ['refs/tags']);
  return Promise.all(
    rows.map(async ([name = '', type, oid = '', targetType, target = '', tagger, message = '']) => {
      if (type !== 'tag') return { name, sha: type === 'commit' ? oid : null, annotation: null };
      const person = parsePerson(`tagger ${tagger}`);
      return {
        name,
        // A tag of a tag is rare enough to be looked up by itself.
        sha: targetType === 'commit' ? target : ((await readCommit(repository, oid))?.id ?? null),
        annotation: { oid, message, taggerName: person.name, taggerEmail: person.email, taggedAt: person.at },
      };
    }),
  );
}

/** Whether the repository has no branch at all. */
export async function isEmpty(repository: Repository): Promise<boolean> {
  const { stdout } = await runGit([`--git-dir=${repository.gitDir}`, 'for-each-ref', '--count=1', 'refs/heads']);
  return stdout.length === 0;
}

/**
 * Moves a ref from `before` to `after`, atomically. `before` = `ZERO_OID`: it must not exist yet. Gives false when the ref
 * was not at `before` (somebody was faster). Throws a `GitError` when the ref cannot be as asked: an unknown object, a
 * branch on something that is no commit, or a name that needs another ref's name as its folder (`a` and `a/b`).
 */
export async function updateRef(repository: Repository, ref: string, after: string, before: string): Promise<boolean> {
  if (!isRefName(ref)) throw new GitError('update-ref', `"${ref}" is not the name of a ref`);
  mustBeObjectId(after);
  mustBeObjectId(before);
  try {
    await runGit([`--git-dir=${repository.gitDir}`, 'update-ref', '--no-deref', ref, after, before]);
    return true;
  } catch (error) {
    if (error instanceof GitError && ((await refValue(repository, ref)) ?? ZERO_OID) !== before) return false;
    throw error;
  }
}

/** Deletes a ref if it is at `before`. Gives false when it is not; a ref that does not exist is at `ZERO_OID`. */
export async function deleteRef(repository: Repository, ref: string, before: string): Promise<boolean> {
  const now = (await refValue(repository, ref)) ?? ZERO_OID;
  if (now !== before) return false;
  if (now === ZERO_OID) return true;
  return updateRef(repository, ref, ZERO_OID, before);
}

export const PIPELINE_REFS = 'refs/pipelines/';

/** The name of the ref that keeps a pipeline's commit alive and fetchable until the pipeline ends (runner protocol 10). */
export function pipelineRef(pipelineId: number): string {
  return `${PIPELINE_REFS}${pipelineId}`;
}

/** Makes the pipeline's ref. It must be there before a job's payload is answered. Throws a `GitError` for an unknown commit. */
export async function createPipelineRef(repository: Repository, pipelineId: number, sha: string): Promise<void> {
  mustBeObjectId(sha);
  await runGit([`--git-dir=${repository.gitDir}`, 'update-ref', '--no-deref', pipelineRef(pipelineId), sha]);
}

/** Removes the refs of pipelines that have ended; those that are gone already are no error. */
export async function deletePipelineRefs(repository: Repository, pipelineIds: readonly number[]): Promise<void> {
  if (pipelineIds.length === 0) return;
  const input = pipelineIds.map((id) => `delete ${pipelineRef(id)}\n`);
  await runGit([`--git-dir=${repository.gitDir}`, 'update-ref', '--no-deref', '--stdin'], { input });
}

/**
 * After the first branches have come: when the branch that HEAD names does not exist, HEAD is set to `main`, else to
 * `master`, else to the first branch. Gives the default branch as it is then. Call it after every push and commit that
 * created a branch.
 */
export async function settleDefaultBranch(repository: Repository): Promise<string> {
  const current = await defaultBranch(repository);
  const names = (await branches(repository)).map(({ name }) => name);
  const next = [current, 'main', 'master'].find((name) => names.includes(name)) ?? names[0] ?? current;
  if (next !== current) await setDefaultBranch(repository, next);
  return next;
}

/** Rows of `git for-each-ref`, one text per field. Patterns must be full names of refs or folders of them. */
async function eachRef(repository: Repository, fields: readonly string[], patterns: readonly string[]): Promise<string[][]> {
  // Every field ends with a NUL, the line feed after a record's last one stands before the next record's first.
  const format = fields.map((field) => `%(${field})%00`).join('');
  const { stdout } = await runGit([`--git-dir=${repository.gitDir}`, 'for-each-ref', `--format=${format}`, ...patterns]);
  const texts = stdout.toString('utf8').split('\0');
  const rows: string[][] = [];
  for (let at = 0; at + fields.length < texts.length; at += fields.length) {
    const row = texts.slice(at, at + fields.length);
    rows.push([row[0]?.replace(/^\n/, '') ?? '', ...row.slice(1)]);
  }
  return rows;
}
