import { expect, it } from 'vitest';
import { compiledJob, type JobSpec } from '../../test/harness/pipelines-factory.ts';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { unsupportedFeature } from './needed-features.ts';

const artifacts = {
  name: null,
  paths: ['a'],
  exclude: ['b'],
  untracked: false,
  when: 'always' as const,
  expireIn: null,
  expireInSeconds: null,
};
const cache = { key: 'k', keyFiles: null, paths: ['a'], untracked: false, policy: 'pull', when: 'always' as const };

const cases: [needed: string | null, spec: JobSpec][] = [
  [null, {}],
  [
    null,
    { artifacts: { ...artifacts, exclude: [] }, caches: [{ ...cache, fallbackKeys: [] }], retry: { max: 2, when: [], exitCodes: [] } },
  ],
  ['upload_multiple_artifacts', { reports: [{ type: 'junit', paths: ['a'] }] }],
  ['artifacts_exclude', { artifacts }],
  ['return_exit_code', { allowFailureExitCodes: [1] }],
  ['return_exit_code', { retry: { max: 1, when: [], exitCodes: [137] } }],
  ['fallback_cache_keys', { caches: [{ ...cache, fallbackKeys: ['old'] }] }],
];

it.each(cases)('%s is needed by a job that says so', (needed, spec) => {
  const job = compiledJob('work', spec);
  expect(unsupportedFeature(job, new Set())).toBe(needed);
  expect(unsupportedFeature(job, new Set(cases.map(([flag]) => flag ?? '').filter((flag) => flag !== needed)))).toBe(needed);
  expect(unsupportedFeature(job, new Set([needed ?? '']))).toBeNull();
});

it.each(engines)('a job goes to no agent that cannot run it, and the agent gets the next one, on %s', async (engine) => {
  await using server = await startTestServer({ engine });
  const { agent: make, pipeline } = createAgents(server);
  const specs = Object.fromEntries(cases.slice(2).map(([, spec], index) => [`needy ${index}`, spec]));
  const made = await pipeline({ ...specs, plain: {} });
  const { agent } = await make({ version: '11.5.0', features: { upload_multiple_artifacts: false } });
  expect((await agent.nextJob()).job_info.name).toBe('plain');
  for (const name of Object.keys(specs)) {
    expect(await made.job(name)).toMatchObject({ status: 'failed', failureReason: 'runner_unsupported' });
  }
});
