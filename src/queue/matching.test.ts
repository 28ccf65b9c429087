import { describe, expect, it } from 'vitest';
import { createAgents, type AgentOptions } from '../../test/harness/agents.ts';
import { engines, type Engine } from '../../test/harness/databases.ts';
import type { JobSpec } from '../../test/harness/pipelines-factory.ts';
import { startTestServer, type TestServer } from '../../test/harness/server.ts';
import type { NewPipeline } from '../pipelines/creation-store.ts';
import type { Project } from '../namespaces/project.ts';

interface Scene {
  runner?: AgentOptions;
  project?: Project;
  job?: JobSpec;
  on?: Partial<NewPipeline>;
}

/** Whether a runner gets a job: 201 or 204. */
async function meet(server: TestServer, { runner, project, job = {}, on = {} }: Scene): Promise<number> {
  const { agent: make, pipeline } = createAgents(server);
  const { agent } = await make(runner);
  const made = await pipeline({ work: job }, { ...on, ...(project === undefined ? {} : { project }) });
  const { status } = await agent.request();
  expect(await made.statuses()).toEqual({ work: status === 201 ? 'running' : 'pending' });
  return status;
}

async function start(engine: Engine) {
  const server = await startTestServer({ engine });
  const set = (project: Project, json: Record<string, unknown>) => server.root.put(`/projects/${project.id}`, { json });
  return { server, set };
}

describe.each(engines)('matching on %s', (engine) => {
  it('goes by tags', async () => {
    const { server } = await start(engine);
    await using _ = server;
    for (const [name, tags, runUntagged, jobTags, status] of [
      ['an untagged job, a runner for all', [], true, [], 201],
      ['an untagged job, a tagged runner for all', ['linux'], true, [], 201],
      ['an untagged job, a runner for tagged ones', ['linux'], false, [], 204],
      ['all tags', ['linux', 'docker'], false, ['docker', 'linux'], 201],
      ['some of the tags', ['linux', 'docker'], false, ['linux'], 201],
      ['a tag too many', ['linux'], true, ['linux', 'gpu'], 204],
      ['another case', ['linux'], true, ['Linux'], 204],
      ['odd characters', ["a'b", 'größe', 'a b'], true, ['größe', 'a b'], 201],
    ] as [string, string[], boolean, string[], number][]) {
      const project = await server.build.project();
      const runner = { project, tags, settings: { run_untagged: runUntagged } };
      expect([name, await meet(server, { runner, project, job: { tags: jobTags } })]).toEqual([name, status]);
    }
  });

  it('goes by protection', async () => {
    const { server } = await start(engine);
    await using _ = server;
    const runner = { settings: { access_level: 'ref_protected' } };
    expect(await meet(server, { runner, on: { protected: true } })).toBe(201);
    expect(await meet(server, { on: { protected: true } })).toBe(201);
    expect(await meet(server, { runner, on: { protected: false } })).toBe(204);
  });

  it('gives instance runners to projects that allow them', async () => {
    const { server, set } = await start(engine);
    await using _ = server;
    expect(await meet(server, { project: await server.build.project() })).toBe(201);
    expect(await meet(server, { project: await server.build.project({ sharedRunners: false }) })).toBe(204);
    const without = await server.build.project();
    await set(without, { jobs_enabled: false });
    expect(await meet(server, { project: without })).toBe(204);
  });

  it('gives group runners to projects below their group that allow them', async () => {
    const { server } = await start(engine);
    await using _ = server;
    const group = await server.build.group();
    const below = await server.build.group({ parent: await server.build.group({ parent: group }) });
    const other = await server.build.group();
    const runner = { group };
    const off = { sharedRunners: false };
    expect(await meet(server, { runner, project: await server.build.project({ group, ...off }) })).toBe(201);
    expect(await meet(server, { runner, project: await server.build.project({ group: below, ...off }) })).toBe(201);
    expect(await meet(server, { runner, project: await server.build.project({ group: other }) })).toBe(204);
    expect(await meet(server, { runner, project: await server.build.project() })).toBe(204);
    expect(await meet(server, { runner, project: await server.build.project({ group, groupRunners: false }) })).toBe(204);
    expect(await meet(server, { runner: { group: below }, project: await server.build.project({ group }) })).toBe(204);
  });

  it('gives project runners to the projects that they are assigned to, locked or not', async () => {
    const { server } = await start(engine);
    await using _ = server;
    const closed = { sharedRunners: false, groupRunners: false };
    const [project, second] = [await server.build.project(closed), await server.build.project(closed)];
    expect(await meet(server, { runner: { project, settings: { locked: true } }, project })).toBe(201);
    expect(await meet(server, { runner: { project }, project: second })).toBe(204);
    const { agent: make } = createAgents(server);
    const { agent, runnerId } = await make({ project });
    expect((await agent.request()).status).toBe(204);
    await server.root.post(`/projects/${second.id}/runners`, { json: { runner_id: runnerId } });
    expect((await agent.request()).status).toBe(201);
  });

  it('takes up a change of the runner with the next request', async () => {
    const { server } = await start(engine);
    await using _ = server;
    const { agent: make, pipeline } = createAgents(server);
    const { agent, runnerId } = await make({ tags: ['linux'] });
    await pipeline({ work: { tags: ['gpu'] } });
    expect((await agent.request()).status).toBe(204);
    await server.root.put(`/runners/${runnerId}`, { json: { tag_list: ['gpu'] } });
    expect((await agent.request()).status).toBe(201);
  });

  it('hands out what is pending alone', async () => {
    const { server } = await start(engine);
    await using _ = server;
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    const made = await pipeline({
      build: { stage: 'build', stageIndex: 0 },
      test: { stage: 'test', stageIndex: 1 },
      deploy: { stage: 'test', stageIndex: 1, when: 'manual' },
    });
    const build = await agent.nextJob();
    expect(build.job_info.name).toBe('build');
    expect((await agent.request()).status).toBe(204);
    await agent.runJob(build);
    expect((await agent.nextJob()).job_info.name).toBe('test');
    expect((await agent.request()).status).toBe(204);
    expect((await made.statuses())['deploy']).toBe('manual');
    await server.root.post(`/projects/${made.project.id}/jobs/${made.jobs['deploy']!.id}/play`);
    expect((await agent.nextJob()).job_info.name).toBe('deploy');
  });
});

