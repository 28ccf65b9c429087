import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { parseDotenv, readDotenv } from './dotenv.ts';

const parse = (...texts: string[]) => parseDotenv(texts.map((text) => Buffer.from(text)));
const asRecord = (variables: { key: string; value: string }[]) => Object.fromEntries(variables.map(({ key, value }) => [key, value]));
const lines = (count: number) => Array.from({ length: count }, (_, index) => `K${index}=${index}\n`).join('');
const badKey = "Validation failed: Key can contain only letters, digits and '_'.";

describe('a dotenv report', () => {
  it('is read line by line', () => {
    const text = 'A=1\nB = two words \r\n_c="quoted"\nURL=https://x/?a=b&c=d\nEMPTY=\nREF=$A\nA=last\n';
    expect(asRecord(parse(text))).toEqual({ A: 'last', B: 'two words', _c: '"quoted"', URL: 'https://x/?a=b&c=d', EMPTY: '', REF: '$A' });
    expect(parse('')).toEqual([]);
    expect(parse('A=größe')).toEqual([{ key: 'A', value: 'größe' }]);
  });

  it('may have several files, and be UTF-16 or begin with a mark', () => {
    expect(asRecord(parse('A=1', 'B=2\n', 'A=3'))).toEqual({ A: '3', B: '2' });
    expect(parse('\uFEFFA=1\n')).toEqual([{ key: 'A', value: '1' }]);
    expect(parseDotenv([Buffer.from('\uFEFFA=ü\r\nB=2\r\n', 'utf16le')])).toEqual([
      { key: 'A', value: 'ü' },
      { key: 'B', value: '2' },
    ]);
  });

  it.each([
    ['A=1\n\nB=2\n', 'Invalid Format'],
    ['A=1\n\n', 'Invalid Format'],
    ['# a comment\nA=1', 'Invalid Format'],
    ['A', 'Invalid Format'],
    ['A=\0', 'Invalid Format'],
    ['=1', badKey],
    ['export A=1', badKey],
    ['A-B=1', badKey],
    ['Ä=1', badKey],
    [lines(21), 'Dotenv files cannot have more than 20 variables'],
  ])('like %j is refused', (text, message) => {
    expect(() => parse(text)).toThrow(JSON.stringify({ message }));
  });

  it('is refused when it is no text, no gzip file, or too big', async () => {
    const read = (bytes: Buffer) => readDotenv(Readable.from([bytes]));
    expect(() => parseDotenv([Buffer.from([0x41, 0x3d, 0xff])])).toThrow('Invalid Format');
    await expect(read(Buffer.from('A=1'))).rejects.toThrow('Invalid Format');
    await expect(read(Buffer.alloc(0))).rejects.toThrow('Invalid Format');
    const tooBig = 'Dotenv Artifact Too Big. Maximum Allowable Size: 5120';
    expect((await read(gzipSync(`A=${'x'.repeat(5118)}`))).variables[0]?.value).toHaveLength(5118);
    await expect(read(gzipSync(`A=${'x'.repeat(5119)}`))).rejects.toThrow(tooBig);
    await expect(read(gzipSync(Buffer.alloc(50 * 1024 * 1024)))).rejects.toThrow(tooBig);
    await expect(readDotenv(Readable.from(Array.from({ length: 70 }, () => Buffer.alloc(1024))))).rejects.toThrow(tooBig);
    expect((await read(gzipSync(lines(20)))).variables).toHaveLength(20);
  });
});

const report = (text: string) => ({ type: 'dotenv', format: 'gzip', filename: '.env.gz', bytes: gzipSync(text) }) as const;

describe.each(engines)('variables that jobs leave to others on %s', (engine) => {
  it('reach the jobs that depend on them, over the configuration and below the settings', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    await server.root.post(`/projects/${project.id}/variables`, { json: { key: 'SET', value: 'settings' } });
    const { agent: make, pipeline } = createAgents(server);
    const variables = ['YAML', 'SET', 'LEFT'].map((key) => ({ key, value: 'configuration', raw: false }));
    const late = { stage: 'late', stageIndex: 1, variables };
    await pipeline(
      {
        a: {},
        b: {},
        all: late,
        one: { ...late, dependencies: ['a'] },
        none: { ...late, dependencies: [] },
        needy: { ...late, needs: ['b'] },
      },
      { project },
    );
    const { agent } = await make();
    for (const text of ['YAML=a\nSET=a\nONLY_A=$YAML and more\nGITLAB_USER_LOGIN=nobody\n', 'YAML=b\nONLY_B=1\n']) {
      await agent.runJob(await agent.nextJob(), { artifacts: [report(text)] });
    }
    const seen: Record<string, unknown> = {};
    for (let turn = 0; turn < 4; turn += 1) {
      const job = await agent.nextJob();
      const byKey = new Map(job.variables.map((variable) => [variable.key, variable]));
      const shown = ['YAML', 'SET', 'LEFT', 'ONLY_A', 'ONLY_B'].map((key) => byKey.get(key)?.value);
      seen[job.job_info.name] = [...shown, byKey.get('GITLAB_USER_LOGIN')?.value];
      if (byKey.has('ONLY_A')) expect(byKey.get('ONLY_A')).toMatchObject({ public: false, masked: false, file: false });
    }
    const conf = 'configuration';
    expect(seen).toEqual({
      all: ['b', 'settings', conf, 'b and more', '1', 'nobody'],
      one: ['a', 'settings', conf, 'a and more', undefined, 'nobody'],
      none: [conf, 'settings', conf, undefined, undefined, 'root'],
      needy: ['b', 'settings', conf, undefined, '1', 'root'],
    });
  });

  it('are sealed where they are kept, once for an upload that is repeated, and gone with the artifacts of the job', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const { agent, job, project } = await createAgents(server).running();
    const rows = () => app.db.selectFrom('dotenv_variables').selectAll().where('job_id', '=', job.id).orderBy('position').execute();
    for (let turn = 0; turn < 2; turn += 1) expect((await agent.uploadArtifact(job, report('B=secret-1\nA=2\n'))).status).toBe(201);
    expect((await rows()).map((row) => [row.key, app.secrets.open(row.sealed_value)])).toEqual([
      ['B', 'secret-1'],
      ['A', '2'],
    ]);
    expect(JSON.stringify(await rows())).not.toContain('secret-1');
    expect((await agent.uploadArtifact(job, report('C=3'))).status).toBe(400);
    expect(await rows()).toHaveLength(2);
    await agent.update(job, 'success');
    expect((await server.root.post(`/projects/${project.id}/jobs/${job.id}/erase`)).status).toBe(201);
    expect(await rows()).toEqual([]);
  });

  it('are not taken from a report that breaks the rules, and the agent may try again', async () => {
    await using server = await startTestServer({ engine });
    const { agent, job } = await createAgents(server).running();
    for (const [bytes, message] of [
      [gzipSync('A=1\n\n'), 'Invalid Format'],
      [Buffer.from('A=1'), 'Invalid Format'],
      [gzipSync(lines(21)), 'Dotenv files cannot have more than 20 variables'],
      [gzipSync(Buffer.alloc(8 * 1024 * 1024)), 'Dotenv Artifact Too Big. Maximum Allowable Size: 5120'],
      [Buffer.alloc(8 * 1024 * 1024), 'Dotenv Artifact Too Big. Maximum Allowable Size: 5120'],
    ] as const) {
      const answer = await agent.uploadArtifact(job, { ...report(''), bytes });
      expect([answer.status, answer.body]).toEqual([400, { message }]);
    }
    expect((await agent.uploadArtifact(job, report('A=1\n'))).status).toBe(201);
  });
});
