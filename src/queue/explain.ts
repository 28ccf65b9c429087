import type { App } from '../http/route.ts';
import { isoTime, isoTimeOrNull } from '../lib/iso-time.ts';
import type { Project } from '../namespaces/project.ts';
import type { Job } from '../pipelines/job.ts';
import { jobUrl } from '../pipelines/links.ts';
import { tagsBySet } from '../pipelines/tag-set-store.ts';
import { presentExplanation, type Explanation } from './explain-api.ts';
import { explainPending, type Asker } from './explain-pending.ts';
import { explainState } from './explain-state.ts';

/** Why a job waits and what would let it run, or what became of it, for somebody who may read it. */
export async function explainJob(app: App, job: Job, project: Project, asker: Asker, url: string): Promise<Explanation> {
  const tags = (await tagsBySet(app.db, [job.tagSetId])).get(job.tagSetId) ?? [];
  const finding = job.status === 'pending' ? await explainPending(app, job, project, tags, asker) : await explainState(app, job);
  return presentExplanation(
    {
      id: job.id,
      name: job.name,
      stage: job.stage,
      status: job.status,
      ref: job.ref,
      tag_list: tags,
      pipeline_id: job.pipelineId,
      project: { id: project.id, path_with_namespace: project.fullPath },
      created_at: isoTime(job.createdAt),
      queued_at: isoTimeOrNull(job.queuedAt),
      web_url: jobUrl(url, project, job.id),
    },
    finding,
  );
}
