import { expireArtifacts } from '../artifacts/expire.ts';
import type { Database } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import { createLoops, type Loop, type Loops } from '../ops/loops.ts';
import { reapPending, reapRunning, reapSchedules } from '../queue/reapers.ts';
import { newestContact } from '../queue/reaper-store.ts';
import { Silence } from '../queue/silence.ts';

const second = 1000;
const minute = 60 * second;
/** Things that one call of a sweep takes on. */
const batch = 500;

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
      everyMs: 5 * second,
      run: async (signal) => void (await reapSchedules(app, signal)),
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
