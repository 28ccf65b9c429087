import '../access/app.ts';
import type { App } from '../http/route.ts';
import { findRegistrationToken } from '../namespaces/registration-token-store.ts';
import type { Job } from '../pipelines/job.ts';

/** What must not be read in a job's log, whatever its script prints: its token and its project's registration token (runner protocol 7.2). */
export async function logSecrets(app: App, job: Job, jobToken: string): Promise<string[]> {
  const registrationToken = await findRegistrationToken(app.db, app.secrets, { scope: 'project', subjectId: job.projectId });
  return registrationToken === null ? [jobToken] : [jobToken, registrationToken];
}
