import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRunner } from '../../src/embedded-runner/runner.ts';
import type { RunnerHandle, RunnerOptions } from '../../src/embedded-runner/runner.ts';
import type { JobUpdate } from '../../src/runner-api/wire.ts';
import { ProtocolPeer } from './protocol-peer.ts';
import type { JobText, PeerJob } from './protocol-peer.ts';
import { until } from './until.ts';

/** The built-in runner beside a peer that gives it jobs. */
export interface PeerRunner extends AsyncDisposable {
  peer: ProtocolPeer;
  runner: RunnerHandle;
  buildsDir: string;
  /** What it told the one who runs it. */
  lines: string[];
  /** Gives a job and waits for its end. */
  run(text: JobText): Promise<{ job: PeerJob; end: JobUpdate; log: string }>;
  /** Waits for the end of a job. */
  ended(job: PeerJob): Promise<JobUpdate>;
}

export const runnerToken = 'glrt-t1_runner-secret';

/** Starts both; waits are short, so that tests are. */
export async function startPeerRunner(options: Partial<RunnerOptions> = {}, files?: Record<string, string>): Promise<PeerRunner> {
  const peer = await ProtocolPeer.start(files);
  const buildsDir = await mkdtemp(join(tmpdir(), 'baton-builds-'));
  const lines: string[] = [];
  const runner = startRunner({
    url: peer.url,
    token: runnerToken,
    systemId: 's_000000000001',
    buildsDir,
    concurrent: 1,
    pollInterval: 20,
    traceInterval: 50,
    keepAlive: 100,
    retryDelay: 20,
    killGrace: 500,
    logger: (line) => lines.push(line),
    ...options,
  });
  const ended = (job: PeerJob): Promise<JobUpdate> => until(() => peer.end(job), `job ${job.payload.id} to end`, 15_000);
  return {
    peer,
    runner,
    buildsDir,
    lines,
    ended,
    async run(text) {
      const job = peer.give(text);
      const end = await ended(job);
      return { job, end, log: job.log.toString() };
    },
    async [Symbol.asyncDispose]() {
      await runner.stop(0, 0);
      await peer[Symbol.asyncDispose]();
      await rm(buildsDir, { recursive: true, force: true });
    },
  };
}

/** A log without colours. */
export function withoutColours(log: string): string {
  // eslint-disable-next-line no-control-regex -- the log holds the escape sequences themselves
  return log.replaceAll(/\u001b\[[\d;]*m/g, '');
}
