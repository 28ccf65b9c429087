/** Addresses of pages; `url` is the server's external URL without a slash at the end. */

interface Located {
  fullPath: string;
}

export function projectUrl(url: string, project: Located): string {
  return `${url}/${project.fullPath}`;
}

export function pipelineUrl(url: string, project: Located, pipelineId: number): string {
  return `${projectUrl(url, project)}/-/pipelines/${pipelineId}`;
}

export function jobUrl(url: string, project: Located, jobId: number): string {
  return `${projectUrl(url, project)}/-/jobs/${jobId}`;
}

export function commitUrl(url: string, project: Located, sha: string): string {
  return `${projectUrl(url, project)}/-/commit/${sha}`;
}
