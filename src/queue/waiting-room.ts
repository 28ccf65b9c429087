import { cannotRun, type JobFacts, type RunnerFacts } from './can-run.ts';

/**
 * Requests for a job that are held open, oldest first. Plain memory without SQL: who waits, who fits a job, and who has waited for
 * long enough. A request keeps only what is in `Seat`; its body is gone by then.
 */

/** Why a held request is let go: a job may be there for it, or it is told that there is nothing. */
export type Release = 'look' | 'nothing';

/** One held request. */
export interface Seat {
  runner: RunnerFacts & { id: number; updatedAt: number };
  /** When it is told that there is nothing (ms). */
  until: number;
  isConnected(): boolean;
  release(why: Release): void;
}

/** Held requests of one runner, and in all; who comes beyond that is answered at once. */
const mostOfRunner = 1000;
const mostInAll = 50_000;

export class WaitingRoom {
  readonly #seats = new Set<Seat>();
  readonly #ofRunner = new Map<number, number>();

  get size(): number {
    return this.#seats.size;
  }

  /** Takes a request in; false when the room, or the runner's share of it, is full. */
  enter(seat: Seat): boolean {
    const { id } = seat.runner;
    const held = this.#ofRunner.get(id) ?? 0;
    if (held >= mostOfRunner || this.#seats.size >= mostInAll) return false;
    this.#seats.add(seat);
    this.#ofRunner.set(id, held + 1);
    return true;
  }

  /** Lets the request go that has waited longest of those that may take `job`; false when nobody may. */
  wakeFor(job: JobFacts): boolean {
    for (const seat of this.#seats) {
      if (!seat.isConnected()) this.#leave(seat, 'nothing');
      else if (cannotRun(seat.runner, job) === null) {
        this.#leave(seat, 'look');
        return true;
      }
    }
    return false;
  }

  /** Lets those go that have waited until `now` (ms), or that nobody is there for any more. */
  expire(now: number): void {
    for (const seat of this.#seats) if (seat.until <= now || !seat.isConnected()) this.#leave(seat, 'nothing');
  }

  /** The runners that wait, with what was last known of them. */
  runners(): Map<number, number> {
    return new Map(Array.from(this.#seats, ({ runner }) => [runner.id, runner.updatedAt]));
  }

  /** Lets all requests of some runners look again, since something about these runners is new. */
  releaseRunners(ids: ReadonlySet<number>): void {
    for (const seat of this.#seats) if (ids.has(seat.runner.id)) this.#leave(seat, 'look');
  }

  /** Lets everybody go, in good order. */
  clear(): void {
    for (const seat of this.#seats) this.#leave(seat, 'nothing');
  }

  #leave(seat: Seat, why: Release): void {
    if (!this.#seats.delete(seat)) return;
    const left = (this.#ofRunner.get(seat.runner.id) ?? 1) - 1;
    if (left === 0) this.#ofRunner.delete(seat.runner.id);
    else this.#ofRunner.set(seat.runner.id, left);
    seat.release(why);
  }
}
