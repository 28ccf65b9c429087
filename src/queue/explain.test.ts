import { Errors } from 'typebox/schema';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { startExplainScene, type ExplainScene } from '../../test/harness/explain-scene.ts';
import { Explanation } from './explain-api.ts';
import type { ExplainCode, SuggestionCode } from './explain-codes.ts';

const minute = 60_000;
const archive = {
  name: null,
  paths: ['a'],
  exclude: ['b'],
  untracked: false,
  when: 'on_success',
  expireIn: null,
  expireInSeconds: null,
} as const;

interface Expected {
  code: ExplainCode;
  suggestion: SuggestionCode;
  /** The requests and other changes; `R` stands for the runner's id, `P` for the project's. */
  changes?: string[];
  /** Part of the sentence. */
  says?: string;
}
/** Makes a situation; gives the job and the runner that it is about. */
type Situation = (scene: ExplainScene) => Promise<{ job: number; runner?: number }>;

const situations: [string, Situation, Expected][] = [
  [
    'no runner at all',
    async ({ pending }) => ({ job: await pending({ tags: ['gpu'] }) }),
    {
      code: 'no_runner',
      suggestion: 'register_runner',
      changes: ['POST /user/runners {"runner_type":"project_type","project_id":P,"tag_list":["gpu"]}'],
    },
  ],
  [
    'all paused',
    async (scene) => {
      const runner = await scene.idle();
      await scene.server.root.put(`/runners/${runner}`, { json: { paused: true } });
      return { job: await scene.pending(), runner };
    },
    { code: 'runner_paused', suggestion: 'resume_runner', changes: ['PUT /runners/R {"paused":false}'], says: 'paused' },
  ],
  [
    'a slip in a tag',
    async (scene) => ({ runner: await scene.idle({ tags: ['docker', 'linux'] }), job: await scene.pending({ tags: ['linux', 'dokcer'] }) }),
    {
      code: 'tag_typo',
      suggestion: 'correct_tags',
      changes: ['.gitlab-ci.yml {"job":"work","tags":["docker","linux"]}'],
      says: '"docker"',
    },
  ],
  [
    'capitals in a tag',
    async (scene) => ({ runner: await scene.idle({ tags: ['linux-x64'] }), job: await scene.pending({ tags: ['Linux_X64'] }) }),
    { code: 'tag_typo', suggestion: 'correct_tags', changes: ['.gitlab-ci.yml {"job":"work","tags":["linux-x64"]}'] },
  ],
  [
    'a tag that no runner has',
    async (scene) => ({ runner: await scene.idle({ tags: ['linux'] }), job: await scene.pending({ tags: ['linux', 'gpu'] }) }),
    { code: 'tags_missing', suggestion: 'add_runner_tags', changes: ['PUT /runners/R {"tag_list":["linux","gpu"]}'], says: '"gpu"' },
  ],
  [
    'tags that are spread over two runners',
    async (scene) => {
      const runner = await scene.idle({ tags: ['linux'] });
      await scene.idle({ tags: ['gpu'] });
      return { runner, job: await scene.pending({ tags: ['linux', 'gpu'] }) };
    },
    { code: 'tags_missing', suggestion: 'add_runner_tags', changes: ['PUT /runners/R {"tag_list":["linux","gpu"]}'] },
  ],
  [
    'untagged jobs refused',
    async (scene) => ({ runner: await scene.idle({ tags: ['linux'], settings: { run_untagged: false } }), job: await scene.pending() }),
    { code: 'untagged_not_allowed', suggestion: 'allow_untagged', changes: ['PUT /runners/R {"run_untagged":true}'] },
  ],
  [
    'runners for protected refs alone',
    async (scene) => ({ runner: await scene.idle({ settings: { access_level: 'ref_protected' } }), job: await scene.pending() }),
    { code: 'ref_not_protected', suggestion: 'protect_ref', changes: ['POST /projects/P/protected_branches {"name":"main"}'] },
  ],
  [
    'the same for a tag',
    async (scene) => ({
      runner: await scene.idle({ settings: { access_level: 'ref_protected' } }),
      job: await scene.pending({}, { ref: 'v1', tag: true }),
    }),
    { code: 'ref_not_protected', suggestion: 'protect_ref', changes: ['POST /projects/P/protected_tags {"name":"v1"}'] },
  ],
  [
    'locked to another project',
    async (scene) => {
      const runner = await scene.idle({ project: await scene.server.build.project(), settings: { locked: true } });
      return { runner, job: await scene.pending() };
    },
    {
      code: 'not_assigned',
      suggestion: 'assign_runner',
      changes: ['PUT /runners/R {"locked":false}', 'POST /projects/P/runners {"runner_id":R}'],
      says: 'locked',
    },
  ],
  [
    'assigned to another project',
    async (scene) => {
      const runner = await scene.idle({ project: await scene.server.build.project(), settings: { locked: false } });
      return { runner, job: await scene.pending() };
    },
    { code: 'not_assigned', suggestion: 'assign_runner', changes: ['POST /projects/P/runners {"runner_id":R}'] },
  ],
  [
    'runners of another group',
    async (scene) => ({ runner: await scene.idle({ group: await scene.server.build.group() }), job: await scene.pending() }),
    { code: 'no_runner', suggestion: 'register_runner' },
  ],
  [
    'instance runners switched off',
    async (scene) => {
      const project = await scene.server.build.project({ sharedRunners: false });
      return { runner: await scene.idle(), job: await scene.pending({}, { project }) };
    },
    {
      code: 'shared_runners_disabled',
      suggestion: 'enable_shared_runners',
      changes: ['PUT /projects/P {"shared_runners_enabled":true}'],
    },
  ],
  [
    'group runners switched off',
    async (scene) => {
      const group = await scene.server.build.group();
      const project = await scene.server.build.project({ group, groupRunners: false });
      return { runner: await scene.idle({ group }), job: await scene.pending({}, { project }) };
    },
    { code: 'group_runners_disabled', suggestion: 'enable_group_runners', changes: ['PUT /projects/P {"group_runners_enabled":true}'] },
  ],
  [
    'jobs switched off',
    async (scene) => {
      const project = await scene.server.build.project();
      const job = await scene.pending({}, { project });
      await scene.server.root.put(`/projects/${project.id}`, { json: { jobs_enabled: false } });
      return { runner: await scene.idle(), job };
    },
    { code: 'jobs_disabled', suggestion: 'enable_jobs', changes: ['PUT /projects/P {"jobs_enabled":true}'] },
  ],
  [
    'never in contact',
    async (scene) => ({ runner: (await scene.agent()).runnerId, job: await scene.pending() }),
    { code: 'never_contacted', suggestion: 'connect_agent', changes: ['machine {"runner_id":R,"run":"gitlab-runner register"}'] },
  ],
  [
    'all machines lost',
    async (scene) => {
      const runner = await scene.idle();
      scene.server.clock.advance(2 * minute);
      return { runner, job: await scene.pending() };
    },
    { code: 'offline', suggestion: 'start_agent', changes: ['machine {"runner_id":R,"run":"gitlab-runner start"}'] },
  ],
  [
    'lost for a long time',
    async (scene) => {
      const contactedAt = scene.server.clock.now() - 60 * minute;
      return { runner: (await scene.runner({ contactedAt })).id, job: await scene.pending() };
    },
    { code: 'offline', suggestion: 'start_agent' },
  ],
  [
    'late, which may come back with its next call',
    async (scene) => {
      const runner = await scene.idle();
      scene.server.clock.advance(1.5 * minute);
      return { runner, job: await scene.pending() };
    },
    { code: 'queued', suggestion: 'wait' },
  ],
  [
    'agents that are too old',
    async (scene) => ({
      runner: await scene.idle({ version: '13.0.0' }),
      job: await scene.pending({ artifacts: { ...archive, exclude: ['b'], paths: ['a'] } }),
    }),
    {
      code: 'feature_missing',
      suggestion: 'update_agent',
      changes: ['machine {"runner_id":R,"agent_version":"13.1"}'],
      says: 'artifacts_exclude',
    },
  ],
  [
    'agents that are new enough',
    async (scene) => ({
      runner: await scene.idle({ version: '13.1.0' }),
      job: await scene.pending({ artifacts: { ...archive, exclude: ['b'], paths: ['a'] } }),
    }),
    { code: 'queued', suggestion: 'wait' },
  ],
  [
    'all runners at work',
    async (scene) => {
      const { agent, runnerId } = await scene.agent();
      await scene.pending();
      await agent.nextJob();
      return { runner: runnerId, job: await scene.pending() };
    },
    { code: 'runners_busy', suggestion: 'add_capacity', says: 'at work' },
  ],
  [
    'a runner at work that asks for more',
    async (scene) => {
      const { agent, runnerId } = await scene.agent();
      await scene.pending();
      await agent.nextJob();
      scene.server.clock.advance(3000);
      await agent.request();
      return { runner: runnerId, job: await scene.pending() };
    },
    { code: 'queued', suggestion: 'wait' },
  ],
  ['just queued', async (scene) => ({ runner: await scene.idle(), job: await scene.pending() }), { code: 'queued', suggestion: 'wait' }],
  [
    'two changes at once',
    async (scene) => {
      const { id } = await scene.runner({ tags: ['linux'], paused: true, contactedAt: scene.server.clock.now() });
      return { runner: id, job: await scene.pending({ tags: ['linux', 'gpu'] }) };
    },
    {
      code: 'runner_paused',
      suggestion: 'resume_runner',
      changes: ['PUT /runners/R {"paused":false}', 'PUT /runners/R {"tag_list":["linux","gpu"]}'],
      says: 'paused, and without "gpu"',
    },
  ],
  [
    'a blocked user',
    async (scene) => {
      const project = await scene.server.build.project();
      const { user } = await scene.server.build.member({ project }, 'developer');
      const job = await scene.pending({}, { project, userId: user.id });
      await scene.server.root.post(`/users/${user.id}/block`);
      return { runner: await scene.idle({ settings: { paused: true } }), job };
    },
    { code: 'user_blocked', suggestion: 'unblock_user' },
  ],
  [
    'artifacts that are gone',
    async (scene) => {
      const made = await scene.pipeline({ build: {}, work: { stageIndex: 1, dependencies: ['build'] } });
      const { agent, runnerId } = await scene.agent();
      await agent.runJob(await agent.nextJob());
      const values = { erased_at: scene.server.clock.now() };
      await scene.server.baton.app.write((tx) => tx.updateTable('jobs').set(values).where('id', '=', scene.jobOf(made, 'build')).execute());
      return { runner: runnerId, job: scene.jobOf(made, 'work') };
    },
    { code: 'dependency_missing', suggestion: 'retry_dependency' },
  ],
  [
    'some runners busy, others lost: the busy ones are told',
    async (scene) => {
      await scene.runner({ contactedAt: scene.server.clock.now() - 60 * minute });
      const { agent, runnerId } = await scene.agent();
      await scene.pending();
      await agent.nextJob();
      return { runner: runnerId, job: await scene.pending() };
    },
    { code: 'runners_busy', suggestion: 'add_capacity', says: 'The only runner in contact' },
  ],
  [
    'a paused runner that fits goes before one that lacks a tag',
    async (scene) => {
      await scene.idle({ tags: ['linux'] });
      const runner = await scene.idle({ tags: ['linux', 'gpu'], settings: { paused: true } });
      return { runner, job: await scene.pending({ tags: ['linux', 'gpu'] }) };
    },
    { code: 'runner_paused', suggestion: 'resume_runner', changes: ['PUT /runners/R {"paused":false}'] },
  ],
  [
    'an own configuration file is named',
    async (scene) => {
      const project = await scene.server.build.project();
      await scene.server.root.put(`/projects/${project.id}`, { json: { ci_config_path: 'ci/main.yml' } });
      return { runner: await scene.idle({ tags: ['windows'] }), job: await scene.pending({ tags: ['windwos'] }, { project }) };
    },
    { code: 'tag_typo', suggestion: 'correct_tags', changes: ['ci/main.yml {"job":"work","tags":["windows"]}'] },
  ],
  [
    'given to a machine that has not confirmed',
    async (scene) => {
      const runner = await scene.idle();
      const job = await scene.pending();
      const { app } = scene.server.baton;
      await app.write(async (tx) => {
        await tx.deleteFrom('pending_jobs').where('job_id', '=', job).execute();
        const row = { job_id: job, project_id: 1, runner_id: runner, manager_id: 1, confirm_by: app.clock.now() + 2 * minute };
        await tx.insertInto('unconfirmed_jobs').values(row).execute();
      });
      return { runner, job };
    },
    { code: 'unconfirmed', suggestion: 'wait', says: 'confirm' },
  ],
];

describe.each(engines)('why a job is pending, on %s', (engine) => {
  let scene: ExplainScene;
  beforeAll(async () => {
    scene = await startExplainScene(engine);
  });
  beforeEach(() => scene.clear());
  afterAll(() => scene.server.stop());

  it.each(situations)('%s', async (_name, situation, expected) => {
    const { job, runner } = await situation(scene);
    const told = await scene.explain(job);
    expect(Errors(Explanation, told)).toEqual([true, []]);
    expect([told.code, told.suggestion?.code]).toEqual([expected.code, expected.suggestion]);
    if (expected.says !== undefined) expect(told.state).toContain(expected.says);
    if (expected.changes !== undefined) {
      const changes = expected.changes.map((text) =>
        text.replaceAll(/\bR\b/g, String(runner)).replaceAll(/\bP\b/g, String(told.job.project.id)),
      );
      expect(changesOf(told)).toEqual(changes);
    }
  });
});

function changesOf({ suggestion }: Explanation): string[] {
  return (suggestion?.changes ?? []).map(({ kind, method, path, parameters }) =>
    [kind === 'machine' ? kind : (method ?? ''), path ?? '', JSON.stringify(parameters)].filter((part) => part !== '').join(' '),
  );
}
