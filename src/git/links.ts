import { projectUrl } from '../namespaces/links.ts';

/** Addresses of pages about a repository; `url` is the server's external URL without a slash at the end. */

interface Located {
  fullPath: string;
}

/** Page of a commit. */
export function commitUrl(url: string, project: Located, sha: string): string {
  return `${projectUrl(url, project)}/-/commit/${sha}`;
}

/** Page of the files at a branch. */
export function treeUrl(url: string, project: Located, branch: string): string {
  return `${projectUrl(url, project)}/-/tree/${branch.split('/').map(encodeURIComponent).join('/')}`;
}
