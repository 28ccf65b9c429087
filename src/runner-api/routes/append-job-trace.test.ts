import { describe, expect, it } from 'vitest';
import { agentVersions, createAgents } from '../../../test/harness/agents.ts';
import { engines } from '../../../test/harness/databases.ts';
import { exchange } from '../../../test/harness/runner-exchange.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

async function logOf(server: TestServer, projectId: number, jobId: number): Promise<string> {
  return (await server.root.get(`/projects/${projectId}/jobs/${jobId}/trace`)).bytes.toString();
}

const rangeOf = ({ headers }: { headers: Record<string, unknown> }) => headers['range'];

describe.each(engines)('PATCH /jobs/:id/trace on %s', (engine) => {
  it.each(agentVersions)('appends what an agent %s sends, byte by byte', async (version) => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running({ version });
    const first = await agent.patchTrace(job, 'one\n', 0);
    expect([first.status, rangeOf(first)]).toEqual([202, '0-4']);
    expect(first.headers).toMatchObject({ 'job-status': 'running', 'x-gitlab-trace-update-interval': '3' });
    // A patch may end inside a character.
    const text = Buffer.from('größe\r\n\u001b[31mred\u001b[0m\r');
    for (let at = 0; at < text.length; at += 3) {
      const answer = await agent.patchTrace(job, text.subarray(at, at + 3), 4 + at);
      expect([answer.status, rangeOf(answer)]).toEqual([202, `0-${4 + Math.min(at + 3, text.length)}`]);
    }
    expect(await logOf(server, project.id, job.id)).toBe(`one\n${text.toString()}`);
  });

  it('takes bytes at the exact end only, and says where that is', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running();
    const early = await agent.patchTrace(job, 'later', 7);
    expect([early.status, rangeOf(early), early.body]).toEqual([416, '0-0', { message: '416 Range Not Satisfiable' }]);
    await agent.patchTrace(job, '0123456789', 0);
    for (const offset of [0, 9, 11]) {
      const answer = await agent.patchTrace(job, 'x', offset);
      expect([answer.status, rangeOf(answer)]).toEqual([416, '0-10']);
    }
    expect(await logOf(server, project.id, job.id)).toBe('0123456789');
  });

  it('computes the end from the body, and knows the forms of Content-Range', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running();
    for (const [range, status] of [
      ['0-1', 202],
      ['1-2', 202],
      ['2-2/3', 202],
      ['3-3/*', 202],
      [' 4-4 ', 202],
      ['5', 400],
      ['a-b', 400],
      ['-5', 400],
      ['', 400],
      ['bytes 5-5', 202],
      ['6--1', 202],
      ['7-99999999', 202],
      ['99999999999999999999-1', 400],
      ['8-8, 9-9', 400],
      ['0x8-8', 400],
      ['1e0-8', 400],
      ['-8-8', 400],
    ] as const) {
      const answer = await agent.patchTrace(job, 'x', 0, { 'Content-Range': range });
      expect([range, answer.status]).toEqual([range, status]);
    }
    const headers = { 'JOB-TOKEN': job.token, 'Content-Type': 'text/plain' };
    const without = await server.api.call('PATCH', `/jobs/${job.id}/trace`, { headers, body: 'x' });
    expect([without.status, without.body]).toEqual([400, { error: '400 Missing header Content-Range' }]);
    expect(await logOf(server, project.id, job.id)).toBe('xxxxxxxx');
  });

  it('takes an empty body for a sign of life', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    const at = [await agent.patchTrace(job, '', 0), await agent.patchTrace(job, 'abc', 0), await agent.patchTrace(job, '', 3)];
    expect(at.map((answer) => [answer.status, rangeOf(answer)])).toEqual([
      [202, '0-0'],
      [202, '0-3'],
      [202, '0-3'],
    ]);
    expect((await agent.patchTrace(job, '', 2)).status).toBe(416);
  });

  it('takes bodies of any size, chunked, without a type, and with the token as a parameter', async () => {
    await using server = await startTestServer({ engine });
    const { job, project } = await createAgents(server).running();
    const path = `/jobs/${job.id}/trace?debug_trace=false&future=1`;
    const big = Buffer.from(Array.from({ length: 5 * 1024 * 1024 }, (_, index) => index % 251));
    const headers = { 'JOB-TOKEN': job.token, 'Content-Range': `0-${big.length - 1}` };
    const chunked = await exchange(server.url, { method: 'PATCH', path, headers, body: big, chunked: true });
    expect([chunked.status, rangeOf(chunked)]).toEqual([202, `0-${big.length}`]);
    const next = { 'Content-Range': `${big.length}-${big.length}`, 'Content-Type': 'application/json' };
    const byParameter = await exchange(server.url, {
      method: 'PATCH',
      path: `${path}&token=${job.token}`,
      headers: next,
      body: Buffer.from('!'),
    });
    expect(byParameter.status).toBe(202);
    const { bytes } = await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`);
    expect(bytes.equals(Buffer.concat([big, Buffer.from('!')]))).toBe(true);
  });

  it('is 403, never 404, for whoever has not the job', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made } = await createAgents(server).running();
    const other = await createAgents(server).running();
    const wrong = await agent.patchTrace({ ...job, token: other.job.token }, 'x', 0);
    expect([wrong.status, wrong.body]).toEqual([403, { message: '403 Forbidden' }]);
    for (const id of [999_999, Number.MAX_SAFE_INTEGER]) {
      const unknown = await agent.patchTrace({ ...job, id }, 'x', 0);
      expect([unknown.status, unknown.headers['job-status']]).toEqual([403, undefined]);
    }
    expect((await server.api.call('PATCH', `/jobs/${job.id}/trace`, { headers: { 'Content-Range': '0-0' }, body: 'x' })).status).toBe(403);
    await agent.update(job, 'success');
    const late = await agent.patchTrace(job, 'x', 0);
    expect([late.status, late.headers['job-status']]).toEqual([403, 'success']);
    expect((await made.job('work')).status).toBe('success');
  });

  it('asks to be called every second while somebody reads the log', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running();
    await logOf(server, project.id, job.id);
    const interval = async () => (await agent.patchTrace(job, '', 0)).headers['x-gitlab-trace-update-interval'];
    expect(await interval()).toBe('1');
    server.clock.advance(11_000);
    expect(await interval()).toBe('3');
    // The longer a job runs, the more seldom, but never so that a cancel would wait for long.
    const seen: (string | undefined)[] = [];
    for (const minutes of [1, 1, 4, 60]) {
      server.clock.advance(minutes * 60_000);
      seen.push(String(await interval()));
    }
    expect(seen).toEqual(['4', '5', '9', '10']);
    await logOf(server, project.id, job.id);
    expect(await interval()).toBe('1');
  });

  it('keeps the runner online and the job alive', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, runnerId, made } = await createAgents(server).running();
    for (let hour = 0; hour < 3; hour += 1) {
      server.clock.advance(60 * 60_000);
      await agent.patchTrace(job, 'x', hour);
    }
    const { body } = await server.root.get(`/runners/${runnerId}`);
    expect(body).toMatchObject({ status: 'online', contacted_at: new Date(server.clock.now()).toISOString() });
    expect((await made.job('work')).updatedAt).toBe(server.clock.now());
    expect((await server.root.get('/runners/all?status=online')).body).toMatchObject([{ id: runnerId }]);
  });
});
