import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { createClient } from '../../test/harness/client.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';

const unknown = 'x'.repeat(26);

describe.each(engines)('limits of rates on %s', (engine) => {
  it.each([
    ['a runner that asks for a job', 'POST', '/jobs/request', { json: { token: `glrt-${unknown}` } }, 403],
    ['a runner that is verified', 'POST', '/runners/verify', { json: { token: unknown } }, 403],
    ['a registration', 'POST', '/runners', { json: { token: unknown } }, 403],
    ['a job', 'PUT', '/jobs/12345', { json: { token: `glcbt-${unknown}`, state: 'running' } }, 403],
    ['a user', 'GET', '/runners', { headers: { 'PRIVATE-TOKEN': `glpat-${unknown}` } }, 401],
  ] as const)('let %s fail a few times, then answer 429', async (_who, method, path, options, status) => {
    await using server = await startTestServer({ engine, settings: { failuresPerMinute: '3' } });
    for (let count = 0; count < 3; count++) expect((await server.api.call(method, path, options)).status).toBe(status);
    const refused = await server.api.call(method, path, options);
    expect(refused).toMatchObject({
      status: 429,
      body: { message: { error: 'This endpoint has been requested too many times. Try again later.' } },
    });
    expect(refused.headers.get('retry-after')).toBe('20');
    expect(Date.parse(refused.headers.get('ratelimit-resettime') ?? '')).toBeGreaterThan(server.clock.now());
    // From elsewhere it is another address.
    const elsewhere = { ...options, headers: { ...('headers' in options ? options.headers : {}), 'X-Forwarded-For': '203.0.113.9' } };
    expect((await server.api.call(method, path, elsewhere)).status).toBe(status);
    server.clock.advance(20_000);
    expect((await server.api.call(method, path, options)).status).toBe(status);
    expect((await server.api.call(method, path, options)).status).toBe(429);
  });

  it('limit git by the same count', async () => {
    await using server = await startTestServer({ engine, settings: { failuresPerMinute: '1' } });
    const project = await server.build.project();
    const git = createClient(server.url);
    const path = `/${project.fullPath}.git/info/refs?service=git-upload-pack`;
    const wrong = { headers: { Authorization: `Basic ${Buffer.from(`git:${unknown}`).toString('base64')}` } };
    const good = { headers: { Authorization: `Basic ${Buffer.from(`git:${server.rootToken}`).toString('base64')}` } };
    expect((await git.get(path, wrong)).status).toBe(401);
    const refused = await git.get(path, wrong);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    // Git asks without credentials first, which is no failure.
    expect((await git.get(path)).status).toBe(401);
    expect((await git.get(path, good)).status).toBe(200);
  });

  it('have no effect on good tokens of the same address', async () => {
    await using server = await startTestServer({ engine, settings: { failuresPerMinute: '1' } });
    const { agent, job } = await createAgents(server).running({ version: '17.9.0' });
    const wrong = { json: { token: unknown } };
    for (let count = 0; count < 100; count++) await server.api.post('/jobs/request', wrong);
    expect((await server.api.post('/jobs/request', wrong)).status).toBe(429);
    expect((await agent.request()).status).toBe(204);
    expect((await agent.patchTrace(job, 'abc', 0)).status).toBe(202);
    expect((await server.root.get('/runners/all')).status).toBe(200);
    expect((await server.api.post('/runners', { json: { token: server.registrationToken } })).status).toBe(201);
    expect((await agent.update(job, 'success')).status).toBe(200);
    // The agent of a job that is over is told so, however often it asks.
    for (let count = 0; count < 3; count++) {
      const late = await agent.update(job, 'success');
      expect([late.status, late.headers['job-status']]).toEqual([403, 'success']);
    }
  });

  it('are off where they are set to 0', async () => {
    await using server = await startTestServer({ engine, settings: { failuresPerMinute: '0' } });
    for (let count = 0; count < 100; count++)
      expect((await server.api.post('/runners/verify', { json: { token: unknown } })).status).toBe(403);
  });

  it('bound the requests of one machine where that is set', async () => {
    await using server = await startTestServer({ engine, settings: { pollsPerMinute: '2' } });
    const { agent } = await createAgents(server).agent();
    const { agent: other } = await createAgents(server).agent();
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await agent.request({ lastUpdate: null })).status);
    expect([statuses, (await other.request()).status]).toEqual([[204, 204, 429], 204]);
    server.clock.advance(30_000);
    expect((await agent.request({ lastUpdate: null })).status).toBe(204);
  });
});
