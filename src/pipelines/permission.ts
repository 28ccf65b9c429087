import { can, type Facts } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { forbidden } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import { isProtected, mayPushTo } from '../namespaces/protected-ref.ts';
import { protectedRefsOf } from '../namespaces/protected-ref-store.ts';
import type { Job } from './job.ts';
import type { Pipeline } from './pipeline.ts';

/** The branch or tag of a job, of a pipeline, or of one that is to be made. */
type OnRef = Pick<Job | Pipeline, 'projectId' | 'ref' | 'tag'>;

/** Whether the branch or tag is protected now. */
export async function isOnProtectedRef({ db }: Pick<App, 'db'>, of: OnRef): Promise<boolean> {
  return isProtected(await protectedRefsOf(db, of.projectId, of.tag ? 'tag' : 'branch'), of.ref);
}

/** Whether the caller, who may run pipelines in the project, may do so on this branch or tag: who may push to it. */
export async function mayActOn({ db }: Pick<App, 'db'>, of: OnRef, facts: Facts): Promise<boolean> {
  return mayPushTo(await protectedRefsOf(db, of.projectId, of.tag ? 'tag' : 'branch'), of.ref, facts.level);
}

/** Throws 403 unless the caller may change pipelines and jobs on their branch or tag. */
export async function requireActOn(app: Pick<App, 'db'>, of: OnRef, facts: Facts): Promise<void> {
  if (!(await mayActOn(app, of, facts))) throw forbidden();
}

/** Throws 403 unless the caller may erase the job: maintainers any, others their own on unprotected refs. */
export async function requireErase(app: Pick<App, 'db'>, job: Job, actor: Actor, facts: Facts): Promise<void> {
  await requireActOn(app, job, facts);
  if (can(actor, 'project.eraseJobs', facts)) return;
  if (job.userId !== actor.user.id || (await isOnProtectedRef(app, job))) throw forbidden();
}
