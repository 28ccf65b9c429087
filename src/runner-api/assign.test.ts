import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import { findRunner } from '../runners/store.ts';
import { assignJob } from './assign.ts';

/** Sends a request for a job on a connection of its own. */
async function ask(server: TestServer, token: string): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const body = JSON.stringify({ token });
  socket.write(
    `POST /api/v4/jobs/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

/** Gives the server time to notice what happened before: its answers to these calls come after that. */
async function roundTrips(server: TestServer, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await server.root.get('/version');
}

describe.each(engines)('a job for an agent that hangs up on %s', (engine) => {
  it('is not taken from the queue', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    const made = await pipeline({ work: {} });
    const { app } = server.baton;
    const { write } = app;
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // The first write of the request notes the machine; the claim comes after it.
    app.write = async (work) => {
      reached.resolve();
      await released.promise;
      return write(work);
    };
    const socket = await ask(server, agent.token);
    await reached.promise;
    socket.destroy();
    await roundTrips(server, 3);
    app.write = write;
    released.resolve();
    await roundTrips(server, 10);
    expect(await made.job('work')).toMatchObject({ status: 'pending', attempt: 0 });
    expect((await agent.request()).status).toBe(201);
  });

  it('is tried anew when it had been taken already', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { runnerId } = await make();
    const made = await pipeline({ work: {} });
    const { app } = server.baton;
    const runner = await findRunner(app.db, runnerId);
    if (runner === null) throw new Error('no runner');
    // Connected before the claim, and no more when the payload is ready.
    const connected = [true, true, false];
    const claimant = { runner, managerId: 1, features: new Set<string>(), jobAge: 0, isConnected: () => connected.shift() ?? false };
    expect(await assignJob(app, claimant)).toBe('none');
    expect(await made.job('work')).toMatchObject({ status: 'pending', attempt: 1 });
    expect(await app.db.selectFrom('jobs').select('failure_reason').where('attempt', '=', 0).execute()).toEqual([
      { failure_reason: 'scheduler_failure' },
    ]);
  });
});

describe.each(engines)('a job whose payload cannot be built on %s', (engine) => {
  it('fails as scheduler_failure, and the search goes on', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const project = await server.build.project();
    const broken = await pipeline({ work: {} }, { project });
    const good = await pipeline({ next: {} });
    const { app } = server.baton;
    await server.root.post(`/projects/${project.id}/variables`, { json: { key: 'BROKEN', value: 'x' } });
    await app.write((tx) => tx.updateTable('variables').set({ sealed_value: 'sealed by nobody' }).execute());
    const { agent } = await make();
    expect((await agent.nextJob(1)).job_info.name).toBe('next');
    expect(await good.statuses()).toEqual({ next: 'running' });
    expect((await agent.request()).status).toBe(204);
    const jobs = await app.db
      .selectFrom('jobs')
      .select(['status', 'failure_reason', 'attempt'])
      .where('pipeline_id', '=', broken.pipeline.id)
      .orderBy('id')
      .execute();
    expect(jobs).toEqual([0, 1, 2].map((attempt) => ({ status: 'failed', failure_reason: 'scheduler_failure', attempt })));
  });
});
