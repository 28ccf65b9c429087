import type { CompiledCache } from '../ci-config/plan.ts';
import { expandWith, type Variable } from '../pipelines/expansion.ts';
import type { JobCache } from './wire.ts';

/**
 * The caches of a job for its payload. Keys end with whether the ref is protected, so that what others push does not reach
 * protected refs (runner protocol 5.8, CI configuration 15). Agents expand keys and paths themselves, but not the policy.
 */
export function cachesOf(caches: readonly CompiledCache[], isProtected: boolean, variables: readonly Variable[]): JobCache[] {
  const byKey = new Map(variables.map((variable) => [variable.key, variable]));
  return caches.map((cache) => {
    const ending = cache.unprotect === true ? '' : isProtected ? '-protected' : '-non_protected';
    return {
      key: cache.key + ending,
      untracked: cache.untracked,
      paths: cache.paths,
      policy: expandWith(cache.policy, byKey) as JobCache['policy'],
      when: cache.when,
      fallback_keys: cache.fallbackKeys.map((key) => key + ending),
    };
  });
}
