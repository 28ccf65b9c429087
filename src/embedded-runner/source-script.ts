import { lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitInfo, JobPayload } from '../runner-api/wire.ts';
import { JobFailure } from './job-failure.ts';
import { quote } from './shell.ts';
import type { Shell } from './shell.ts';
import { prologue, scriptOf, shown } from './step-script.ts';

/** How the job's folder gets its files (variable GIT_STRATEGY). */
export type Strategy = 'fetch' | 'clone' | 'none' | 'empty';

/** GIT_STRATEGY, else what the project's setting says (runner protocol 5.1). Throws a JobFailure for another word. */
export function strategyOf(payload: JobPayload, variables: ReadonlyMap<string, string>): Strategy {
  const said = variables.get('GIT_STRATEGY') ?? '';
  if (said === '') return payload.allow_git_fetch ? 'fetch' : 'clone';
  if (said === 'fetch' || said === 'clone' || said === 'none' || said === 'empty') return said;
  throw new JobFailure('runner_configuration_error', `GIT_STRATEGY is ${said}: make it fetch, clone, none or empty`);
}

/** What a repository keeps for the next job, and what each of it must be. */
const keptFolders = ['objects', 'refs'];
const keptFiles = ['HEAD', 'index', 'packed-refs', 'shallow'];

/**
 * Makes the folder ready for the sources. For `fetch` the objects and refs of an earlier job stay, and nothing else of its repository: a job
 * that was killed may have left locks, and no job may run code in the next one's checkout, be it by settings, by hooks or by a
 * `commondir` that names a repository elsewhere.
 */
export async function prepareFolder(folder: string, strategy: Strategy): Promise<void> {
  if (strategy === 'none') return;
  const git = join(folder, '.git');
  const folders = await Promise.all([git, ...keptFolders.map((name) => join(git, name))].map(isFolder));
  // Submodules keep settings and hooks of their own: those of an earlier job are not worth keeping.
  if (strategy !== 'fetch' || folders.includes(false) || (await isFolder(join(git, 'modules')))) return emptyFolder(folder);
  for (const entry of await readdir(git, { withFileTypes: true })) {
    const isKept = entry.isDirectory() ? keptFolders.includes(entry.name) : entry.isFile() && keptFiles.includes(entry.name);
    if (!isKept) await rm(join(git, entry.name), { recursive: true, force: true });
  }
  await tidyRefs(join(git, 'refs'));
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() === true;
}

/** Removes everything in the folder, but not the folder. */
export async function emptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Leaves folders and refs, but neither locks nor links: those could lead git, and this function, to anywhere and in circles. */
async function tidyRefs(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await tidyRefs(path);
    else if (!entry.isFile() || entry.name.endsWith('.lock')) await rm(path, { force: true });
  }
}

/** A repository's URL taken apart, so that the password never gets into a command line, a setting or a message. */
export interface Remote {
  /** Without user and password. */
  url: string;
  /** Secrets of the URL, as written and as meant. */
  secrets: string[];
  /** A git configuration that adds user and password to every URL of that host. */
  credentials: string;
}

/** Throws a JobFailure when the text is no URL that git could fetch from over HTTP. */
export function remoteOf(repoUrl: string): Remote {
  const url = URL.canParse(repoUrl) ? new URL(repoUrl) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new JobFailure('runner_system_failure', 'the server sent a repository address that is no http or https URL');
  }
  const written = url.password;
  const withUser = new URL('/', url).href;
  url.username = '';
  url.password = '';
  const withoutUser = new URL('/', url).href;
  // A helper of the user's own settings would keep the job token where other jobs find it, long after this one.
  const noHelper = `[credential ${configText(withoutUser)}]\n\thelper =\n`;
  const credentials = written === '' ? '' : `[url ${configText(withUser)}]\n\tinsteadOf = ${configText(withoutUser)}\n${noHelper}`;
  return { url: url.href, secrets: [written, plainOf(written)], credentials };
}

function plainOf(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

/** Writes the remote's credentials to `file`, for this user only. */
export async function writeCredentials(file: string, remote: Remote): Promise<void> {
  await writeFile(file, remote.credentials, { mode: 0o600 });
}

export interface SourceScript {
  shell: Shell;
  git: GitInfo;
  remote: Remote;
  /** File that `writeCredentials` wrote. */
  credentials: string;
  variables: ReadonlyMap<string, string>;
  /** The folder holds a repository with a part of the history. */
  isShallow: boolean;
  before: readonly string[];
  after: readonly string[];
}

/** The script that brings the commit into the working folder (runner protocol 10). Throws a JobFailure for a payload that git cannot take. */
export function sourceScript(source: SourceScript): string {
  const { git, variables, remote } = source;
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(git.sha)) {
    throw new JobFailure('runner_system_failure', 'the server sent a commit that is no full object id');
  }
  const depth = git.depth > 0 ? ['--depth', String(git.depth)] : source.isShallow ? ['--unshallow'] : [];
  const fetch = ['fetch', 'origin', ...depth, ...words(variables.get('GIT_FETCH_EXTRA_FLAGS') ?? '--prune --quiet'), '--', ...git.refspecs];
  const format = git.repo_object_format === 'sha256' ? ['--object-format=sha256'] : [];
  return scriptOf([
    ...prologue(source.shell),
    ...source.before.flatMap(shown),
    'export GIT_TERMINAL_PROMPT=0',
    command('-c', 'init.defaultBranch=main', 'init', '--quiet', '--template=', ...format),
    command('config', 'include.path', source.credentials),
    command('config', 'gc.autoDetach', 'false'),
    command('remote', 'add', 'origin', remote.url),
    command(...fetch),
    ...checkout(git.sha, variables),
    ...submodules(variables),
    ...source.after.flatMap(shown),
  ]);
}

function checkout(sha: string, variables: ReadonlyMap<string, string>): string[] {
  if (variables.get('GIT_CHECKOUT') === 'false') return ["printf 'The checkout is left out.\\n'"];
  const flags = variables.get('GIT_CLEAN_FLAGS') ?? '-ffdx';
  const clean = flags === 'none' ? [] : [command('clean', '--quiet', ...words(flags))];
  return [`printf 'Checking out %s\\n' ${sha.slice(0, 8)}`, command('checkout', '--force', '--quiet', sha), ...clean];
}

/** Submodules on the same host get the same credentials, through the settings that the job's folder includes. */
function submodules(variables: ReadonlyMap<string, string>): string[] {
  const strategy = variables.get('GIT_SUBMODULE_STRATEGY') ?? 'none';
  if (strategy === 'none' || strategy === '') return [];
  if (strategy !== 'normal' && strategy !== 'recursive') {
    throw new JobFailure('runner_configuration_error', `GIT_SUBMODULE_STRATEGY is ${strategy}: make it none, normal or recursive`);
  }
  const depth = Number(variables.get('GIT_SUBMODULE_DEPTH') ?? variables.get('GIT_DEPTH') ?? 0);
  const more = [...(strategy === 'recursive' ? ['--recursive'] : []), ...(depth > 0 ? ['--depth', String(depth)] : [])];
  const credentials = '"include.path=$(git config include.path)"';
  return [
    command('submodule', 'sync', ...(strategy === 'recursive' ? ['--recursive'] : [])),
    `git -c ${credentials} ${['submodule', 'update', '--init', '--force', ...more].join(' ')}`,
  ];
}

function command(...args: string[]): string {
  return ['git', ...args.map(quote)].join(' ');
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** A text in git's configuration syntax. */
function configText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
