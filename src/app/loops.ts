import { expireArtifacts } from '../artifacts/expire.ts';
import type { Database } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import { createLoops, type Loop, type Loops } from '../ops/loops.ts';
import { dropUnconfirmed } from '../pipelines/confirmation.ts';
import { enqueueDueJobs } from '../pipelines/delayed.ts';
import { assignFreeResources } from '../pipelines/resources.ts';
import { reapPending, reapRunning, reapSchedules } from '../queue/reapers.ts';
import { newestContact } from '../queue/reaper-store.ts';
import { Silence } from '../queue/silence.ts';

const second = 1000;
const minute = 60 * second;
/** Things that one call of a sweep takes on. */
const batch = 500;
/** As long as an agent has for the confirmation of a job (runner protocol 12). */
const confirmationGrace = 2 * minute;

/** All background work of a server, not yet started. Call it before agents are heard, since it reads when they were heard last. */
export async function backgroundLoops(app: App, database: Database): Promise<Loops> {
  const silence = new Silence(app.clock.now(), await newestContact(app.db));
  const loops: Loop[] = [
    {
      name: 'reap running jobs',
      everyMs: 30 * second,
      async run(signal) {
        silence.begin(app.clock.now());
        await reapRunning(app, silence.since, signal);
        silence.end(app.clock.now());
      },
    },
    {
      name: 'reap pending jobs',
      everyMs: minute,
      run: async (signal) => void (await reapPending(app, signal)),
    },
    {
      name: 'delayed jobs',
      everyMs: 2 * second,
      async run(signal) {
        // First, so that what nobody wants any more does not start after all.
        await reapSchedules(app, signal);
        await untilDone(signal, () => enqueueDueJobs(app, app.clock.now(), batch));
      },
    },
    {
      name: 'unconfirmed jobs',
      everyMs: 10 * second,
      async run(signal) {
        const now = app.clock.now();
        // Agents whose word found no server say it again with their next call.
        if (now >= silence.since + confirmationGrace) await untilDone(signal, () => dropUnconfirmed(app, now, batch));
      },
    },
    {
      name: 'free resources',
      everyMs: 30 * second,
      run: async () => void (await assignFreeResources(app)),
    },
    {
      name: 'expired artifacts',
      everyMs: minute,
      run: (signal) => untilDone(signal, () => expireArtifacts(app, app.clock.now(), batch)),
    },
  ];
  return createLoops({ loops, database, clock: app.clock, log: app.log });
}

/** Goes on with full batches until one is not full. */
async function untilDone(signal: AbortSignal, takeOn: () => Promise<number>): Promise<void> {
  while (!signal.aborted && (await takeOn()) === batch);
}
