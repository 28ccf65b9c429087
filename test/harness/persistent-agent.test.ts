import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeRunner } from './fake-runner.ts';
import { AgentCrash, carryThrough } from './persistent-agent.ts';
import { ProtocolPeer, type PeerReply } from './protocol-peer.ts';

let peer: ProtocolPeer;
beforeEach(async () => void (peer = await ProtocolPeer.start()));
afterEach(() => peer[Symbol.asyncDispose]());

const text = 'x'.repeat(3000);

/** The job of an agent whose calls are answered by the list for their method first, then by the peer. */
async function start(version: string, answers: Record<string, PeerReply[]>) {
  const given = peer.give({ script: ['true'] });
  const agent = new FakeRunner({ url: peer.url, token: 'glrt-x', version });
  const job = await agent.nextJob();
  peer.intercept = (call) => answers[call.method]?.shift() ?? null;
  return { agent, job, given };
}

it('sends everything again after a 412, if it knows that answer', async () => {
  const { agent, job } = await start('13.4.0', { PATCH: [{ status: 202 }, { status: 202 }], PUT: [{ status: 412 }] });
  expect((await carryThrough(agent, job, { log: text })).calls).toEqual(['PATCH 202', 'PUT 412', 'PATCH 202', 'PUT 200']);
  const older = await start('13.3.0', { PATCH: [{ status: 202 }], PUT: [{ status: 412 }] });
  expect((await carryThrough(older.agent, older.job, { log: text })).calls).toEqual(['PATCH 202', 'PUT 412', 'PUT 200']);
});

it('goes on where a 416 says, and crashes without that in its first versions', async () => {
  const { agent, job, given } = await start('19.3.0', { PATCH: [{ status: 416, headers: { Range: '0-0' } }] });
  expect((await carryThrough(agent, job, { log: text })).calls).toEqual(['PATCH 416', 'PATCH 202', 'PUT 200']);
  expect(given.log.toString()).toBe(text);
  const crashing = await start('11.10.0', { PATCH: [{ status: 416 }] });
  await expect(carryThrough(crashing.agent, crashing.job)).rejects.toThrow(AgentCrash);
  const careful = await start('11.11.0', { PATCH: [{ status: 416 }] });
  expect((await carryThrough(careful.agent, careful.job)).calls).toEqual(['PATCH 416', 'PATCH 202', 'PUT 200']);
});

it('waits with a 202, gives up at a 403, and tries passing troubles again', async () => {
  const { agent, job } = await start('17.9.0', { PATCH: [{ status: 500 }, { status: 429 }], PUT: [{ status: 202 }, { status: 503 }] });
  expect((await carryThrough(agent, job)).calls).toEqual(['PATCH 500', 'PATCH 429', 'PATCH 202', 'PUT 202', 'PUT 503', 'PUT 200']);
  const killed = await start('17.9.0', { PATCH: [{ status: 403 }], PUT: [{ status: 403 }] });
  expect((await carryThrough(killed.agent, killed.job)).calls).toEqual(['PATCH 403', 'PUT 403']);
  const asked = await start('17.9.0', { PATCH: [{ status: 202, headers: { 'Job-Status': 'canceled' } }] });
  await carryThrough(asked.agent, asked.job);
  expect(asked.given.updates.at(-1)).toMatchObject({ state: 'failed', failure_reason: 'job_canceled' });
});

it('tries uploads as often as its version does, and fails the job with them', async () => {
  for (const [version, status, tries] of [
    ['12.8.0', 503, 3],
    ['12.9.0', 503, 6],
    ['19.3.0', 400, 3],
    ['19.3.0', 413, 1],
  ] as const) {
    const { agent, job, given } = await start(version, { POST: Array.from({ length: 9 }, () => ({ status })) });
    const { calls } = await carryThrough(agent, job, { artifacts: [{ bytes: Buffer.from('zip') }] });
    expect(calls.filter((call) => call === `POST ${status}`)).toHaveLength(tries);
    expect(given.updates.at(-1)).toMatchObject({ state: 'failed' });
  }
});

it('sends the whole log with the end when the pieces got out of step, in its first versions', async () => {
  const { agent, job, given } = await start('11.5.0', { PATCH: [{ status: 404 }] });
  await carryThrough(agent, job, { log: text });
  expect(given.updates.at(-1)).toMatchObject({ state: 'success', trace: text });
});
