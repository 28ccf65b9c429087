import { readFileSync } from 'node:fs';
import type { Features, RunnerInfo } from '../runner-api/wire.ts';
import type { Shell } from './shell.ts';

const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

export const runnerVersion = own.version;
export const runnerRevision = `baton-${own.version}`;

/** Platform and architecture in the words that agents use. */
export const platform = process.platform === 'win32' ? 'windows' : process.platform;
export const architecture = { x64: 'amd64', ia32: '386' }[process.arch as string] ?? process.arch;

/** What this runner can do, and nothing else: the server gives jobs out by it (runner protocol 4.2). */
export const features: Features = {
  variables: true,
  artifacts: true,
  shared: true,
  upload_multiple_artifacts: true,
  upload_raw_artifacts: true,
  refspecs: true,
  masking: true,
  raw_variables: true,
  artifacts_exclude: true,
  multi_build_steps: true,
  trace_reset: true,
  trace_checksum: true,
  cancelable: true,
  trace_size: true,
  return_exit_code: true,
  // It keeps no caches and says so in the log; without this it would not even get the jobs that name several.
  fallback_cache_keys: true,
  cancel_gracefully: true,
};

/** What the runner says about itself; without a shell as `register` sends it. */
export function runnerInfo(shell?: Shell): RunnerInfo {
  return {
    name: 'baton-runner',
    version: runnerVersion,
    revision: runnerRevision,
    platform,
    architecture,
    ...(shell ? { executor: 'shell', shell: shell.name } : {}),
    features,
  };
}
