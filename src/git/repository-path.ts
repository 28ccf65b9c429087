/** Paths inside a repository: `src/main.c`, with slashes, relative to the root. */

const MAX_PATH_BYTES = 4096;

/**
 * What is wrong with a path that is to be written, or null. Refuses what would be dangerous in somebody's work tree:
 * absolute paths, `..`, anything that a file system may take for `.git`, control characters.
 */
export function pathProblem(path: string): string | null {
  if (path === '') return 'it is empty';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `it is longer than ${MAX_PATH_BYTES} bytes`;
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\0-\x1f\x7f]/.test(path)) return 'it holds control characters';
  if (path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)) return 'it must be relative to the root of the repository';
  if (path.includes('\\')) return 'it holds a backslash; folders are separated by "/"';
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  for (const part of path.split('/')) {
    if (part === '') return 'it has an empty part between two "/"';
    if (part === '.' || part === '..') return `it holds "${part}"`;
    if (Buffer.byteLength(part) > 255) return 'a part of it is longer than 255 bytes';
    if (isDotGit(part)) return `"${part}" is reserved for git`;
  }
  return null;
}

/** Names that end up as `.git` on file systems that ignore case, trailing dots, invisible characters, or have short names. */
function isDotGit(part: string): boolean {
  const visible = part.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '').toLowerCase();
  const name = visible.split(':')[0] ?? visible;
  return /^(?:\.git|git~\d+)[ .]*$/.test(name);
}

/**
 * A path as users send it for reading, without slashes at its ends; `''` is the root. Null when no path of a repository
 * can look so, which means that there is nothing to find.
 */
export function readablePath(path: string): string | null {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  if (trimmed === '') return '';
  const impossible = /[\0\n]/.test(trimmed) || trimmed.split('/').some((part) => part === '' || part === '.' || part === '..');
  return impossible ? null : trimmed;
}
