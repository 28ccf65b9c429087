import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobRequest, JobUpdate } from '../../src/runner-api/wire.ts';
import { FakeRunner } from './fake-runner.ts';
import { ProtocolPeer } from './protocol-peer.ts';

let peer: ProtocolPeer;

beforeEach(async () => {
  peer = await ProtocolPeer.start();
});
afterEach(() => peer[Symbol.asyncDispose]());

function agent(version: string): FakeRunner {
  return new FakeRunner({ url: peer.url, token: 'glrt-x', systemId: 's_000000000009', version });
}

it.each([
  ['11.5.0', 10, { system: false, runnerHeader: false, update: ['token', 'state', 'failure_reason'], calls: ['PATCH', 'PUT'] }],
  ['13.12.0', 22, { system: false, runnerHeader: false, update: ['checksum', 'output', 'exit_code'], calls: ['PATCH', 'PUT'] }],
  ['17.9.0', 29, { system: true, runnerHeader: false, update: ['checksum', 'output', 'exit_code'], calls: ['PATCH', 'PUT'] }],
  ['19.3.0', 31, { system: true, runnerHeader: true, update: ['checksum', 'output', 'exit_code'], calls: ['PUT', 'PATCH', 'PUT'] }],
])('speaks as agent %s', async (version, flags, expected) => {
  peer.give({ script: ['true'] });
  const runner = agent(version);
  const { job, status } = await runner.request();
  if (job === null) throw new Error(`no job but ${status}`);
  await runner.runJob(job, { log: 'hello\n', exitCode: 4 });
  const [first, ...calls] = peer.calls;
  const request = JSON.parse(first?.body.toString() ?? '') as JobRequest;
  expect(Object.keys(request.info?.features ?? {})).toHaveLength(flags);
  expect(request.info?.version).toBe(version);
  expect('system_id' in request).toBe(expected.system);
  expect('runner-token' in (first?.headers ?? {})).toBe(expected.runnerHeader);
  expect(calls.map((call) => call.method)).toEqual(expected.calls);
  const last = JSON.parse(calls.at(-1)?.body.toString() ?? '') as JobUpdate;
  expect(last).toMatchObject({ state: 'failed', failure_reason: 'script_failure' });
  expect(Object.keys(last)).toEqual(expect.arrayContaining(expected.update));
  expect(peer.jobs.get(job.id)?.log.toString()).toBe('hello\n');
});

it('remembers what the server sends as its last update', async () => {
  const runner = agent('19.3.0');
  expect((await runner.request()).status).toBe(204);
  expect(runner.lastUpdate).toBe('queue-value');
  await runner.request();
  expect(JSON.parse(peer.calls[1]?.body.toString() ?? '')).toMatchObject({ last_update: 'queue-value' });
});

it('loses a job as a real agent would, and says why', async () => {
  peer.give({ script: ['true'], more: { run: null as unknown as string } });
  await expect(agent('19.3.0').request()).rejects.toThrow('payload.run must be a string');
  peer.intercept = () => ({ status: 201, headers: { 'Content-Type': 'text/plain' }, body: '{}' });
  await expect(agent('13.12.0').request()).rejects.toThrow('the agent drops an answer of type text/plain');
});

it('uploads in chunks and downloads with the token it is given', async () => {
  const given = peer.give({ script: ['true'] });
  const runner = agent('19.3.0');
  const job = await runner.nextJob();
  await runner.uploadArtifact(job, {
    type: 'junit',
    format: 'gzip',
    filename: 'junit.xml.gz',
    bytes: Buffer.from('x'),
    expireIn: '1 week',
  });
  expect(given.uploads).toEqual([
    {
      query: { artifact_format: 'gzip', artifact_type: 'junit', expire_in: '1 week' },
      filename: 'junit.xml.gz',
      bytes: Buffer.from('x'),
    },
  ]);
  peer.archives.set(7, Buffer.from('zip'));
  const answer = await runner.downloadArtifact({ id: 7, token: 'of the dependency' });
  expect(answer.bytes.toString()).toBe('zip');
  expect(peer.calls.at(-1)?.headers['job-token']).toBe('of the dependency');
});
