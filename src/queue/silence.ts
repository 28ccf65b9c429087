/** Passes of a sweep come this often or more (ms); a longer pause means that the server was not there, or could not see. */
const longestPause = 2 * 60_000;
/** Agents come back within the length of an outage, but within an hour: that is where their back-off ends (runner protocol 6.2). */
const longestGrace = 60 * 60_000;

/**
 * Since when silence of agents counts. An agent that could not reach the server is not silent: after a start, an outage of the
 * database or a machine that slept, nobody is ended before all agents have had time to come back. They try again with growing
 * pauses, so the longer the outage, the longer that takes. All times in ms since the epoch.
 */
export class Silence {
  #since: number;
  #lastPass: number;

  /** `lastHeard`: the newest contact that was written before this start; null: none ever. */
  constructor(now: number, lastHeard: number | null) {
    this.#since = now + graceAfter(lastHeard === null ? 0 : now - lastHeard);
    this.#lastPass = now;
  }

  /** Silence before this time says nothing; it may lie in the future. */
  get since(): number {
    return this.#since;
  }

  /** Call before each pass; after a pause for which the server was away it counts anew. */
  begin(now: number): void {
    const pause = now - this.#lastPass;
    if (pause > longestPause) this.#since = now + graceAfter(pause);
  }

  /** Call after each pass that could see everything. */
  end(now: number): void {
    this.#lastPass = now;
  }
}

function graceAfter(outage: number): number {
  return outage <= longestPause ? 0 : Math.min(outage, longestGrace);
}