describe.each(engines)('the order of jobs on %s', (engine) => {
  /** Names of the jobs in the order in which one agent gets them. */
  async function order(server: TestServer, runner: AgentOptions, count: number): Promise<string[]> {
    const { agent } = await createAgents(server).agent(runner);
    const names: string[] = [];
    for (let turn = 0; turn < count; turn += 1) names.push((await agent.nextJob(1)).job_info.name);
    return names;
  }

  it('is oldest first for runners of groups and projects', async () => {
    const { server } = await start(engine);
    await using _ = server;
    const { pipeline } = createAgents(server);
    const group = await server.build.group();
    const [one, two] = [await server.build.project({ group }), await server.build.project({ group })];
    await pipeline({ a: {}, b: {} }, { project: one });
    await pipeline({ c: {} }, { project: two });
    await pipeline({ d: {} }, { project: one });
    expect(await order(server, { group }, 4)).toEqual(['a', 'b', 'c', 'd']);
    await pipeline({ e: {}, f: {} }, { project: one });
    expect(await order(server, { project: one }, 2)).toEqual(['e', 'f']);
  });

  it('is fair between projects for instance runners', async () => {
    const { server } = await start(engine);
    await using _ = server;
    const { agent: make, pipeline } = createAgents(server);
    const [busy, quiet, own] = [await server.build.project(), await server.build.project(), await server.build.project()];
    await pipeline({ a: {}, b: {}, c: {} }, { project: busy });
    // What runs on a runner of the project does not count.
    await pipeline({ x: {} }, { project: own });
    await (await make({ project: own })).agent.nextJob();
    await pipeline({ d: {}, e: {} }, { project: quiet });
    await pipeline({ f: {} }, { project: own });
    expect(await order(server, {}, 6)).toEqual(['a', 'd', 'f', 'b', 'e', 'c']);
  });
});
