import type { User } from '../access/user.ts';
import type { MovedRefs } from '../git/app.ts';
import { isZeroOid } from '../git/ref-name.ts';
import type { App } from '../http/route.ts';
import type { Project } from '../namespaces/project.ts';
import { createPipeline, type Creation } from './create.ts';
import { pipelineUrl } from './links.ts';
import type { Pipeline } from './pipeline.ts';
import { cancelRedundant } from './redundant.ts';
import type { PipelineVariable } from './variable-store.ts';

/** A push with more branches and tags than this makes no pipelines at all, as in GitLab: it is a mirror or an import. */
const mostRefs = 4;

/**
 * Makes the pipelines of refs that were pushed or changed over the API, one for each branch or tag that came or moved; a
 * commit without a configuration makes none. Older pipelines that they make redundant are cancelled. Gives the lines that whoever pushed is shown. Throws what `createPipeline`
 * throws.
 */
export async function createFromPush(app: App, project: Project, user: User, push: MovedRefs): Promise<string[]> {
  const moved = push.updates.filter(({ ref, after }) => /^refs\/(?:heads|tags)\//.test(ref) && !isZeroOid(after));
  if (moved.length > mostRefs) return [`No pipelines: this push has moved more than ${mostRefs} branches and tags.`];
  const variables = push.variables.map(({ key, value }): PipelineVariable => ({ key, value, variableType: 'env_var', raw: false }));
  const lines: string[] = [];
  for (const { ref, before, after } of moved) {
    const found = await app.resolveRef(project.id, ref);
    // Deleted again since, or a tag on something that is no commit.
    if (found === null) continue;
    // A branch may have moved on; the pipeline is for what was pushed here. Of a tag the commit counts, not the tag object.
    const sha = found.kind === 'branch' ? after : found.sha;
    const request = { project, user, ref: { ...found, sha }, beforeSha: before, source: 'push', variables, skip: push.skipCi } as const;
    const creation = await createPipeline(app, request);
    lines.push(...linesOf(app, project, creation));
    if (creation.pipeline !== null && creation.pipeline.status !== 'skipped') await dropRedundant(app, creation.pipeline);
  }
  return lines;
}

/** The new pipeline is made; that older ones could not be cancelled must not look to whoever pushed as if it were not. */
async function dropRedundant(app: App, pipeline: Pipeline): Promise<void> {
  try {
    await cancelRedundant(app, pipeline);
  } catch (error) {
    app.log.error({ err: error, pipelineId: pipeline.id }, 'redundant pipelines not cancelled');
  }
}

function linesOf(app: App, project: Project, { pipeline, errors }: Creation): string[] {
  if (pipeline === null) return [];
  const page = pipelineUrl(app.url, project, pipeline.id);
  if (pipeline.status === 'skipped') return [`Pipeline #${pipeline.iid} was skipped: ${page}`];
  if (errors.length > 0)
    return [`Pipeline #${pipeline.iid} has failed, its configuration is broken: ${page}`, ...errors.map((error) => `  ${error}`)];
  return [`Pipeline #${pipeline.iid}: ${page}`];
}
