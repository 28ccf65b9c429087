import '../access/app.ts';
import type { App } from '../http/route.ts';
import { managersById, runnersById } from '../pipelines/job-runner-store.ts';
import type { Job } from '../pipelines/job.ts';
import { touchJob } from '../pipelines/trace-record.ts';
import { noteContact } from '../runners/contact.ts';

declare module '../http/route.ts' {
  interface App {
    /** When calls about jobs last counted as a contact of a manager (ms), by its id; the latest last. */
    jobContacts: Map<number, number>;
  }
}

/** A sign of life of a job is written at most this often, well below every threshold of a reaper (runner protocol 15.2). */
const touchEvery = 15 * 60_000;
/** A machine that is busy with jobs does not ask for more, but calls about each of them every few seconds. */
const contactEvery = 60_000;
const mostKnown = 200_000;

/** Notes that an agent has called about its job: a sign of life of the job, its runner and the machine (runner protocol 13). */
export async function noteJobContact(app: App, job: Job, ip: string): Promise<void> {
  const now = app.clock.now();
  if (now - job.updatedAt > touchEvery) await app.write((tx) => touchJob(tx, job.id, now));
  const { runnerId, managerId } = job;
  if (runnerId === null || managerId === null || now - (app.jobContacts.get(managerId) ?? 0) < contactEvery) return;
  app.jobContacts.delete(managerId);
  app.jobContacts.set(managerId, now);
  const oldest = app.jobContacts.keys().next().value;
  if (app.jobContacts.size > mostKnown && oldest !== undefined) app.jobContacts.delete(oldest);
  const [runner] = await runnersById(app.db, [runnerId]);
  const [manager] = await managersById(app.db, [managerId]);
  // A runner may be gone while its last jobs come to their end.
  if (runner !== undefined && manager !== undefined) await noteContact(app, runner, { systemId: manager.systemId, info: {}, ip });
}
