import '../queue/dispatcher.ts';
import '../queue/queue-value.ts';
import type { App } from '../http/route.ts';
import type { Claimant } from '../queue/claim.ts';
import { findRunner } from '../runners/store.ts';
import { assignJob } from './assign.ts';
import type { JobPayload } from './wire.ts';

/** A job, or why there is none, with the value of the queue before the last search for one. */
export interface Awaited {
  outcome: JobPayload | 'none' | 'lost';
  value: string;
}

/**
 * Searches for a job, and where there is none and the request may be held, waits until it is worth searching again, or for the
 * longest time of a hold (runner protocol 4.3). A runner that is paused is not searched for. The value is taken before the search: a
 * job that becomes pending meanwhile changes it, and the agent asks again.
 */
export async function awaitJob(app: App, claimant: Claimant, mayHold: boolean): Promise<Awaited> {
  const { runner, isConnected } = claimant;
  let value = app.queueValue.of(runner);
  if (!runner.active) return { outcome: 'none', value };
  const until = app.dispatcher.holdsUntil();
  let outcome = await assignJob(app, claimant);
  while (outcome === 'none' && mayHold) {
    const isStale = () => app.queueValue.of(runner) !== value;
    if ((await app.dispatcher.wait({ runner, until, isConnected, isStale })) === 'nothing') break;
    const current = await findRunner(app.db, runner.id);
    // Whatever changed about the runner, or its token: its next request is admitted anew.
    if (current === null || current.updatedAt !== runner.updatedAt) break;
    value = app.queueValue.of(runner);
    const found = await assignJob(app, claimant);
    // Whoever waits and is too late for a job waits on; it is no conflict for the agent.
    outcome = found === 'lost' ? 'none' : found;
  }
  return { outcome, value };
}
