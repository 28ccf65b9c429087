import { describe, expect, it } from 'vitest';
import { agentVersions, createAgents } from '../../../test/harness/agents.ts';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer } from '../../../test/harness/server.ts';

describe.each(engines)('POST /jobs/request on %s', (engine) => {
  it.each(agentVersions)('gives an agent %s a job, then nothing', async (version) => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make({ version });
    const made = await pipeline({ work: {} });
    const given = await agent.request();
    expect(given.status).toBe(201);
    expect(given.headers['content-type']).toMatch(/^application\/json(;|$)/);
    expect(given.headers['x-gitlab-last-update']).toBeUndefined();
    expect(given.job).toMatchObject({ id: made.jobs['work']!.id, runner_info: { timeout: 3600 } });
    expect(await made.statuses()).toEqual({ work: 'running' });
    const nothing = await agent.request();
    expect([nothing.status, nothing.bytes.length]).toEqual([204, 0]);
    expect(nothing.headers['x-gitlab-last-update']).toMatch(/^\S+$/);
  });

  it('tells by another queue value that a job became pending', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make({ tags: ['other'] });
    const value = async () => (await agent.request()).headers['x-gitlab-last-update'];
    const first = await value();
    expect(await value()).toBe(first);
    await pipeline({ work: { tags: ['none'] } });
    expect(await value()).not.toBe(first);
  });

  it('tells by another queue value that the runner was changed, assigned or resumed', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make } = createAgents(server);
    const { agent, runnerId } = await make({ project: await server.build.project() });
    const seen: unknown[] = [];
    const look = async () => {
      server.clock.advance(1);
      seen.push((await agent.request()).headers['x-gitlab-last-update']);
    };
    await look();
    await server.root.put(`/runners/${runnerId}`, { json: { description: 'other' } });
    await look();
    await server.root.post(`/projects/${(await server.build.project()).id}/runners`, { json: { runner_id: runnerId } });
    await look();
    await server.root.put(`/runners/${runnerId}`, { json: { paused: true } });
    await look();
    await server.root.put(`/runners/${runnerId}`, { json: { paused: false } });
    await look();
    expect(new Set(seen).size).toBe(5);
  });

  it('gives a paused runner nothing but the queue value', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent, runnerId } = await make();
    const made = await pipeline({ work: {} });
    await server.root.put(`/runners/${runnerId}`, { json: { paused: true } });
    const answer = await agent.request();
    expect([answer.status, typeof answer.headers['x-gitlab-last-update']]).toEqual([204, 'string']);
    expect(await made.statuses()).toEqual({ work: 'pending' });
    server.clock.advance(1);
    await server.root.put(`/runners/${runnerId}`, { json: { paused: false } });
    expect((await agent.request()).status).toBe(201);
  });

  it('answers 403 for an unknown or expired token only', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make } = createAgents(server);
    const { agent, runnerId } = await make();
    const ask = (body: unknown) => server.api.post('/jobs/request', { json: body });
    const missing = await ask({});
    expect([missing.status, missing.body]).toEqual([400, { error: 'token is missing' }]);
    for (const token of ['unknown', '']) {
      const refused = await ask({ token });
      expect([refused.status, refused.body]).toEqual([403, { message: '403 Forbidden' }]);
    }
    await server.root.delete(`/runners/${runnerId}`);
    expect((await agent.request()).status).toBe(403);
  });

  it('takes form, multipart and query parameters, and ignores what it does not know', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { token } = (await make()).agent;
    await pipeline({ a: {}, b: {}, c: {}, d: {} });
    const answers = [
      await server.api.post('/jobs/request', { form: { token, 'info[version]': '1', 'info[features][refspecs]': 'true' } }),
      await server.api.post('/jobs/request', { multipart: { token } }),
      await server.api.post('/jobs/request', { query: { token } }),
      await server.api.post('/jobs/request', {
        json: {
          token,
          future: { x: [1] },
          info: { future: 1, labels: { a: 'b' }, config: { gpus: 'all', x: 1 } },
          session: { url: 'https://h' },
        },
      }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201, 201]);
  });

  it('refuses a body of more than 32 KiB', async () => {
    await using server = await startTestServer({ engine });
    const { token } = (await createAgents(server).agent()).agent;
    const answer = await server.api.post('/jobs/request', { json: { token, padding: 'x'.repeat(33 * 1024) } });
    expect(answer.status).toBe(413);
  });

  it('notes the machine that asked and what it says of itself', async () => {
    await using server = await startTestServer({ engine });
    const { agent, runnerId } = await createAgents(server).agent({ version: '17.9.0' });
    await agent.request();
    const { body } = await server.root.get(`/runners/${runnerId}/managers`);
    expect(body).toMatchObject([{ system_id: agent.systemId, version: '17.9.0', platform: 'linux', ip_address: '127.0.0.1' }]);
  });
});
