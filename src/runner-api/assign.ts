import '../access/app.ts';
import type { App } from '../http/route.ts';
import { transition } from '../pipelines/transition.ts';
import '../queue/claim-line.ts';
import { claimJob, type Claimant, type Claimed } from '../queue/claim.ts';
import type { Runner } from '../runners/runner.ts';
import { buildPayload } from './payload.ts';
import type { JobPayload } from './wire.ts';

/**
 * The next job for a runner as its agent decodes it, or why there is none. A job whose payload cannot be built, or whose agent
 * has hung up meanwhile, is failed with `scheduler_failure`, which has it tried anew, and the search goes on (runner protocol 4.4).
 */
export function assignJob(app: App, claimant: Claimant): Promise<JobPayload | 'none' | 'lost'> {
  return app.claimLine.pass(() => assignNext(app, claimant));
}

async function assignNext(app: App, claimant: Claimant): Promise<JobPayload | 'none' | 'lost'> {
  for (;;) {
    const claimed = await claimJob(app, claimant);
    if (claimed === 'none' || claimed === 'lost') return claimed;
    const payload = await payloadOrFailure(app, claimed, claimant.runner);
    if (payload !== null && claimant.isConnected()) return payload;
    await app.write((tx) => transition(app, tx, claimed.job.id, 'drop', { failureReason: 'scheduler_failure' }));
  }
}

async function payloadOrFailure(app: App, claimed: Claimed, runner: Runner): Promise<JobPayload | null> {
  try {
    return await buildPayload(app, claimed, runner);
  } catch (error) {
    app.log.error({ err: error, jobId: claimed.job.id }, 'job payload not built');
    return null;
  }
}
