import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { carryThrough } from '../../test/harness/persistent-agent.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';

/** Each version with which something changes that the server notices (runner protocol 16), and the last of each before. */
const versions = [
  '11.5.0',
  '11.8.0',
  '11.9.0',
  '11.10.0',
  '11.11.0',
  '12.0.0',
  '12.8.0',
  '12.9.0',
  '12.10.0',
  '13.0.0',
  '13.1.0',
  '13.3.0',
  '13.4.0',
  '13.5.0',
  '13.7.0',
  '13.8.0',
  '13.12.0',
  '14.0.0',
  '14.8.0',
  '14.10.0',
  '15.0.0',
  '15.3.0',
  '15.8.0',
  '15.10.0',
  '15.11.0',
  '16.0.0',
  '16.1.0',
  '16.6.0',
  '16.10.0',
  '17.6.0',
  '17.9.0',
  '17.11.0',
  '18.1.0',
  '18.3.0',
  '18.5.0',
  '18.7.0',
  '18.9.0',
  '19.0.0',
  '19.1.0',
  '19.2.0',
  '19.3.0',
];

const log = Buffer.from('größe\r\n\u001b[31mred\u001b[0m\r'.repeat(200));

describe.each(engines)('a pipeline on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  it.each(versions)('is carried through by a simulated agent %s', async (version) => {
    const project = await server.build.project();
    const agents = createAgents(server);
    const variables = [{ key: 'LEFT', value: 'configuration', raw: false }];
    const made = await agents.pipeline(
      {
        build: { reports: [{ type: 'dotenv', paths: ['.env'] }], timeout: 900, afterScript: ['true'] },
        test: { stageIndex: 1, variables },
        last: { stageIndex: 2 },
      },
      { project },
    );
    const { agent } = await agents.agent({ project, version });
    const build = await agent.nextJob();
    expect([build.runner_info.timeout, build.artifacts?.map((one) => one.artifact_type)]).toEqual([900, ['dotenv']]);
    const artifacts = [
      { bytes: Buffer.from('zip') },
      { type: 'dotenv', format: 'gzip', filename: '.env.gz', bytes: gzipSync('LEFT=by the job before\n') } as const,
    ];
    // The answer to a first piece was lost: the server is further than the agent knows.
    server.baton.app.logs.append(build.id, 0, log.subarray(0, 9));
    const first = await carryThrough(agent, build, { log, artifacts });
    expect(first.calls).toEqual(['POST 201', 'POST 201', 'PATCH 416', 'PATCH 202', 'PUT 200']);

    const test = await agent.nextJob();
    expect(test.variables.find((variable) => variable.key === 'LEFT')?.value).toBe('by the job before');
    expect(test.dependencies).toMatchObject([{ id: build.id, artifacts_file: { filename: 'artifacts.zip', size: 3 } }]);
    expect((await agent.downloadArtifact(test.dependencies[0]!)).bytes.toString()).toBe('zip');
    // What the server holds is not what the agent sent.
    await agent.patchTrace(test, log, 0);
    server.baton.app.logs.replace(test.id, Buffer.from('damaged'));
    agent.holdLog(test, log);
    const ended = await agent.update(test, 'success');
    if (agent.knows('13.4')) {
      expect(ended.status).toBe(412);
      expect((await carryThrough(agent, test, { log })).calls).toEqual(['PATCH 202', 'PUT 200']);
    } else expect(ended.status).toBe(200);
    const text = async (id: number) => (await server.root.get(`/projects/${project.id}/jobs/${id}/trace`)).bytes.toString();
    expect([await text(build.id), await text(test.id)]).toEqual([log.toString(), agent.knows('13.4') ? log.toString() : 'damaged']);

    const last = await agent.nextJob();
    await carryThrough(agent, last, { exitCode: 7 });
    expect(await made.job('last')).toMatchObject({
      status: 'failed',
      failureReason: 'script_failure',
      exitCode: agent.knows('13.7') ? 7 : null,
    });
    expect((await made.now()).status).toBe('failed');
  });
});
