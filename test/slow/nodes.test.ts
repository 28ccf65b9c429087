import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/open.ts';
import { newDatabase } from '../harness/databases.ts';
import { answersInWords, startFleet } from '../harness/fleet.ts';
import { fleetOutcome, type ServerEnd } from '../harness/fleet-outcome.ts';
import { startFleetWork } from '../harness/fleet-work.ts';
import { freePort } from '../harness/free-port.ts';
import { startServerProcess, type ServerProcess } from '../harness/server-process.ts';
import { until } from '../harness/until.ts';

/*
 * Three servers on one PostgreSQL, of which one is killed every two seconds, and a thousand simulated agents that go to another one when theirs does not
 * answer. Repositories and objects are in folders that all of them see; what each keeps for itself is in a folder of its own.
 */
const rootToken = 'glpat-nodes-root-token-0';
const registrationToken = 'GR1348941nodes-registration';
const agents = 1000;
const nodes = 3;
const kills = 30;
const versions = ['19.3.0', '17.9.0', '18.5.0', '16.1.0', '19.3.0', '15.10.0', '18.3.0', '13.12.0'];

const cleanUp: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

interface Node {
  url: string;
  /** Kills it and starts it again; resolves when it answers. */
  restart(): Promise<void>;
}

async function startNodes(databaseUrl: string): Promise<Node[]> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-nodes-'));
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'repositories'));
  const env = {
    BATON_ROOT_TOKEN: rootToken,
    BATON_REGISTRATION_TOKEN: registrationToken,
    BATON_DATABASE_URL: databaseUrl,
    BATON_OBJECTS_URL: `file:${join(folder, 'objects')}`,
    BATON_SECRET_KEY: randomBytes(32).toString('hex'),
  };
  const started: Node[] = [];
  // One after another: the first makes the administrator.
  for (let number = 0; number < nodes; number += 1) {
    const data = join(folder, `node-${number}`);
    mkdirSync(data);
    symlinkSync(join(folder, 'repositories'), join(data, 'repositories'));
    const port = await freePort();
    let server: ServerProcess = await startServerProcess({ data, port, env });
    cleanUp.push(() => server.kill());
    started.push({
      url: server.url,
      async restart() {
        await server.kill();
        server = await startServerProcess({ data, port, env });
      },
    });
  }
  return started;
}

it('1,000 simulated agents on three servers, one of which is killed every two seconds', { timeout: 280_000 }, async () => {
  const { url: databaseUrl, remove } = await newDatabase('postgres');
  cleanUp.push(remove);
  const servers = await startNodes(databaseUrl);
  const urls = servers.map(({ url }) => url);
  const begin = performance.now();
  const fleet = await startFleet({
    urls,
    agents,
    registrationToken,
    versions,
    checkInterval: 1500,
    traceInterval: 1000,
    // With its job an agent stays at its server, which comes back soon, as balancers do that know clients again.
    jobPatience: 60,
  });
  cleanUp.push(() => fleet.stop());
  const work = await startFleetWork({ urls, rootToken, jobsOfPipeline: 100, every: 2500 });
  const ends: ServerEnd[] = [];
  const restarts = new Map<number, Promise<void>>();
  for (let kill = 1; kill <= kills; kill += 1) {
    await pause(2000);
    const number = Math.floor(Math.random() * nodes);
    await restarts.get(number);
    ends.push({ signal: 'SIGKILL', at: Date.now() });
    const restarted = servers[number]?.restart() ?? Promise.resolve();
    restarted.catch(() => undefined);
    restarts.set(number, restarted);
    console.log(
      `kill ${kill} of server ${number}: ${fleet.record.ended.size} jobs ended, ${fleet.busy()} running, ${fleet.asking()} requests open`,
    );
  }
  await Promise.all(restarts.values());
  await work.stop();
  const database = await openDatabase(databaseUrl);
  cleanUp.push(() => database.close());
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
  expect(outcome.ended).toBeGreaterThan(1500);
});
