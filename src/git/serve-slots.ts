/**
 * A limit on how many things run at once; the others wait in line. When a thousand agents clone in the same second, the
 * machine packs for some of them after the others instead of drowning in processes.
 */
export class ServeSlots {
  #free: number;
  readonly #line: (() => void)[] = [];

  /** `limit`: how many run at once. */
  constructor(limit: number) {
    this.#free = limit;
  }

  /**
   * Waits for a slot and gives the function that hands it back (calling it twice does no harm). Null when `signal` is
   * aborted first: whoever waited has gone.
   */
  async take(signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return null;
    if (this.#free > 0) this.#free -= 1;
    else if (!(await this.#wait(signal))) return null;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#line.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }

  #wait(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#line.splice(this.#line.indexOf(served), 1);
        resolve(false);
      };
      const served = () => {
        signal.removeEventListener('abort', onAbort);
        resolve(true);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#line.push(served);
    });
  }
}
