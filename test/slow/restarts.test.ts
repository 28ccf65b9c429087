import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startServer } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/open.ts';
import { TestClock } from '../../src/lib/clock.ts';
import { answersInWords, startFleet } from '../harness/fleet.ts';
import { fleetOutcome, type ServerEnd } from '../harness/fleet-outcome.ts';
import { startFleetWork } from '../harness/fleet-work.ts';
import { freePort } from '../harness/free-port.ts';
import { startServerProcess } from '../harness/server-process.ts';
import { until } from '../harness/until.ts';

/*
 * A thousand simulated agents work while their server is stopped and killed in turn. None may be told that its runner or job is unknown, no end of a job may be
 * lost, no job be given out twice, and every log must be what was sent.
 */
const rootToken = 'glpat-restarts-root-token';
const registrationToken = 'GR1348941restarts-registration';
const agents = 1000;
const restarts = 20;
/** Versions with all ways to confirm and check that there are; one in eight is too old to be held. */
const versions = ['19.3.0', '17.9.0', '18.5.0', '16.1.0', '19.3.0', '15.10.0', '18.3.0', '13.12.0'];

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

it('1,000 simulated agents do not notice 20 restarts', { timeout: 280_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'baton-restarts-'));
  folders.push(data);
  const port = await freePort();
  const env = { BATON_ROOT_TOKEN: rootToken, BATON_REGISTRATION_TOKEN: registrationToken };
  let server = await startServerProcess({ data, port, env });
  const urls = [server.url];
  const begin = performance.now();
  const fleet = await startFleet({ urls, agents, registrationToken, versions, checkInterval: 300, traceInterval: 800, jobPatience: 1 });
  const work = await startFleetWork({ urls, rootToken, jobsOfPipeline: 100, every: 900 });
  const ends: ServerEnd[] = [];
  try {
    for (let restart = 1; restart <= restarts; restart += 1) {
      const goal = fleet.record.ended.size + 150;
      await until(() => fleet.record.ended.size >= goal && fleet.busy() > 50, `150 more jobs before restart ${restart}`, 20_000);
      const signal = restart % 2 === 0 ? 'SIGKILL' : 'SIGTERM';
      const [ended, busy, asking] = [fleet.record.ended.size, fleet.busy(), fleet.asking()];
      const before = performance.now();
      ends.push({ signal, at: Date.now() });
      if (signal === 'SIGKILL') await server.kill();
      else expect(await server.stop()).toBe(0);
      const down = performance.now();
      server = await startServerProcess({ data, port, env });
      console.log(
        `restart ${restart} ${signal}: ${ended} jobs ended, ${busy} running, ${asking} requests open; ended after ${Math.round(down - before)} ms, ready ${Math.round(performance.now() - down)} ms later`,
      );
    }
    await work.stop();
    const database = await openDatabase(`sqlite:${join(data, 'baton.db')}`);
    await using _ = { [Symbol.asyncDispose]: () => database.close() };
    const waiting = async () =>
      (await database.read.selectFrom('pending_jobs').select('job_id').execute()).filter(({ job_id: id }) => !fleet.record.given.has(id))
        .length;
    await until(async () => fleet.busy() === 0 && (await waiting()) === 0, 'the last jobs to end', 60_000);
    await fleet.stop();
    const outcome = await fleetOutcome(database.read, fleet, work, ends);
    console.log(
      `${outcome.jobs} jobs, ${outcome.ended} ended by agents, ${outcome.orphans.length} given out by a server that was killed, ${Math.round((performance.now() - begin) / 1000)} s; ${answersInWords(fleet.record)}`,
    );
    expect(fleet.record.violations).toEqual([]);
    const { givenTwice, lostEnds, unexplained, brokenLogs } = outcome;
    expect({ givenTwice, lostEnds, unexplained, brokenLogs }).toEqual({ givenTwice: [], lostEnds: [], unexplained: [], brokenLogs: [] });
    expect(outcome.ended).toBeGreaterThan(restarts * 150);
    // Nothing that was acknowledged before a crash has to be sent again.
    expect(fleet.record.answers.get('final 412')).toBeUndefined();
    await server.stop();
    await expectReaped(
      data,
      outcome.orphans.map(({ id }) => id),
    );
  } finally {
    server.child.kill('SIGKILL');
  }
});

/** Jobs whose agent never heard of them are ended when it has been silent about them for long. */
async function expectReaped(data: string, jobIds: readonly number[]): Promise<void> {
  const clock = new TestClock(Date.now());
  await using baton = await startServer(readConfig({ data, port: '0' }), { clock, background: false });
  // Step by step: a clock that jumps is a machine that slept, and then agents get time to come back.
  for (let step = 0; step < 70; step += 1) {
    clock.advance(30_000);
    await baton.loops.runNow('reap running jobs');
  }
  const rows = await baton.app.db
    .selectFrom('jobs')
    .select(['id', 'status', 'failure_reason', 'failure_evidence'])
    .where('id', 'in', [...jobIds, 0])
    .execute();
  for (const row of rows) expect(row).toMatchObject({ status: 'failed', failure_reason: 'no_updates_running' });
  expect(rows.length).toBe(jobIds.length);
  expect(await baton.app.db.selectFrom('running_jobs').select('job_id').execute()).toEqual([]);
}
