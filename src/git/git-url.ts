/** The addresses that git clients ask for under a repository's URL. */

export type GitService = 'git-upload-pack' | 'git-receive-pack';

export type GitUrl =
  /** `GET` with `advertise`, `POST` without. */
  | { kind: 'service'; projectPath: string; service: GitService; advertise: boolean }
  /** The same without `.git`: `location` is the address to redirect a `GET` to. */
  | { kind: 'redirect'; projectPath: string; location: string }
  /** A client that does not know smart HTTP, or a service that is not offered: 403 with `message`. */
  | { kind: 'refused'; projectPath: string; message: string };

const DUMB = 'Dumb HTTP is not supported. Please use a git client of version 1.6.6 or newer.';

/**
 * Recognises `/group/project.git/info/refs?service=git-upload-pack`, `/group/project.git/git-upload-pack` and their kin.
 * `url`: path and query as requested. Null when it is nothing of git's. The project's path has no `.git` and is decoded.
 */
export function parseGitUrl(url: string): GitUrl | null {
  const [path = '', query = ''] = url.split('?', 2);
  const found = /^\/(?<project>[^?]+?)(?<suffix>\.git)?\/(?<rest>info\/refs|git-(?:upload|receive)-pack|HEAD|objects\/.+)$/.exec(
    path,
  )?.groups;
  if (found === undefined) return null;
  const { project = '', suffix, rest = '' } = found;
  const projectPath = decode(project);
  if (projectPath === null || !projectPath.includes('/')) return null;

  if (rest === 'info/refs') {
    const service = new URLSearchParams(query).get('service');
    if (service !== null && !isService(service)) return { kind: 'refused', projectPath, message: 'This service is not offered.' };
    if (service === null) return suffix === undefined ? null : { kind: 'refused', projectPath, message: DUMB };
    if (suffix === undefined) return { kind: 'redirect', projectPath, location: `/${project}.git/info/refs?service=${service}` };
    return { kind: 'service', projectPath, service, advertise: true };
  }
  if (isService(rest)) return { kind: 'service', projectPath, service: rest, advertise: false };
  return suffix === undefined ? null : { kind: 'refused', projectPath, message: DUMB };
}

function isService(text: string): text is GitService {
  return text === 'git-upload-pack' || text === 'git-receive-pack';
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
