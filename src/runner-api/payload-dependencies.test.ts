import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';

const archive = { bytes: Buffer.from('zip') };

describe.each(engines)('the dependencies of a job on %s', (engine) => {
  it('are those that its configuration names', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    const late = { stage: 'late', stageIndex: 1 };
    await pipeline({
      a: {},
      b: {},
      bare: {},
      all: late,
      one: { ...late, dependencies: ['a'] },
      none: { ...late, dependencies: [] },
      needy: { ...late, needs: ['b'] },
      both: { ...late, needs: ['a', 'b'], dependencies: ['b'] },
    });
    for (const artifacts of [[archive], [archive], []]) await agent.runJob(await agent.nextJob(), { artifacts });
    const seen: Record<string, (string | undefined)[]> = {};
    for (let turn = 0; turn < 5; turn += 1) {
      const job = await agent.nextJob();
      seen[job.job_info.name] = job.dependencies.filter((one) => one.artifacts_file !== undefined).map((one) => one.name);
      for (const one of job.dependencies) expect(one.token).toBe(job.token);
    }
    expect(seen).toEqual({ all: ['a', 'b'], one: ['a'], none: [], needy: ['b'], both: ['b'] });
  });

  it('are without a file when there is no archive, or none any more, or only a report', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    await pipeline({ bare: {}, brief: {}, report: {}, test: { stageIndex: 1 } });
    await agent.runJob(await agent.nextJob());
    await agent.runJob(await agent.nextJob(), { artifacts: [{ ...archive, expireIn: '1 hour' }] });
    await agent.runJob(await agent.nextJob(), { artifacts: [{ ...archive, type: 'junit', format: 'gzip' }] });
    server.clock.advance(60 * 60_000);
    const { dependencies } = await agent.nextJob();
    expect(dependencies.map(({ name, artifacts_file: file }) => [name, file])).toEqual([
      ['bare', undefined],
      ['brief', undefined],
      ['report', undefined],
    ]);
    for (const one of dependencies) expect(Object.keys(one)).toEqual(['id', 'name', 'token']);
  });

  it('are the newest try of a job', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const made = await pipeline({ build: {}, test: { stageIndex: 1 } });
    const { agent } = await make();
    await agent.runJob(await agent.nextJob(), { artifacts: [archive] });
    await server.root.post(`/projects/${made.project.id}/jobs/${made.jobs['build']!.id}/retry`);
    const names: string[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const job = await agent.nextJob();
      names.push(job.job_info.name);
      if (job.job_info.name === 'build') await agent.runJob(job, { artifacts: [{ bytes: Buffer.from('newer zip') }] });
      else expect(job.dependencies).toMatchObject([{ id: (await made.job('build')).id }]);
    }
    expect(names.toSorted()).toEqual(['build', 'test']);
  });
});
