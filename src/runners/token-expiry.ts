import type { Db } from '../db/tx.ts';
import { findProject } from '../namespaces/project-store.ts';
import { readSettings } from '../namespaces/settings.ts';
import type { RunnerType } from './runner.ts';

/**
 * When a token that is given out at `now` (ms) expires: the shortest interval that applies counts; null where none does
 * (runners API B.10).
 */
export async function tokenExpiry(db: Db, type: RunnerType, projectId: number | null, now: number): Promise<number | null> {
  const settings = await readSettings(db);
  const intervals: (number | null)[] = [];
  if (type === 'instance_type') intervals.push(settings.runnerTokenExpirationInterval);
  if (type === 'group_type') intervals.push(settings.groupRunnerTokenExpirationInterval);
  if (type === 'project_type') {
    intervals.push(settings.projectRunnerTokenExpirationInterval);
    const project = projectId === null ? null : await findProject(db, projectId);
    intervals.push(project?.runnerTokenExpirationInterval ?? null);
  }
  const seconds = intervals.filter((interval) => interval !== null);
  return seconds.length === 0 ? null : now + Math.min(...seconds) * 1000;
}
