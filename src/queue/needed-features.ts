import type { CompiledJob } from '../ci-config/plan.ts';

type Needing = Pick<CompiledJob, 'artifacts' | 'reports' | 'caches' | 'retry' | 'allowFailureExitCodes'>;

/** Feature flag → whether a job cannot run without it (runner protocol 4.2). Agents announce what they know with every request. */
const needs: readonly [flag: string, isNeeded: (job: Needing) => boolean][] = [
  ['upload_multiple_artifacts', ({ reports }) => reports.length > 0],
  ['artifacts_exclude', ({ artifacts }) => artifacts !== null && artifacts.exclude.length > 0],
  [
    'return_exit_code',
    ({ allowFailureExitCodes, retry }) => allowFailureExitCodes !== null || (retry !== null && retry.exitCodes.length > 0),
  ],
  ['fallback_cache_keys', ({ caches }) => caches.some((cache) => cache.fallbackKeys.length > 0)],
];

/**
 * The first flag that a job needs and its agent lacks; null when it can run there. The flags `refspecs` (for the ref of a merge
 * request) and `multi_build_steps` (for `release`) are needed by no job of this server: it has neither.
 */
export function unsupportedFeature(compiled: Needing, features: ReadonlySet<string>): string | null {
  const lacking = needs.find(([flag, isNeeded]) => !features.has(flag) && isNeeded(compiled));
  return lacking?.[0] ?? null;
}

/** All flags that a job needs. */
export function neededFeatures(compiled: Needing): string[] {
  return needs.filter(([, isNeeded]) => isNeeded(compiled)).map(([flag]) => flag);
}
