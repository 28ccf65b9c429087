import { setTimeout as pause } from 'node:timers/promises';
import type { JobPayload, RegisterReply } from '../../src/runner-api/wire.ts';
import { FakeRunner, registerFakeRunner } from './fake-runner.ts';
import { createFleetJobs } from './fleet-jobs.ts';
import type { RunnerAnswer } from './runner-exchange.ts';
import { PayloadError } from './strict-payload.ts';

/*
 * Many simulated agents that poll and run jobs while servers come and go, as real ones do: `last_update` with every request, one keep-alive connection
 * each, another try after whatever is no answer. They write down what they were told, and what no server may say to them.
 */

/** What the agents were told. Times are milliseconds since the epoch. */
export interface FleetRecord {
  /** Job → numbers of the agents that got it. */
  given: Map<number, number[]>;
  /** Job → state of its final update, and whether it was answered with 200 (else: 403 after an answer that was lost). */
  ended: Map<number, { state: 'success' | 'failed'; acknowledged: boolean }>;
  /** Jobs that an agent of 18.5 or later dropped because its first update was refused. */
  dropped: Set<number>;
  /** Agent → when its requests for a job ended without an answer. */
  lostRequests: Map<number, number[]>;
  /** Answers that break the protocol, in words. */
  violations: string[];
  /** `request 204` → how often. */
  answers: Map<string, number>;
}

export interface FleetOptions {
  /** Where agents go; another one after a failure. */
  urls: string[];
  agents: number;
  registrationToken: string;
  versions: readonly string[];
  /** Pause after a request that gave no job, in milliseconds. */
  checkInterval: number;
  /** Pause between two parts of a log, in milliseconds. */
  traceInterval: number;
  /** Failures in a row of a job's calls before the agent tries another server with that job. */
  jobPatience: number;
}

export interface Fleet {
  record: FleetRecord;
  /** Runner id → number of its agent. */
  agentOfRunner: Map<number, number>;
  /** Agents that run a job right now. */
  busy(): number;
  /** Agents whose request is open right now. */
  asking(): number;
  /** Ends open requests; jobs come to their end first. */
  stop(): Promise<void>;
}

export interface FleetAgent {
  number: number;
  runner: FakeRunner;
  place: number;
}

/** The answers that agents got, in one line. */
export function answersInWords({ answers }: FleetRecord): string {
  const times = [...answers].map(([key, count]) => `${key}: ${count}`);
  return times.toSorted((one, other) => one.localeCompare(other)).join(', ');
}

/** Registers the agents and sets them to work. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { urls, versions } = options;
  const record: FleetRecord = {
    given: new Map(),
    ended: new Map(),
    dropped: new Set(),
    lostRequests: new Map(),
    violations: [],
    answers: new Map(),
  };
  const agentOfRunner = new Map<number, number>();
  const stopping = new AbortController();
  let busy = 0;
  let asking = 0;

  function count(call: string, { status }: RunnerAnswer): void {
    const key = `${call} ${status}`;
    record.answers.set(key, (record.answers.get(key) ?? 0) + 1);
  }

  function moveOn(agent: FleetAgent): void {
    agent.place = (agent.place + 1) % urls.length;
    agent.runner.url = urls[agent.place] ?? '';
  }

  const jobs = createFleetJobs({ record, count, moveOn, traceInterval: options.traceInterval, patience: options.jobPatience });

  async function register(number: number): Promise<FleetAgent> {
    const place = number % urls.length;
    const url = urls[place] ?? '';
    const version = versions[Math.floor(number / urls.length) % versions.length] ?? '19.3.0';
    const answer = await registerFakeRunner(url, { token: options.registrationToken, description: `agent ${number}`, run_untagged: true });
    if (answer.status !== 201) throw new Error(`register was answered with ${answer.status}: ${answer.bytes.toString()}`);
    const { id, token } = answer.body as RegisterReply;
    agentOfRunner.set(id, number);
    return { number, runner: new FakeRunner({ url, token, version }), place };
  }

  /** The job that one request gave, or null. */
  async function ask(agent: FleetAgent): Promise<JobPayload | null> {
    asking += 1;
    try {
      const answer = await agent.runner.request({ signal: stopping.signal, confirm: false });
      count('request', answer);
      if (![201, 204, 409, 429, 503].includes(answer.status)) {
        record.violations.push(`agent ${agent.number} asked for a job and was told ${answer.status} ${answer.bytes.toString()}`);
      }
      return answer.job;
    } catch (error) {
      if (error instanceof PayloadError) record.violations.push(`agent ${agent.number} cannot read its job: ${error.message}`);
      else if (!stopping.signal.aborted) {
        record.lostRequests.set(agent.number, [...(record.lostRequests.get(agent.number) ?? []), Date.now()]);
        moveOn(agent);
      }
      return null;
    } finally {
      asking -= 1;
    }
  }

  async function work(agent: FleetAgent): Promise<void> {
    while (!stopping.signal.aborted) {
      const job = await ask(agent);
      if (job === null) {
        // Not all at the same moment, as agents that were started one after another.
        await pause(options.checkInterval * (0.5 + Math.random())).catch(() => undefined);
        continue;
      }
      record.given.set(job.id, [...(record.given.get(job.id) ?? []), agent.number]);
      busy += 1;
      await jobs.run(agent, job).catch((error: unknown) => record.violations.push(`job ${job.id}: ${String(error)}`));
      busy -= 1;
    }
  }

  const agents: FleetAgent[] = [];
  const numbers = Array.from({ length: options.agents }, (_, number) => number).values();
  // A few at a time: a thousand connections at the same instant are no fleet's start.
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const number of numbers) agents.push(await register(number));
    }),
  );
  const working = agents.map(work);
  return {
    record,
    agentOfRunner,
    busy: () => busy,
    asking: () => asking,
    async stop() {
      stopping.abort();
      await Promise.all(working);
    },
  };
}
