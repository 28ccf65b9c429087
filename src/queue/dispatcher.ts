import '../access/app.ts';
import type { App } from '../http/route.ts';
import type { Runner } from '../runners/runner.ts';
import { changedRunners, pendingFacts, pendingSince, runnerFacts } from './dispatcher-store.ts';
import { Machines } from './machines.ts';
import { WaitingRoom, type Release } from './waiting-room.ts';

declare module '../http/route.ts' {
  interface App {
    dispatcher: Dispatcher;
  }
}

/** A held request is answered within this time (ms), as GitLab's front proxy does (runner protocol 4.3). */
export const longestHold = 50_000;
/** How often held requests are looked after (ms): runners that changed, and jobs that other nodes made pending. */
const lookEvery = 1000;
/** A job that another node queued counts as new for this long (ms), as clocks of nodes may differ. */
const newsLast = 5000;
/** A new job that the request which was woken for it did not take is offered to the next after this time (ms). */
const offerAgainAfter = 1000;
const mostNews = 1000;
/** Not more at each look: when the node is slow to serve those that it woke, waking more makes it slower. */
const mostOfferedAgain = 50;

/** A request that would wait. */
export interface Waiting {
  runner: Runner;
  /** What `holdsUntil` gave when it came. */
  until: number;
  isConnected(): boolean;
  /** Whether a job became pending since the last search: then there is no waiting. */
  isStale(): boolean;
}

/**
 * Lets requests wait for a job (runner protocol 4.3). A job that becomes pending on this node wakes one request that may take it, at
 * once; the claim decides as ever who gets it. What happens on other nodes is found by a look once a second.
 */
export interface Dispatcher {
  /** Notes that a machine asks; whether a request of it may be held. */
  mayHold(machine: string, runnerId: number): boolean;
  /** Resolves when it is worth looking for a job again (`look`), or when there is nothing to wait for any more. */
  wait(waiting: Waiting): Promise<Release>;
  /** Jobs became pending: each wakes one request. */
  jobsPending(jobIds: readonly number[]): void;
  /** Ends all waiting, and takes no more in. */
  close(): void;
  /** Until when a request that comes now is held at most: ms since the epoch, by the wall clock. */
  holdsUntil(): number;
  /** How many requests are held now. */
  held(): number;
}

/** `holdMs`: how long requests are held at most, 0 for never. `now`: the wall clock (ms), since a hold is real time whatever the server's clock says. */
export function createDispatcher(app: Pick<App, 'db' | 'log'>, holdMs: number, now: () => number): Dispatcher {
  const room = new WaitingRoom();
  const machines = new Machines();
  /** Jobs that were offered and perhaps not taken yet, with the time: one wake-up for each, not one for each look. */
  const offered = new Map<number, number>();
  let closed = false;
  let looking = false;

  async function offer(jobIds: readonly number[]): Promise<void> {
    for (const job of await pendingFacts(app.db, jobIds)) {
      // One that was offered before stays here until it is taken: whoever looks at it now may come back without it.
      if (room.wakeFor(job) || offered.has(job.jobId)) offered.set(job.jobId, now());
    }
  }

  /** Offers jobs once more that have not been taken since: their request was too late, or its node died. */
  async function offerAgain(): Promise<void> {
    const isOld = ([, at]: [number, number]) => now() - at > offerAgainAfter;
    const old = Array.from([...offered].filter(isOld).slice(0, mostOfferedAgain), ([jobId]) => jobId);
    await offer(old);
    for (const jobId of old) if (now() - (offered.get(jobId) ?? 0) > offerAgainAfter) offered.delete(jobId);
  }

  async function look(): Promise<void> {
    room.expire(now());
    if (room.size === 0) return;
    await offerAgain();
    room.releaseRunners(await changedRunners(app.db, room.runners()));
    const news = await pendingSince(app.db, now() - newsLast, mostNews);
    await offer(news.filter((jobId) => !offered.has(jobId)));
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch((error: unknown) => app.log.warn({ err: error }, 'held requests were not looked after'))
      .finally(() => (looking = false));
  }, lookEvery);
  timer.unref();

  return {
    holdsUntil: () => now() + holdMs,
    held: () => room.size,
    mayHold: (machine, runnerId) => !machines.asksForSeveral(machine, runnerId, now()) && holdMs > 0 && !closed,
    async wait({ runner, until, isConnected, isStale }) {
      const facts = await runnerFacts(app.db, runner);
      if (closed || now() >= until) return 'nothing';
      if (isStale()) return 'look';
      return new Promise((release) => {
        const seat = { runner: { ...facts, id: runner.id, updatedAt: runner.updatedAt }, until, isConnected, release };
        if (!room.enter(seat)) release('nothing');
      });
    },
    jobsPending(jobIds) {
      if (room.size === 0) return;
      offer(jobIds).catch((error: unknown) => app.log.warn({ err: error }, 'nobody was woken for new jobs'));
    },
    close() {
      closed = true;
      clearInterval(timer);
      room.clear();
    },
  };
}
