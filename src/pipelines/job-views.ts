import { usersById } from '../access/store.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import { namespacesById } from '../namespaces/namespace-store.ts';
import { projectsById } from '../namespaces/project-store.ts';
import { commitKey, keptCommits } from './commit-store.ts';
import { presentJob, type JobReply, type JobView } from './job-api.ts';
import { runnersOfJobs } from './job-runner.ts';
import type { Job } from './job.ts';
import { pipelinesById } from './pipeline-store.ts';
import { tagsBySet } from './tag-set-store.ts';

/** What a list of jobs is shown with: one statement for each kind of thing, however many jobs there are. */
export async function jobViews(app: App, jobs: readonly Job[]): Promise<JobView[]> {
  if (jobs.length === 0) return [];
  const { db } = app;
  const [pipelines, projects, users, tags, artifacts, runners] = await Promise.all([
    pipelinesById(
      db,
      jobs.map((job) => job.pipelineId),
    ),
    projectsById(
      db,
      jobs.map((job) => job.projectId),
    ),
    usersById(
      db,
      jobs.flatMap((job) => job.userId ?? []),
    ),
    tagsBySet(
      db,
      jobs.map((job) => job.tagSetId),
    ),
    app.artifactsOf(jobs.map((job) => job.id)),
    runnersOfJobs(app, jobs),
  ]);
  const commits = await keptCommits(db, [...pipelines.values()]);
  const namespaces = await namespacesById(
    db,
    [...projects.values()].map((project) => project.namespaceId),
  );
  return jobs.flatMap((job) => {
    const pipeline = pipelines.get(job.pipelineId);
    const project = projects.get(job.projectId);
    const namespace = project === undefined ? undefined : namespaces.get(project.namespaceId);
    // Gone since the jobs were read.
    if (pipeline === undefined || project === undefined || namespace === undefined) return [];
    return {
      job,
      pipeline,
      project,
      namespace,
      user: job.userId === null ? null : (users.get(job.userId) ?? null),
      commit: commits.get(commitKey(pipeline)) ?? null,
      tags: tags.get(job.tagSetId) ?? [],
      artifacts: artifacts.get(job.id) ?? [],
      runner: runners.get(job.id) ?? null,
    };
  });
}

/** The same for one job. Throws when its project or pipeline went in the meantime. */
export async function jobView(app: App, job: Job): Promise<JobView> {
  const [view] = await jobViews(app, [job]);
  if (view === undefined) throw new Error(`job ${job.id} was deleted while it was read`);
  return view;
}

/** A job as its own page shows it. `url` is the external URL without a slash at the end. */
export async function jobReply(app: App, job: Job, url: string): Promise<JobReply> {
  return presentJob(await jobView(app, job), { url, now: app.clock.now() });
}

/** Jobs as lists of projects and pipelines show them. */
export async function jobReplies(app: App, jobs: readonly Job[], url: string): Promise<JobReply[]> {
  const now = app.clock.now();
  return (await jobViews(app, jobs)).map((view) => presentJob(view, { url, now }));
}
