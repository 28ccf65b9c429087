import '../access/app.ts';
import type { App } from '../http/route.ts';
import { readSettings } from '../namespaces/settings.ts';
import type { Job } from '../pipelines/job.ts';
import { transition } from '../pipelines/transition.ts';
import { jobForbidden } from './admit-job.ts';

const mebibyte = 1024 * 1024;

/** Fails a job whose log would reach `size` bytes when that is the limit, and throws the 403 that tells its agent (runner protocol 7.2). */
export async function mustBeBelowLogLimit(app: App, job: Job, size: number): Promise<void> {
  // Settings are read for long logs only: the limit cannot be below a mebibyte.
  if (size < mebibyte) return;
  const { maxLogSize } = await readSettings(app.db);
  if (size < maxLogSize * mebibyte) return;
  const dropped = await app.write((tx) => transition(app, tx, job.id, 'drop', { failureReason: 'trace_size_exceeded' }));
  throw jobForbidden(dropped ?? job);
}
