import { describe, expect, it } from 'vitest';
import { agentVersions, createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { uploadsOf } from './payload-uploads.ts';
import { artifactTypes } from './wire.ts';

const archive = {
  name: null,
  paths: ['dist/'],
  exclude: [],
  untracked: false,
  when: 'on_success' as const,
  expireIn: '2 days',
  expireInSeconds: 172_800,
};
const cache = {
  key: 'deps',
  keyFiles: null,
  paths: ['node_modules/'],
  untracked: false,
  policy: '$POLICY',
  when: 'always' as const,
  fallbackKeys: [],
};

describe.each(engines)('uploads, caches and times of a payload on %s', (engine) => {
  it.each(agentVersions)('are decoded by an agent %s', async (version) => {
    await using server = await startTestServer({ engine });
    const { job } = await createAgents(server).running({
      version,
      work: {
        artifacts: archive,
        reports: [
          { type: 'junit', paths: ['a.xml', 'b.xml'] },
          { type: 'dotenv', paths: ['build.env'] },
          { type: 'cobertura', paths: ['cobertura.xml'] },
          { type: 'codequality', paths: ['quality.json'] },
        ],
        caches: [cache],
        variables: [{ key: 'POLICY', value: 'pull', raw: false }],
        timeout: 10_800,
        afterScript: ['./tidy'],
      },
    });
    const report = { when: 'always', expire_in: '2 days' };
    expect(job.artifacts).toEqual([
      {
        name: null,
        untracked: false,
        paths: ['dist/'],
        when: 'on_success',
        expire_in: '2 days',
        artifact_type: 'archive',
        artifact_format: 'zip',
      },
      { ...report, name: 'junit.xml', paths: ['a.xml', 'b.xml'], artifact_type: 'junit', artifact_format: 'gzip' },
      { ...report, name: '.env', paths: ['build.env'], artifact_type: 'dotenv', artifact_format: 'gzip' },
      { ...report, name: 'cobertura-coverage.xml', paths: ['cobertura.xml'], artifact_type: 'cobertura', artifact_format: 'gzip' },
      { ...report, name: 'gl-code-quality-report.json', paths: ['quality.json'], artifact_type: 'codequality', artifact_format: 'raw' },
    ]);
    expect(job.cache).toEqual([
      { key: 'deps-non_protected', untracked: false, paths: ['node_modules/'], policy: 'pull', when: 'always', fallback_keys: [] },
    ]);
    // A job may run longer than its project allows by default.
    expect([job.runner_info.timeout, ...job.steps.map((step) => step.timeout)]).toEqual([10_800, 10_800, 10_800]);
  });

  it('keep caches of protected refs apart, unless the job says otherwise', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const caches = [
      { ...cache, policy: 'pull-push', fallbackKeys: ['old', 'older'] },
      { ...cache, key: 'shared', policy: 'push', unprotect: true, fallbackKeys: ['any'] },
    ];
    await pipeline({ work: { caches } }, { protected: true });
    expect((await (await make()).agent.nextJob()).cache).toMatchObject([
      { key: 'deps-protected', policy: 'pull-push', fallback_keys: ['old-protected', 'older-protected'] },
      { key: 'shared', fallback_keys: ['any'] },
    ]);
  });

  it.each([
    [null, null, 1234, 'project'],
    [null, 1000, 1000, 'runner'],
    [null, 2000, 1234, 'project'],
    [10_800, null, 10_800, 'job'],
    [10_800, 7200, 7200, 'runner'],
    [60, 7200, 60, 'job'],
  ] as const)('timeout of the job %s and of the runner %s make %s, of the %s', async (ofJob, ofRunner, timeout, source) => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    expect((await server.root.put(`/projects/${project.id}`, { json: { build_timeout: 1234 } })).status).toBe(200);
    const settings = ofRunner === null ? {} : { maximum_timeout: ofRunner };
    const { job, made } = await createAgents(server).running({ project, settings, work: { timeout: ofJob } });
    expect(job.runner_info.timeout).toBe(timeout);
    expect(await made.job('work')).toMatchObject({ timeout, timeoutSource: source });
  });
});

describe('the uploads of a job', () => {
  it('are reports of every type that configurations know', () => {
    const types = Object.entries(artifactTypes).filter(([, kind]) => !('internal' in kind));
    const reports = types.map(([type]) => ({ type, paths: ['x'] }));
    expect(uploadsOf({ artifacts: null, reports })).toEqual(
      types.map(([type, { fileName, format }]) => ({
        name: fileName,
        paths: ['x'],
        when: 'always',
        expire_in: null,
        artifact_type: type,
        artifact_format: format,
      })),
    );
  });

  it('are nothing that the server makes itself', () => {
    for (const type of ['archive', 'trace', 'toString'])
      expect(() => uploadsOf({ artifacts: null, reports: [{ type, paths: ['x'] }] })).toThrow(`report of type "${type}"`);
  });
});
