import type { User } from '../access/user.ts';
import type { MovedRefs } from '../git/app.ts';
import { isZeroOid } from '../git/ref-name.ts';
import type { App } from '../http/route.ts';
import '../access/app.ts';
import './app.ts';
import type { Project } from '../namespaces/project.ts';
import { createPipeline } from './create.ts';
import { pipelineUrl } from './links.ts';

/** A push of more branches and tags makes pipelines for the first ones only, as in GitLab: a mirror must not start thousands. */
const mostPipelines = 4;

/** Makes a pipeline for each branch and tag that a push has moved, and gives the lines that whoever pushed is shown. */
export async function createFromPush(app: App, project: Project, user: User, push: MovedRefs): Promise<string[]> {
  const moved = push.updates.filter(({ ref, after }) => !isZeroOid(after) && /^refs\/(heads|tags)\//.test(ref));
  const lines: string[] = [];
  for (const { ref, before } of moved.slice(0, mostPipelines)) {
    // A tag with a message points to an object of its own: the commit behind it counts.
    const resolved = await app.resolveRef(project.id, ref);
    if (resolved === null) continue;
    const { pipeline, errors } = await createPipeline(app, {
      project,
      ref: resolved,
      beforeSha: before,
      source: 'push',
      user,
      variables: push.variables.map(({ key, value }) => ({ key, value, variableType: 'env_var', raw: false })),
      skip: push.skipCi,
    });
    if (pipeline === null) continue;
    lines.push(`Pipeline #${pipeline.id} for ${resolved.name}: ${pipelineUrl(app.url, project, pipeline.id)}`);
    lines.push(...errors.map((error) => `  ${error}`));
  }
  return lines;
}
