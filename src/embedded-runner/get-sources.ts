import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JobPayload } from '../runner-api/wire.ts';
import type { JobFolders } from './build-folders.ts';
import { JobFailure } from './job-failure.ts';
import type { JobLog } from './job-log.ts';
import type { Shell } from './shell.ts';
import { emptyFolder, prepareFolder, remoteOf, sourceScript, strategyOf, writeCredentials } from './source-script.ts';

export interface Sources {
  payload: JobPayload;
  folders: JobFolders;
  log: JobLog;
  shell: Shell;
  variables: ReadonlyMap<string, string>;
  /** Runs a script and gives its exit code. */
  runScript(text: string): Promise<number>;
}

/**
 * Brings the job's commit into its folder (runner protocol 10). Objects of an earlier job are used again, but when that goes wrong the
 * folder is made anew: a job that was cut off may have left it broken. Throws a JobFailure with git's exit code.
 */
export async function getSources(sources: Sources): Promise<void> {
  const { payload, folders, log, variables } = sources;
  const strategy = strategyOf(payload, variables);
  if (strategy === 'empty') return emptyFolder(folders.project);
  if (strategy === 'none') return log.line('The sources are left out (GIT_STRATEGY).');
  const isUsed = existsSync(join(folders.project, '.git'));
  const asked = Number(variables.get('GET_SOURCES_ATTEMPTS') ?? '1');
  const attempts = Math.max(Number.isInteger(asked) ? Math.min(Math.max(asked, 1), 10) : 1, isUsed && strategy === 'fetch' ? 2 : 1);
  for (let attempt = 1; ; attempt += 1) {
    const code = await sources.runScript(await scriptFor(sources, attempt === 1 ? strategy : 'clone'));
    if (code === 0) return;
    if (attempt === attempts) throw new JobFailure('script_failure', `the sources cannot be fetched: exit code ${code}`, code);
    log.line(`WARNING: getting the sources failed (exit code ${code}), trying again in an empty folder`, 'warning');
  }
}

async function scriptFor({ payload, folders, shell, variables }: Sources, strategy: 'fetch' | 'clone'): Promise<string> {
  const { project, secrets } = folders;
  await prepareFolder(project, strategy);
  const remote = remoteOf(payload.git_info.repo_url);
  const credentials = join(secrets, 'git-credentials');
  await writeCredentials(credentials, remote);
  const hook = (name: string) => (payload.hooks ?? []).find((one) => one.name === name)?.script ?? [];
  return sourceScript({
    shell,
    git: payload.git_info,
    remote,
    credentials,
    variables,
    isShallow: existsSync(join(project, '.git', 'shallow')),
    before: hook('pre_get_sources_script'),
    after: hook('post_get_sources_script'),
  });
}
