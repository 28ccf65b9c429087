/** Whether a machine is there, by the calls of its agent. Other thresholds than those of `online` and `status` (runners API R5). */
export const livenesses = ['online', 'late', 'lost', 'never_contacted'] as const;
export type Liveness = (typeof livenesses)[number];

/** After so many ms without a call a machine is lost, whatever its rhythm was. */
export const lostAfter = 120_000;
/** A machine that calls often is late after this many ms without a call: longer than any request for a job is held. */
const onlineFor = 60_000;
/** Calls that may be missing before a machine is late. */
const missingCalls = 3;

/** The calls of a machine. Times in ms since the epoch. */
export interface Calls {
  /** The last one, of any kind: a request for a job, or about a job that it runs; null: never. */
  contactedAt: number | null;
  /** Time between its calls, in ms; null where it is not known. */
  interval?: number | null;
}

/**
 * `online`: called within three of its intervals, and at least a minute; `lost`: no call for two minutes; `late`: between the two.
 * A held request needs no rule of its own, since it ends before the minute does, and a machine that runs jobs calls about them.
 */
export function livenessOf({ contactedAt, interval }: Calls, now: number): Liveness {
  if (contactedAt === null) return 'never_contacted';
  const silence = now - contactedAt;
  if (silence >= lostAfter) return 'lost';
  return silence <= Math.max(missingCalls * (interval ?? 0), onlineFor) ? 'online' : 'late';
}

/** Whether jobs can be expected to be taken: also a late machine may come back within its next call. */
export function isInContact(liveness: Liveness): boolean {
  return liveness === 'online' || liveness === 'late';
}
