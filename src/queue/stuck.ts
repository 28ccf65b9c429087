import '../access/app.ts';
import type { App } from '../http/route.ts';
import { tagsBySet } from '../pipelines/tag-set-store.ts';
import { onlineWindow } from '../runners/runner.ts';
import { cannotRun } from './can-run.ts';
import { instanceRunnerKinds, ownRunnerKinds, projectFacts, type WaitingJob } from './reaper-store.ts';

/**
 * Gives a function that says of pending jobs whether they are stuck at `now` (ms): no active runner that was online within GitLab's
 * window can take them. It remembers what it has looked up, so it serves one sweep over any number of jobs and no longer.
 */
export function createStuckCheck(app: App, now: number): (job: WaitingJob) => Promise<boolean> {
  const verdicts = new Map<string, boolean>();
  const tags = new Map<number, string[]>();
  const projects = new Map<number, Awaited<ReturnType<typeof lookUpProject>>>();
  const contactedAfter = now - onlineWindow;
  let instanceKinds: Awaited<ReturnType<typeof instanceRunnerKinds>> | null = null;

  async function lookUpProject(projectId: number) {
    const facts = await projectFacts(app.db, projectId);
    return facts === null ? null : { facts, kinds: await ownRunnerKinds(app.db, facts, contactedAfter) };
  }

  async function lookUp({ projectId, tagSetId, protected: isProtected }: WaitingJob): Promise<boolean> {
    instanceKinds ??= await instanceRunnerKinds(app.db, contactedAfter);
    const project = projects.get(projectId) ?? (await lookUpProject(projectId));
    projects.set(projectId, project);
    if (project === null) return true;
    if (!tags.has(tagSetId)) for (const [id, list] of await tagsBySet(app.db, [tagSetId])) tags.set(id, list);
    const job = { ...project.facts, tags: tags.get(tagSetId) ?? [], protected: isProtected };
    return ![...instanceKinds, ...project.kinds].some((runner) => cannotRun(runner, job) === null);
  }

  return async (job) => {
    const key = `${job.projectId} ${job.tagSetId} ${job.protected}`;
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    const stuck = await lookUp(job);
    verdicts.set(key, stuck);
    return stuck;
  };
}
