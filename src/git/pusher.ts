import type { Facts } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { forbidden, invalid, type HttpError } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { Turns } from '../lib/turns.ts';
import type { Project } from '../namespaces/project.ts';
import { protectedRefsOf } from '../namespaces/protected-ref-store.ts';
import { refsMoved } from './after-push.ts';
import { CommitRefused, createCommit, type NewCommit } from './commit-actions.ts';
import { GitError } from './git-process.ts';
import { repositoryOf } from './project-repository.ts';
import { judgeUpdate, type PushRules } from './push-rules.ts';
import { refValue, updateRef, type RefUpdate } from './refs.ts';
import { isZeroOid, ZERO_OID } from './ref-name.ts';

/** Whoever changes a repository over the API or by a push, and how they stand to its project. */
export interface Pusher {
  actor: Actor;
  project: Project;
  facts: Facts;
}

/** The rules by which a push to the project is judged. */
export async function pushRulesOf(app: App, { project, facts }: Omit<Pusher, 'actor'>, via: PushRules['via']): Promise<PushRules> {
  const [branches, tags] = await Promise.all([protectedRefsOf(app.db, project.id, 'branch'), protectedRefsOf(app.db, project.id, 'tag')]);
  return { defaultBranch: project.defaultBranch, branches, tags, level: facts.level, via };
}

/**
 * Makes a commit as a push would: only where the caller may push, and with everything that follows from a push. The
 * committer is the caller, and so is the author unless another is given. Throws 403 for a protected branch and 400 with
 * the reason when the commit cannot be made.
 */
export async function pushCommit(app: App, pusher: Pusher, wanted: Omit<NewCommit, 'committer' | 'at'>): Promise<RefUpdate> {
  const repository = await repositoryOf(app, mustBeOpen(pusher.project));
  const ref = `refs/heads/${wanted.branch}`;
  await mustBeAllowed(app, pusher, { ref, before: (await refValue(repository, ref)) ?? ZERO_OID, after: unknownCommit });
  const { user } = pusher.actor;
  const commit = { ...wanted, committer: user, at: app.clock.now() };
  const update = await turns
    .take(`${repository.gitDir} ${ref}`, () => createCommit(repository, commit))
    .catch((error: unknown) => {
      throw error instanceof CommitRefused ? invalid(error.message) : error;
    });
  await follow(app, pusher, update);
  return update;
}

/** Commits to one branch are made one after the other: side by side, all but one would have to be made again. */
const turns = new Turns<string>();

/** Stands for the commit that is going to be made; anything but `ZERO_OID`. */
const unknownCommit = 'f'.repeat(40);

/**
 * Creates or deletes a branch or tag as a push would. False when the ref was not at `before` any more. Throws 403 for a
 * protected one and 400 for a name that cannot be.
 */
export async function pushRef(app: App, pusher: Pusher, update: RefUpdate): Promise<boolean> {
  const repository = await repositoryOf(app, mustBeOpen(pusher.project));
  await mustBeAllowed(app, pusher, update);
  const done = await updateRef(repository, update.ref, update.after, update.before).catch((error: unknown) => {
    // "'refs/heads/a' exists; cannot create 'refs/heads/a/b'"
    const collides = error instanceof GitError && isZeroOid(update.before) && error.stderr.includes('cannot create');
    throw collides ? invalid('The name collides with that of another branch or tag') : error;
  });
  if (done) await follow(app, pusher, update);
  return done;
}

/** Throws what the API answers when the movement is not allowed. */
export async function mustBeAllowed(app: App, pusher: Pusher, update: RefUpdate): Promise<void> {
  const refusal = judgeUpdate(update, await pushRulesOf(app, pusher, 'api'));
  if (refusal !== null) throw errorOf(refusal);
}

function errorOf({ kind, text }: { kind: 'protected' | 'impossible'; text: string }): HttpError {
  return kind === 'protected' ? forbidden(text) : invalid(text);
}

function mustBeOpen(project: Project): Project {
  if (project.archived) throw forbidden('The project is archived and takes no pushes.');
  return project;
}

/** The change is stored; if what follows fails, an error would only make the caller do it again. So it is logged. */
async function follow(app: App, { project, actor }: Pusher, update: RefUpdate): Promise<void> {
  try {
    await refsMoved(app, project, actor.user, { updates: [update], skipCi: false, variables: [] });
  } catch (error) {
    app.log.error({ err: error, projectId: project.id, ref: update.ref }, 'what follows from a push failed');
  }
}
