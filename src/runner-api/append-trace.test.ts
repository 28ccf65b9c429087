import { once } from 'node:events';
import { request as open, type ClientRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { until } from '../../test/harness/until.ts';
import type { JobPayload } from './wire.ts';

const mebibyte = 1024 * 1024;

/** A patch of which only the beginning has been sent. */
function begin(server: TestServer, job: JobPayload, offset: number): ClientRequest {
  const patch = open(`${server.url}/api/v4/jobs/${job.id}/trace`, {
    method: 'PATCH',
    headers: { 'JOB-TOKEN': job.token, 'Content-Range': `${offset}-${offset}`, 'Content-Type': 'text/plain' },
  });
  patch.on('error', () => undefined);
  patch.flushHeaders();
  return patch;
}

describe.each(engines)('the log of a running job on %s', (engine) => {
  it('hides the token of the job and the registration token of its project', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running();
    const { runners_token: registration } = (await server.root.get(`/projects/${project.id}`)).body as { runners_token: string };
    expect(registration).toMatch(/^GR/);
    const text = `token ${job.token} and ${registration}\n`;
    await agent.patchTrace(job, text, 0);
    const { body } = await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`);
    expect(body).toBe(`token ${'x'.repeat(job.token.length)} and ${'x'.repeat(registration.length)}\n`);
    const rest = await agent.patchTrace(job, '.', text.length);
    expect(rest.headers['range']).toBe(`0-${text.length + 1}`);
  });

  it('fails the job that reaches the limit of a log', async () => {
    await using server = await startTestServer({ engine });
    await server.root.put('/application/settings', { json: { max_log_size: 2 } });
    const { agent, job, made } = await createAgents(server).running();
    expect((await agent.patchTrace(job, Buffer.alloc(2 * mebibyte - 1, 'x'), 0)).status).toBe(202);
    const over = await agent.patchTrace(job, 'x', 2 * mebibyte - 1);
    expect([over.status, over.headers['job-status']]).toEqual([403, 'failed']);
    expect(await made.job('work')).toMatchObject({ status: 'failed', failureReason: 'trace_size_exceeded' });
    const last = await agent.update(job, 'failed');
    expect([last.status, last.headers['job-status']]).toEqual([403, 'failed']);
  });

  it('fails the job at the limit while one endless body comes', async () => {
    await using server = await startTestServer({ engine });
    await server.root.put('/application/settings', { json: { max_log_size: 2 } });
    const { job, made } = await createAgents(server).running();
    const patch = begin(server, job, 0);
    const answer = once(patch, 'response');
    for (let sent = 0; sent < 4; sent += 1) patch.write(Buffer.alloc(mebibyte, 'x'));
    const [response] = (await answer) as [{ statusCode: number }];
    expect(response.statusCode).toBe(403);
    expect(await made.job('work')).toMatchObject({ status: 'failed', failureReason: 'trace_size_exceeded' });
    patch.destroy();
  });

  it('takes nothing from a body that ends after its job', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running();
    const patch = begin(server, job, 0);
    const answer = once(patch, 'response');
    patch.write('too ');
    await agent.update(job, 'success');
    patch.end('late');
    const [response] = (await answer) as [{ statusCode: number; headers: Record<string, string> }];
    expect([response.statusCode, response.headers['job-status']]).toEqual([403, 'success']);
    expect((await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`)).body).toBeNull();
  });

  it('stops in the middle of a body when its job ends', async () => {
    await using server = await startTestServer({ engine });
    const { job, project } = await createAgents(server).running({ features: { cancel_gracefully: false } });
    const patch = begin(server, job, 0);
    const answer = once(patch, 'response');
    patch.write(Buffer.alloc(mebibyte, 'x'));
    const size = () => server.baton.app.logs.size(job.id);
    await until(() => size() >= mebibyte);
    await server.root.post(`/projects/${project.id}/jobs/${job.id}/cancel`);
    patch.end('too late');
    const [response] = (await answer) as [{ statusCode: number; headers: Record<string, string> }];
    expect([response.statusCode, response.headers['job-status']]).toEqual([403, 'canceled']);
    expect((await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`)).bytes.length).toBe(mebibyte);
  });

  it('keeps what came before its agent hung up, and tells the agent so', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    const patch = begin(server, job, 0);
    patch.write(Buffer.alloc(2 * mebibyte, 'x'));
    const size = () => server.baton.app.logs.size(job.id);
    await until(() => size() >= mebibyte);
    patch.destroy();
    const again = await agent.patchTrace(job, 'x', 0);
    expect(again.status).toBe(416);
    const [, at] = /^0-(\d+)$/.exec(String(again.headers['range'])) ?? [];
    expect(Number(at)).toBe(size());
    expect((await agent.patchTrace(job, 'the rest', Number(at))).status).toBe(202);
  });

  it('is never mixed by two calls at once', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running();
    const texts = Array.from({ length: 20 }, (_, index) => String.fromCharCode(97 + index).repeat(1000));
    const answers = await Promise.all(texts.map((text) => agent.patchTrace(job, text, 0)));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(1);
    expect(statuses.filter((status) => status === 416)).toHaveLength(19);
    const { body } = await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`);
    expect(body).toBe(texts[statuses.indexOf(202)]);
  });
});
