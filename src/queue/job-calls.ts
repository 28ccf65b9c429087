declare module '../http/route.ts' {
  interface App {
    jobCalls: JobCalls;
  }
}

/** The last calls of an agent about its job, ms since the epoch; null for none that is known. */
export interface LastCalls {
  calledAt: number | null;
  loggedAt: number | null;
}

/** Jobs that are remembered; beyond that the one that was heard of longest ago is forgotten. */
const most = 100_000;

/**
 * When this process heard of running jobs last, to the millisecond: what is written of it is up to a quarter of an hour old. For
 * people who ask why a job was ended, never for the decision, which must not change with a restart.
 */
export class JobCalls {
  readonly #calls = new Map<number, LastCalls>();

  /** An agent has called about its job; `logged`: with new bytes of its log. */
  note(jobId: number, now: number, logged: boolean): void {
    const loggedAt = logged ? now : (this.#calls.get(jobId)?.loggedAt ?? null);
    this.#calls.delete(jobId);
    this.#calls.set(jobId, { calledAt: now, loggedAt });
    if (this.#calls.size <= most) return;
    const oldest = this.#calls.keys().next().value;
    if (oldest !== undefined) this.#calls.delete(oldest);
  }

  of(jobId: number): LastCalls {
    return this.#calls.get(jobId) ?? { calledAt: null, loggedAt: null };
  }

  /** The job has ended. */
  forget(jobId: number): void {
    this.#calls.delete(jobId);
  }
}
