import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { until } from '../../test/harness/until.ts';
import { startServer } from '../app.ts';
import { readConfig } from '../config.ts';
import { systemClock } from '../lib/clock.ts';
import { findRunner } from '../runners/store.ts';
import { createDispatcher } from './dispatcher.ts';

/** Longer than any test waits, so that an answer that comes was sent for another reason. */
const holdMs = 50_000;

/** Sends a request that carries a value, and gives its answer and whether it is there. */
function ask(agent: { request(): Promise<{ status: number; job: { id: number } | null }> }) {
  const state = { answered: false };
  const answer = agent.request().finally(() => (state.answered = true));
  return { answer, state };
}

describe.each(engines)('held requests on %s', (engine) => {
  it('get a job as soon as it is there, one request for each job', async () => {
    await using server = await startTestServer({ engine, holdMs, clock: systemClock });
    const { agent: make, pipeline } = createAgents(server);
    const agents = [(await make()).agent, (await make()).agent];
    for (const agent of agents) expect((await agent.request()).status).toBe(204);
    const held = agents.map(ask);
    await until(() => server.baton.app.dispatcher.held() === 2);
    await pipeline({ work: {} });
    const first = await Promise.race(held.map(({ answer }) => answer));
    expect(first.status).toBe(201);
    expect(held.filter(({ state }) => state.answered)).toHaveLength(1);
    await pipeline({ more: {} });
    expect((await Promise.all(held.map(({ answer }) => answer))).map(({ status }) => status)).toEqual([201, 201]);
  });

  it('are not held without a value, nor the first time, nor for a machine with several runners', async () => {
    await using server = await startTestServer({ engine, holdMs, clock: systemClock });
    const { agent: make } = createAgents(server);
    const { agent } = await make();
    const body = { token: agent.token, system_id: 's_000000000001', last_update: 'of another server' };
    const request = (more: object) => server.api.post('/jobs/request', { json: { ...body, ...more } });
    expect((await request({})).status).toBe(204);
    expect((await request({ last_update: '' })).status).toBe(204);
    const other = (await make()).agent.token;
    expect((await request({ token: other })).status).toBe(204);
    expect((await request({ token: other })).status).toBe(204);
    expect((await request({})).status).toBe(204);
  });

  it('end when the runner is paused, when it goes, and when the server stops', async () => {
    await using server = await startTestServer({ engine, holdMs, clock: systemClock });
    const { agent: make } = createAgents(server);
    const list = [await make(), await make(), await make()];
    for (const { agent } of list) await agent.request();
    const held = list.map(({ agent }) => ask(agent));
    await until(() => server.baton.app.dispatcher.held() === 3);
    const ids = ((await server.root.get('/runners/all')).body as { id: number }[]).map(({ id }) => id).toSorted((a, b) => a - b);
    await server.root.put(`/runners/${ids[0]}`, { json: { paused: true } });
    expect((await held[0]!.answer).status).toBe(204);
    await server.root.delete(`/runners/${ids[1]}`);
    expect((await held[1]!.answer).status).toBe(204);
    expect(held[2]!.state.answered).toBe(false);
    await server.baton.stop();
    expect((await held[2]!.answer).status).toBe(204);
  });

  it('give no job to whoever has hung up', async () => {
    await using server = await startTestServer({ engine, holdMs, clock: systemClock });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    const gone = new AbortController();
    const body = JSON.stringify({ token: agent.token, last_update: 'x' });
    await server.api.post('/jobs/request', { json: { token: agent.token } });
    const headers = { 'Content-Type': 'application/json' };
    const request = fetch(`${server.url}/api/v4/jobs/request`, { method: 'POST', headers, body, signal: gone.signal });
    await until(() => server.baton.app.dispatcher.held() === 1);
    gone.abort();
    await expect(request).rejects.toThrow();
    const made = await pipeline({ work: {} });
    const { agent: other } = await make();
    await until(async () => (await other.request()).status === 201);
    expect((await made.job('work')).status).toBe('running');
  });

  it('end after the longest time, with the value of the queue', async () => {
    await using server = await startTestServer({ engine, holdMs: 300, clock: systemClock });
    const { agent } = await createAgents(server).agent();
    await agent.request();
    const from = performance.now();
    const answer = await agent.request();
    expect([answer.status, performance.now() - from >= 300]).toEqual([204, true]);
  });
});

it('offer a job again, however old it is, when the request that was woken for it came back without it', async () => {
  await using server = await startTestServer();
  const { agent: make, pipeline } = createAgents(server);
  const runners = [await make(), await make()];
  let now = server.clock.now();
  const dispatcher = createDispatcher(server.baton.app, holdMs, () => now);
  const wait = async (runnerId: number) => {
    const runner = (await findRunner(server.baton.app.db, runnerId)) ?? expect.fail();
    return dispatcher.wait({ runner, until: now + 10 * 60_000, isConnected: () => true, isStale: () => false });
  };
  const [first, second] = runners.map(({ runnerId }) => wait(runnerId));
  await until(() => dispatcher.held() === 2);
  const { jobs } = await pipeline({ work: {} });
  dispatcher.jobsPending([jobs['work']?.id ?? 0]);
  expect(await first).toBe('look');
  expect(dispatcher.held()).toBe(1);
  // Nobody has taken it, and it is no news any more.
  now += 60_000;
  expect(await second).toBe('look');
  dispatcher.close();
});

describe('two nodes on one database', () => {
  it('find jobs that the other one has queued within seconds', async () => {
    const secretKey = 'ab'.repeat(32);
    await using one = await startTestServer({ engine: 'postgres', clock: systemClock, settings: { secretKey } });
    const { databaseUrl, data } = one.baton.app.config;
    const settings = { port: '0', data: join(data, 'other'), databaseUrl, objectsUrl: 'memory:', secretKey };
    await using other = await startServer(readConfig(settings), { holdMs, background: false });
    const { agent: make, pipeline } = createAgents(one);
    const { agent } = await make();
    agent.url = other.url;
    await agent.request();
    const held = ask(agent);
    await until(() => other.app.dispatcher.held() === 1);
    await pipeline({ work: {} });
    expect((await held.answer).status).toBe(201);
  });
});
