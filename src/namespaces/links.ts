/** Addresses of groups, projects and repositories; `url` is the server's external URL without a slash at the end. */

interface Located {
  fullPath: string;
}

/** Page of a group. */
export function groupUrl(url: string, group: Located): string {
  return `${url}/groups/${group.fullPath}`;
}

/** Page of a project. */
export function projectUrl(url: string, project: Located): string {
  return `${url}/${project.fullPath}`;
}

/** Where git clones a project over HTTP. */
export function cloneUrl(url: string, project: Located): string {
  return `${projectUrl(url, project)}.git`;
}

/** The same address in the form that git takes for SSH, which needs an SSH server in front of this one. */
export function sshCloneUrl(url: string, project: Located): string {
  return `git@${new URL(url).hostname}:${project.fullPath}.git`;
}
