/** A bucket as it was when something was taken from it last. */
interface Bucket {
  left: number;
  /** Ms since the epoch. */
  at: number;
}

/** Buckets that are remembered; beyond that the one used longest ago is forgotten, and is full when it comes back. */
const mostBuckets = 20_000;

/** Limits how often things happen, by key: a full bucket allows `perMinute` at once, and fills again within a minute. */
export class TokenBuckets {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, Bucket>();

  /** 0 limits nothing. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /**
   * Takes one from the bucket of `key` at `now` (ms). 0 when there was one; otherwise the seconds, at least 1, after which there is one
   * again.
   */
  take(key: string, now: number): number {
    if (this.#perMinute === 0) return 0;
    const known = this.#buckets.get(key);
    const perMs = this.#perMinute / 60_000;
    const left = known === undefined ? this.#perMinute : Math.min(this.#perMinute, known.left + Math.max(0, now - known.at) * perMs);
    // Put in anew, it is the one used last.
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: left < 1 ? left : left - 1, at: now });
    if (this.#buckets.size > mostBuckets) {
      const oldest = this.#buckets.keys().next().value;
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return left < 1 ? Math.max(1, Math.ceil((1 - left) / perMs / 1000)) : 0;
  }

  /** How many buckets are remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}
