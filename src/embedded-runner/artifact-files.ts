import { spawn } from 'node:child_process';
import { lstat, readdir, realpath } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import type { JobArtifact } from '../runner-api/wire.ts';
import { compileGlob } from '../lib/glob.ts';
import type { Glob } from '../lib/glob.ts';

/** One thing to upload. */
export interface FoundFile {
  /** Relative to the project's folder, with `/`. */
  path: string;
  stats: Stats;
}

export interface FoundFiles {
  /** Files, links and folders, each once, sorted by path. */
  files: FoundFile[];
  /** What the log should say: patterns that found nothing or lead out of the folder. */
  warnings: string[];
}

/**
 * Finds what an artifact names (CI configuration 5.2): `paths` are globs, a folder stands for everything in it, `untracked`
 * adds what git does not know, and `exclude` takes files away again. Links are taken as links and never followed, and the
 * repository's own `.git` only when a path names it.
 */
export async function findArtifactFiles(folder: string, wanted: Pick<JobArtifact, 'paths' | 'exclude' | 'untracked'>): Promise<FoundFiles> {
  const search = new Search(folder, wanted.exclude ?? []);
  for (const pattern of wanted.paths) await search.pattern(pattern);
  if (wanted.untracked === true) await search.untracked();
  return search.result();
}

class Search {
  readonly #folder: string;
  readonly #exclude: Glob[];
  readonly #found = new Map<string, Stats>();
  readonly #warnings: string[] = [];

  constructor(folder: string, exclude: readonly string[]) {
    this.#folder = folder;
    this.#exclude = exclude.map((pattern) => compileGlob(this.#inside(pattern) ?? pattern, { deepEnd: true }));
  }

  async pattern(pattern: string): Promise<void> {
    const inside = this.#inside(pattern);
    if (inside === null) {
      this.#warnings.push(`${pattern}: is not inside of the project's folder, so it is left out`);
      return;
    }
    const before = this.#found.size;
    const isPlain = !/[*?[\\{]/.test(inside);
    const from = isPlain ? parentOf(inside) : fixedFolder(inside);
    if (await this.#isRealFolder(from)) {
      await (isPlain ? this.#add(inside) : this.#walk(from, compileGlob(inside, { deepEnd: true })));
    }
    if (this.#found.size === before) this.#warnings.push(`${pattern}: no matching files`);
  }

  async untracked(): Promise<void> {
    for await (const path of untrackedFiles(this.#folder)) await this.#add(path);
  }

  result(): FoundFiles {
    const files = Array.from(this.#found, ([path, stats]) => ({ path, stats }));
    files.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { files, warnings: this.#warnings };
  }

  /** A pattern relative to the folder, without `./` and a `/` at the end; null when it leads out of it. */
  #inside(pattern: string): string | null {
    const path = isAbsolute(pattern) ? relative(this.#folder, pattern) : normalize(pattern);
    const trimmed = path === '.' ? '' : path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
    return trimmed === '..' || trimmed.startsWith(`..${sep}`) ? null : trimmed;
  }

  /** Reads folders as far as the pattern can reach. */
  async #walk(folder: string, glob: Glob): Promise<void> {
    for (const entry of await readdir(join(this.#folder, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (path === '.git') continue;
      if (glob.matches(path)) await this.#add(path);
      else if (entry.isDirectory() && glob.mayMatchBelow(path)) await this.#walk(path, glob);
    }
  }

  /** Adds a file or link, or a folder with everything in it. */
  async #add(path: string): Promise<void> {
    const stats = await lstat(join(this.#folder, path)).catch(() => null);
    if (stats === null) return;
    const isKept = path !== '' && !this.#isExcluded(path);
    if (isKept && (stats.isFile() || stats.isSymbolicLink() || stats.isDirectory())) this.#found.set(path, stats);
    if (!stats.isDirectory()) return;
    for (const name of await readdir(join(this.#folder, path))) {
      if (path !== '' || name !== '.git') await this.#add(path === '' ? name : `${path}/${name}`);
    }
  }

  #isExcluded(path: string): boolean {
    return this.#exclude.some((glob) => glob.matches(path));
  }

  /** A folder that is reached without passing through a link. */
  async #isRealFolder(folder: string): Promise<boolean> {
    const [root, real] = await Promise.all([realpath(this.#folder), realpath(join(this.#folder, folder)).catch(() => null)]);
    return real !== null && real === join(root, folder) && (await lstat(real)).isDirectory();
  }
}

/** The folder in which a pattern begins to be one: `dist/js` of `dist/js/*.map`. */
function fixedFolder(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => /[*?[\\{]/.test(part));
  return parts.slice(0, first).join('/');
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

/** Paths of files that git does not know, ignored ones too. Throws when git cannot tell. */
async function* untrackedFiles(folder: string): AsyncGenerator<string> {
  const git = spawn('git', ['-c', 'core.fsmonitor=false', 'ls-files', '--others', '-z'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    git.once('error', reject);
    git.once('close', resolve);
  });
  let rest = '';
  for await (const chunk of git.stdout.setEncoding('utf8')) {
    const parts = (rest + String(chunk)).split('\0');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  const code = await ended;
  if (code !== 0) throw new Error(`git could not list the untracked files (exit code ${code})`);
}
