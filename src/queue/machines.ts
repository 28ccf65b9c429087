/** A machine counts as one with several runners for this long after it asked for a second one (ms). */
const severalFor = 10 * 60_000;
const mostMachines = 100_000;

/**
 * Which machines ask for several runners. Their agent may hold one of its few places for each open request, so a held request of one
 * runner would keep the others from asking (runner protocol 4.3): such machines are always answered at once.
 */
export class Machines {
  readonly #known = new Map<string, { runnerId: number; severalUntil: number }>();

  /** Notes a request at `now` (ms); true when the machine has asked for another runner lately. */
  asksForSeveral(machine: string, runnerId: number, now: number): boolean {
    const known = this.#known.get(machine);
    const isOther = known !== undefined && known.runnerId !== runnerId;
    const severalUntil = isOther ? now + severalFor : (known?.severalUntil ?? 0);
    this.#known.delete(machine);
    this.#known.set(machine, { runnerId, severalUntil });
    if (this.#known.size > mostMachines) this.#known.delete(this.#known.keys().next().value ?? '');
    return severalUntil > now;
  }
}
