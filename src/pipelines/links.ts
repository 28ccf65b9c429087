import { projectUrl } from '../namespaces/links.ts';

/** Addresses of pages inside a project; `url` is the server's external URL without a slash at the end. */

interface Located {
  fullPath: string;
}

/** Page of a pipeline. */
export function pipelineUrl(url: string, project: Located, pipelineId: number): string {
  return `${projectUrl(url, project)}/-/pipelines/${pipelineId}`;
}

/** Page of a job. */
export function jobUrl(url: string, project: Located, jobId: number): string {
  return `${projectUrl(url, project)}/-/jobs/${jobId}`;
}
