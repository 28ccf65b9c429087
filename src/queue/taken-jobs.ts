declare module '../http/route.ts' {
  interface App {
    takenJobs: TakenJobs;
  }
}

/** A job that was taken is never pending again (another try has an id of its own), so that remembering it costs memory only. */
const mostRemembered = 10_000;

/**
 * Jobs that requests on this node are taking right now, or took lately. When many ask at once, all of them see the same candidates:
 * without this each would open a transaction for every job that another one is about to get, and wait for its pipeline's lock only
 * to hear that it is too late. What other nodes do stays for the claim itself to find out.
 */
export class TakenJobs {
  readonly #underWay = new Set<number>();
  readonly #taken = new Set<number>();

  /** Whether a request need not try this job. */
  has(jobId: number): boolean {
    return this.#underWay.has(jobId) || this.#taken.has(jobId);
  }

  /** Tries to take a job, which others leave alone meanwhile; `isTaken` says of the outcome whether it is out of the queue for good. */
  async during<T>(jobId: number, attempt: () => Promise<T>, isTaken: (outcome: T) => boolean): Promise<T> {
    this.#underWay.add(jobId);
    try {
      const outcome = await attempt();
      if (isTaken(outcome)) this.#remember(jobId);
      return outcome;
    } finally {
      this.#underWay.delete(jobId);
    }
  }

  #remember(jobId: number): void {
    this.#taken.add(jobId);
    if (this.#taken.size > mostRemembered) this.#taken.delete(this.#taken.values().next().value ?? 0);
  }
}
