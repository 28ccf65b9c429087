/** Lets works on one thing run one after the other, in the order in which they came; works on different things do not wait. */
export class Turns<K> {
  readonly #last = new Map<K, Promise<unknown>>();

  /** Runs `work` when everything that was begun on `key` before has ended, well or not. */
  async take<T>(key: K, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      // Whoever came in between holds the place already.
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }

  /** How many things are being worked on. */
  get size(): number {
    return this.#last.size;
  }
}
