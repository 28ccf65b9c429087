import type { Db } from '../../src/db/tx.ts';
import { fleetLog, fleetState } from './fleet-jobs.ts';
import type { Fleet } from './fleet.ts';
import type { FleetWork } from './fleet-work.ts';

/** The end of a server process. Times are milliseconds since the epoch. */
export interface ServerEnd {
  signal: 'SIGTERM' | 'SIGKILL';
  at: number;
}

/** A job that a server gave out while it was killed: nobody got the answer. */
export interface Orphan {
  id: number;
  status: string;
  failureReason: string | null;
  runnerId: number | null;
}

/** What a fleet's work came to. All lists but `orphans` are of broken promises, in words. */
export interface FleetOutcome {
  jobs: number;
  ended: number;
  orphans: Orphan[];
  /** Jobs that two agents got, or one agent twice. */
  givenTwice: string[];
  /** Jobs whose final update was accepted and that are not so in the database. */
  lostEnds: string[];
  /** Jobs that are not over, or not as their agent said, and no killed server explains it. */
  unexplained: string[];
  /** Logs that are not byte for byte what the agent sent. */
  brokenLogs: string[];
}

/** A request that was under way when its server was killed ends within this time of it (ms), also on a busy machine. */
const aroundKill = 3000;

/** Compares what the agents were told with what the database says, and reads every log. Call it when nothing moves any more. */
export async function fleetOutcome(db: Db, fleet: Fleet, work: FleetWork, ends: readonly ServerEnd[]): Promise<FleetOutcome> {
  const { record, agentOfRunner } = fleet;
  const rows = await db
    .selectFrom('jobs')
    .leftJoin('unconfirmed_jobs', 'unconfirmed_jobs.job_id', 'jobs.id')
    .select([
      'jobs.id',
      'jobs.status',
      'jobs.failure_reason',
      'jobs.runner_id',
      'jobs.started_at',
      'unconfirmed_jobs.runner_id as bound_to',
    ])
    .orderBy('jobs.id')
    .execute();
  const outcome: FleetOutcome = {
    jobs: rows.length,
    ended: record.ended.size,
    orphans: [],
    givenTwice: [...record.given].filter(([, agents]) => agents.length > 1).map(([id, agents]) => `job ${id} to ${agents.join(', ')}`),
    lostEnds: [],
    unexplained: [],
    brokenLogs: [],
  };

  /** Whether the job's runner waited for an answer when its server was killed. */
  function wasLost(runnerId: number | null, at: number | null): boolean {
    const lost = record.lostRequests.get(agentOfRunner.get(runnerId ?? 0) ?? -1) ?? [];
    const since = at ?? 0;
    return ends.some(
      (end) =>
        end.signal === 'SIGKILL' &&
        Math.abs(end.at - since) <= aroundKill &&
        lost.some((moment) => Math.abs(moment - end.at) <= aroundKill),
    );
  }

  for (const row of rows) {
    const ended = record.ended.get(row.id);
    if (ended !== undefined) {
      if (row.status !== ended.state) outcome.lostEnds.push(`job ${row.id} is ${row.status}, its agent was told that it is ${ended.state}`);
      continue;
    }
    const runnerId = row.bound_to ?? row.runner_id;
    if (!record.given.has(row.id) && wasLost(runnerId, row.started_at)) {
      outcome.orphans.push({ id: row.id, status: row.status, failureReason: row.failure_reason, runnerId });
    } else {
      outcome.unexplained.push(
        `job ${row.id} is ${row.status} ${row.failure_reason ?? ''} on runner ${runnerId}, given to ${JSON.stringify(record.given.get(row.id) ?? [])}`,
      );
    }
  }
  const known = new Set(rows.map((row) => row.id));
  for (const id of record.given.keys()) if (!known.has(id)) outcome.unexplained.push(`job ${id} was given and is not in the database`);

  const ids = [...record.ended.keys()].values();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const id of ids) {
        const reply = await work.root.get(`/projects/${work.projectId}/jobs/${id}/trace`);
        if (!reply.bytes.equals(fleetLog(id))) {
          outcome.brokenLogs.push(
            `log of job ${id} (${fleetState(id)}): ${reply.status}, ${reply.bytes.length} of ${fleetLog(id).length} bytes`,
          );
        }
      }
    }),
  );
  return outcome;
}
