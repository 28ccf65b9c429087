import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';

const mebibyte = 1024 * 1024;

describe.each(engines)('the log at the end of a job on %s', (engine) => {
  it('is replaced by what an agent 11.5 holds', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made, project } = await createAgents(server).running({ version: '11.5.0' });
    await agent.patchTrace(job, 'out of step', 0);
    const { runners_token: registration } = (await server.root.get(`/projects/${project.id}`)).body as { runners_token: string };
    const trace = `größe ${job.token} ${registration}\n`;
    expect((await agent.update(job, 'success', { trace })).status).toBe(200);
    const { body } = await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`);
    expect(body).toBe(`größe ${'x'.repeat(job.token.length)} ${'x'.repeat(registration.length)}\n`);
    expect(await made.job('work')).toMatchObject({ status: 'success', traceSize: Buffer.byteLength(trace) });
  });

  it('may be replaced while the job runs, and appended to then', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, project } = await createAgents(server).running({ version: '11.5.0' });
    await agent.patchTrace(job, 'abc', 0);
    await agent.update(job, 'running', { trace: 'whole ' });
    expect((await agent.patchTrace(job, 'more', 6)).status).toBe(202);
    expect((await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`)).body).toBe('whole more');
  });

  it('may be long and full of escapes, up to the limit of logs', async () => {
    await using server = await startTestServer({ engine });
    await server.root.put('/application/settings', { json: { max_log_size: 5 } });
    const { agent, job, made, project } = await createAgents(server).running({ version: '11.5.0' });
    const trace = '\u001b'.repeat(4 * mebibyte);
    expect((await agent.update(job, 'running', { trace })).status).toBe(200);
    expect((await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`)).bytes.equals(Buffer.from(trace))).toBe(true);
    const over = await agent.update(job, 'success', { trace: 'x'.repeat(5 * mebibyte) });
    expect([over.status, over.headers['job-status']]).toEqual([403, 'failed']);
    expect(await made.job('work')).toMatchObject({ status: 'failed', failureReason: 'trace_size_exceeded' });
  });

  it('is read at length only from who shows the token of a running job', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running({ version: '11.5.0' });
    const trace = 'x'.repeat(2 * mebibyte);
    const statuses = [
      await agent.update({ ...job, token: 'wrong' }, 'success', { trace }),
      await agent.update({ ...job, id: 999_999 }, 'success', { trace }),
    ].map((answer) => answer.status);
    expect(statuses).toEqual([413, 413]);
    const behind = await server.api.put(`/jobs/${job.id}`, {
      body: JSON.stringify({ state: 'running', trace, token: job.token }),
      headers: { 'Content-Type': 'application/json' },
    });
    expect(behind.status).toBe(413);
    const form = await server.api.put(`/jobs/${job.id}`, { form: { token: job.token, state: 'running', trace } });
    expect(form.status).toBe(200);
    await agent.update(job, 'success');
    expect((await agent.update(job, 'success', { trace })).status).toBe(413);
  });

  it.each(['13.12.0', '19.3.0'])('is asked for again, once, when it is not what an agent %s holds', async (version) => {
    await using server = await startTestServer({ engine });
    const { agent, job, made, project } = await createAgents(server).running({ version });
    await agent.patchTrace(job, 'lost here', 0);
    server.baton.app.logs.replace(job.id, Buffer.from('damaged'));
    const asked = await agent.update(job, 'success');
    expect([asked.status, asked.headers['job-status']]).toEqual([412, 'running']);
    expect((await made.job('work')).status).toBe('running');
    // Until it does, what is here can be read.
    const text = async () => (await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`)).body;
    expect(await text()).toBe('damaged');
    // The agent sends everything anew, from the beginning.
    expect((await agent.patchTrace(job, 'lost here', 0)).status).toBe(202);
    expect((await agent.update(job, 'success')).status).toBe(200);
    expect(await text()).toBe('lost here');
  });

  it('stays as it is when the agent does not send it again', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made, project } = await createAgents(server).running();
    await agent.patchTrace(job, 'all of it', 0);
    const output = { checksum: 'crc32:00000000', bytesize: 0 };
    expect((await agent.update(job, 'success', { output })).status).toBe(412);
    expect((await agent.update(job, 'success', { output })).status).toBe(200);
    expect((await server.root.get(`/projects/${project.id}/jobs/${job.id}/trace`)).body).toBe('all of it');
    expect(await made.job('work')).toMatchObject({ status: 'success', traceSize: 9 });
  });

  it('is taken as it is when it differs a second time', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job, made } = await createAgents(server).running();
    const output = { checksum: 'crc32:0badcafe', bytesize: 3 };
    await agent.patchTrace(job, 'abc', 0);
    expect((await agent.update(job, 'failed', { output })).status).toBe(412);
    await agent.patchTrace(job, 'abc', 0);
    expect((await agent.update(job, 'failed', { output })).status).toBe(200);
    expect(await made.job('work')).toMatchObject({ status: 'failed', traceSize: 3 });
  });

  it('is not checked on the way', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    const output = { checksum: 'crc32:0badcafe', bytesize: 3 };
    expect((await agent.update(job, 'running', { output })).status).toBe(200);
  });

  it('is durable before the end is', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    const { app } = server.baton;
    const events: string[] = [];
    const { flushSync } = app.logs;
    app.logs.flushSync = () => {
      events.push('flushed');
      flushSync();
    };
    const { jobFinished } = app;
    app.jobFinished = (ended) => {
      events.push(`ended with ${ended.status}`);
      jobFinished(ended);
    };
    await agent.patchTrace(job, 'last words', 0);
    await agent.update(job, 'success');
    expect(events).toEqual(['flushed', 'ended with success']);
  });
});
