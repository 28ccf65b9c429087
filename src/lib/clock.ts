/** The current time, as an argument: servers take `systemClock`, tests a `TestClock`. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still until it is moved. */
export class TestClock implements Clock {
  #now: number;
  constructor(now = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  /** Moves the clock on by `ms` milliseconds. */
  advance(ms: number): void {
    this.#now += ms;
  }
}
