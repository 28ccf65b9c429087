import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { agentVersions, createAgents, type RunningJob } from '../../../test/harness/agents.ts';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { artifactsOfJobs } from '../../artifacts/store.ts';
import type { JobPayload } from '../wire.ts';

const mebibyte = 1024 * 1024;
const bytes = Buffer.from('PK…');
const hour = 60 * 60_000;
const day = 24 * hour;

async function objectsOf(server: TestServer): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of server.baton.app.objects.list('artifacts/')) keys.push(key);
  return keys;
}
const artifactsOf = (server: TestServer, job: JobPayload) => artifactsOfJobs(server.baton.app.db, [job.id]);
const jobReply = async (server: TestServer, { project, job }: RunningJob) =>
  (await server.root.get(`/projects/${project.id}/jobs/${job.id}`)).body as Record<string, unknown>;

describe.each(engines)('POST /jobs/:id/artifacts on %s', (engine) => {
  it.each(agentVersions)('keeps what an agent %s uploads', async (version) => {
    await using server = await startTestServer({ engine });
    const running = await createAgents(server).running({ version });
    const { agent, job } = running;
    // Short jobs upload before their first log.
    const stored = await agent.uploadArtifact(job, { bytes, filename: 'bundle.zip', expireIn: '1 week' });
    expect([stored.status, stored.body]).toEqual([201, { message: '201 Created' }]);
    const junit = await agent.uploadArtifact(job, {
      type: 'junit',
      format: 'gzip',
      filename: 'junit.xml.gz',
      bytes: Buffer.from('gz'),
      expireIn: '1 week',
    });
    const raw = await agent.uploadArtifact(job, {
      type: 'codequality',
      format: 'raw',
      filename: 'gl-code-quality-report.json',
      bytes: Buffer.from('[]'),
      expireIn: '1 week',
    });
    expect([junit.status, raw.status]).toEqual([201, 201]);
    expect(await artifactsOf(server, job)).toMatchObject([
      {
        fileType: 'archive',
        fileFormat: 'zip',
        filename: 'bundle.zip',
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
      { fileType: 'junit', fileFormat: 'gzip', filename: 'junit.xml.gz', size: 2 },
      { fileType: 'codequality', fileFormat: 'raw' },
    ]);
    expect(await jobReply(server, running)).toMatchObject({
      artifacts_file: { filename: 'bundle.zip', size: bytes.length },
      artifacts_expire_at: new Date(server.clock.now() + 7 * day).toISOString(),
    });
  });

  it('takes the same content again, and no other', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    expect((await agent.uploadArtifact(job, { bytes })).status).toBe(201);
    const before = await objectsOf(server);
    expect((await agent.uploadArtifact(job, { bytes })).status).toBe(201);
    const other = await agent.uploadArtifact(job, { bytes: Buffer.from('other') });
    expect([other.status, other.body]).toEqual([400, { message: 'another artifact of the same type already exists' }]);
    expect(await objectsOf(server)).toEqual(before);
    expect(await artifactsOf(server, job)).toMatchObject([{ size: bytes.length }]);
  });

  it('lets one of many uploads at once be kept', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    const uploads = Array.from({ length: 8 }, (_, index) => agent.uploadArtifact(job, { bytes: Buffer.from(`content ${index % 2}`) }));
    const statuses = (await Promise.all(uploads)).map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(4);
    expect(statuses.filter((status) => status === 400)).toHaveLength(4);
    expect(await objectsOf(server)).toHaveLength(1);
  });

  it('refuses what is over the limit while it comes', async () => {
    await using server = await startTestServer({ engine });
    await server.root.put('/application/settings', { json: { max_artifacts_size: 1 } });
    const { agent, job, made } = await createAgents(server).running();
    expect((await agent.uploadArtifact(job, { bytes: Buffer.alloc(mebibyte) })).status).toBe(201);
    const report = { type: 'junit', format: 'gzip' } as const;
    for (const size of [mebibyte + 1, 8 * mebibyte]) {
      const over = await agent.uploadArtifact(job, { ...report, bytes: Buffer.alloc(size) });
      expect([over.status, (over.body as { message: string }).message]).toEqual([
        413,
        expect.stringMatching(/^413 Request Entity Too Large/),
      ]);
    }
    expect(await objectsOf(server)).toHaveLength(1);
    // The job goes on, and so does the connection.
    expect((await agent.uploadArtifact(job, { ...report, bytes })).status).toBe(201);
    expect((await made.job('work')).status).toBe('running');
  });

  it('refuses unknown types, formats and values, whether in the query or as fields', async () => {
    await using server = await startTestServer({ engine });
    const { job } = await createAgents(server).running();
    const headers = { 'JOB-TOKEN': job.token };
    const noType = { error: 'artifact_type does not have a valid value' };
    const formOf = (fields: Record<string, string>) => {
      const form = new FormData();
      for (const [key, value] of Object.entries(fields)) form.append(key, value);
      form.append('file', new Blob([bytes]), 'a.zip');
      return form;
    };
    for (const [parameters, body] of [
      [{ artifact_type: 'future' }, noType],
      [{ artifact_type: 'trace', artifact_format: 'raw' }, noType],
      [{ artifact_type: 'constructor' }, noType],
      [{ artifact_format: 'tarzstd' }, { error: 'artifact_format does not have a valid value' }],
      [{ artifact_type: 'junit' }, { message: 'artifacts of type junit have the format gzip, not zip' }],
      [{ expire_in: 'soon' }, { message: expect.stringMatching(/^expire_in is no duration/) }],
      [{ accessibility: 'some' }, { error: 'accessibility does not have a valid value' }],
    ] as [Record<string, string>, object][]) {
      const path = `/jobs/${job.id}/artifacts`;
      expect(await server.api.post(path, { headers, query: parameters, multipart: formOf({}) })).toMatchObject({ status: 400, body });
      expect(await server.api.post(path, { headers, multipart: formOf(parameters) })).toMatchObject({ status: 400, body });
    }
    expect([await objectsOf(server), await artifactsOf(server, job)]).toEqual([[], []]);
  });

  it('refuses a body without a file', async () => {
    await using server = await startTestServer({ engine });
    const { job } = await createAgents(server).running();
    const headers = { 'JOB-TOKEN': job.token };
    const path = `/jobs/${job.id}/artifacts`;
    const missing = { status: 400, body: { error: 'file is missing' } };
    expect(await server.api.post(path, { headers, multipart: { file: 'a field', other: 'x' } })).toMatchObject(missing);
    expect(await server.api.post(path, { headers, json: {} })).toMatchObject(missing);
    expect(await server.api.post(path, { headers })).toMatchObject(missing);
  });

  it('takes parameters as fields before the file, and ignores further files', async () => {
    await using server = await startTestServer({ engine });
    const { job } = await createAgents(server).running();
    const form = new FormData();
    for (const [key, value] of [
      ['artifact_type', 'dotenv'],
      ['artifact_format', 'gzip'],
      ['expire_in', 'never'],
      ['accessibility', 'private'],
    ] as const)
      form.append(key, value);
    form.append('metadata', new Blob(['meta']), 'metadata.gz');
    const dotenv = gzipSync('A=1\n');
    form.append('file', new Blob([dotenv]), '.env.gz');
    form.append('file', new Blob(['second']), 'second.gz');
    expect((await server.api.post(`/jobs/${job.id}/artifacts?token=${job.token}`, { multipart: form })).status).toBe(201);
    expect(await artifactsOf(server, job)).toMatchObject([
      { fileType: 'dotenv', filename: '.env.gz', expireAt: null, accessibility: 'private', size: dotenv.length },
    ]);
  });

  it('keeps of a name only the last part', async () => {
    await using server = await startTestServer({ engine });
    const { running } = createAgents(server);
    for (const [filename, kept] of [
      ['../../etc/passwd', 'passwd'],
      ['C:\\temp\\a.zip', 'a.zip'],
      ['..', 'artifacts.zip'],
      ['', 'artifacts.zip'],
      ['größe 1.zip', 'größe 1.zip'],
      ['n'.repeat(300), 'n'.repeat(255)],
    ] as const) {
      const { agent, job } = await running();
      expect((await agent.uploadArtifact(job, { bytes, filename })).status).toBe(201);
      expect(await artifactsOf(server, job)).toMatchObject([{ filename: kept }]);
    }
  });

  it('reads the time of expiry', async () => {
    await using server = await startTestServer({ engine });
    const { running } = createAgents(server);
    for (const [expireIn, after] of [
      ['42', 42_000],
      ['42 seconds', 42_000],
      ['3 mins 4 sec', 184_000],
      ['2 hrs 20 min', 140 * 60_000],
      ['6 mos 1 day', 181 * day],
      ['47 yrs 6 mos and 4d', (47 * 365.25 + 184) * day],
      ['1 week', 7 * day],
      ['never', null],
      ['0', null],
      ['', 30 * day],
      [undefined, 30 * day],
      ['200000 years', null],
    ] as const) {
      const made = await running();
      const upload = { bytes, ...(expireIn === undefined ? {} : { expireIn }) };
      expect((await made.agent.uploadArtifact(made.job, upload)).status).toBe(201);
      const expected = after === null ? null : new Date(server.clock.now() + after).toISOString();
      expect([expireIn, (await jobReply(server, made))['artifacts_expire_at']]).toEqual([expireIn, expected]);
    }
  });

  it('does not shorten the life of the archive by a report, and follows the default of the server', async () => {
    await using server = await startTestServer({ engine });
    await server.root.put('/application/settings', { json: { default_artifacts_expire_in: '0' } });
    const running = await createAgents(server).running();
    const { agent, job } = running;
    await agent.uploadArtifact(job, { bytes });
    await agent.uploadArtifact(job, { type: 'junit', format: 'gzip', bytes, expireIn: '1 hour' });
    expect(await jobReply(server, running)).toMatchObject({ artifacts_expire_at: null });
    server.clock.advance(2 * hour);
    expect((await agent.downloadArtifact(job)).status).toBe(200);
  });

  it('is 403 for whoever has not the running job', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    const wrong = [
      await agent.uploadArtifact({ ...job, token: 'wrong' }, { bytes }),
      await agent.uploadArtifact({ ...job, token: '' }, { bytes }),
      await agent.uploadArtifact({ ...job, id: 999_999 }, { bytes: Buffer.alloc(8 * mebibyte) }),
    ];
    for (const answer of wrong) expect([answer.status, answer.body]).toEqual([403, { message: '403 Forbidden' }]);
    await agent.update(job, 'failed');
    const late = await agent.uploadArtifact(job, { bytes });
    expect([late.status, late.headers['job-status']]).toEqual([403, 'failed']);
    expect(await objectsOf(server)).toEqual([]);
  });

  it('tells beforehand what would be taken', async () => {
    await using server = await startTestServer({ engine });
    const { job } = await createAgents(server).running();
    const ask = (query: Record<string, string>, token = job.token) =>
      server.api.post(`/jobs/${job.id}/artifacts/authorize`, { query, headers: { 'JOB-TOKEN': token } });
    expect(await ask({ filesize: String(100 * mebibyte) })).toMatchObject({ status: 200, body: { MaximumSize: 100 * mebibyte } });
    expect((await ask({})).status).toBe(200);
    expect((await ask({ filesize: String(100 * mebibyte + 1) })).status).toBe(413);
    expect((await ask({}, 'wrong')).status).toBe(403);
  });
});
