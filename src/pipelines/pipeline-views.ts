import { findUser } from '../access/store.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import type { Project } from '../namespaces/project.ts';
import { keptCommit } from './commit-store.ts';
import { presentFullPipeline, type FullPipeline } from './pipeline-api.ts';
import { hasWarnings } from './pipeline-list-store.ts';
import type { Pipeline } from './pipeline.ts';

/** A pipeline in full form, with what belongs to it. `url` is the external URL without a slash at the end. */
export async function fullPipeline(app: Pick<App, 'db'>, pipeline: Pipeline, project: Project, url: string): Promise<FullPipeline> {
  const details = {
    user: pipeline.userId === null ? null : await findUser(app.db, pipeline.userId),
    commit: await keptCommit(app.db, pipeline.projectId, pipeline.sha),
    hasWarnings: pipeline.status === 'success' && (await hasWarnings(app.db, pipeline.id)),
  };
  return presentFullPipeline(pipeline, project, details, url);
}
