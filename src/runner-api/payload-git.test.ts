import { describe, expect, it } from 'vitest';
import { createAgents } from '../../test/harness/agents.ts';
import { engines } from '../../test/harness/databases.ts';
import { commitOver } from '../../test/harness/git-project.ts';
import { startTestServer } from '../../test/harness/server.ts';

const own = (id: number) => `+refs/pipelines/${id}:refs/pipelines/${id}`;
const all = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];

describe.each(engines)('what a job is told to fetch on %s', (engine) => {
  it('goes by ref and depth', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    const branch = ['+refs/heads/feature/x:refs/remotes/origin/feature/x'];
    for (const { tag, wanted, refspecs, depth } of [
      { tag: false, wanted: null, refspecs: branch, depth: 20 },
      { tag: true, wanted: null, refspecs: ['+refs/tags/feature/x:refs/tags/feature/x'], depth: 20 },
      { tag: false, wanted: '5', refspecs: branch, depth: 5 },
      { tag: false, wanted: '0', refspecs: all, depth: 0 },
      { tag: true, wanted: '0', refspecs: all, depth: 0 },
      { tag: false, wanted: 'many', refspecs: branch, depth: 20 },
    ]) {
      const variables = wanted === null ? [] : [{ key: 'GIT_DEPTH', value: wanted, raw: false }];
      const made = await pipeline({ work: { variables } }, { ref: 'feature/x', tag, protected: true, beforeSha: 'b'.repeat(40) });
      const job = await agent.nextJob();
      expect(job.git_info).toMatchObject({
        ref: 'feature/x',
        ref_type: tag ? 'tag' : 'branch',
        before_sha: 'b'.repeat(40),
        protected: true,
        depth,
        refspecs: [own(made.pipeline.id), ...refspecs],
      });
    }
  });

  it('follows the settings of the project, which a variable overrides', async () => {
    await using server = await startTestServer({ engine });
    const { agent: make, pipeline } = createAgents(server);
    const { agent } = await make();
    const project = await server.build.project();
    const next = async () => {
      await pipeline({ work: {} }, { project });
      return agent.nextJob();
    };
    await server.root.put(`/projects/${project.id}`, { json: { ci_default_git_depth: 0, build_git_strategy: 'clone' } });
    const whole = await next();
    expect([whole.allow_git_fetch, whole.git_info.depth, whole.git_info.refspecs.slice(1)]).toEqual([false, 0, all]);
    await server.root.post(`/projects/${project.id}/variables`, { json: { key: 'GIT_DEPTH', value: '3' } });
    const shallow = await next();
    expect(shallow.git_info.depth).toBe(3);
    expect(shallow.variables).toContainEqual(expect.objectContaining({ key: 'GIT_DEPTH', value: '3' }));
  });

  it('is there when the job is handed out', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    const sha = await commitOver(server.root, project, { '.gitlab-ci.yml': 'work: { script: [make] }' });
    const job = await (await createAgents(server).agent()).agent.nextJob();
    expect(job.git_info.sha).toBe(sha);
    const { git_info: info } = job;
    const refs = await fetch(`${info.repo_url.replace(/\/\/[^@]+@/, '//')}/info/refs?service=git-upload-pack`, {
      headers: { Authorization: `Basic ${Buffer.from(`gitlab-ci-token:${job.token}`).toString('base64')}` },
    });
    expect(refs.status).toBe(200);
    expect(await refs.text()).toContain(`${sha} refs/pipelines/${job.job_info.pipeline_id}`);
  });

  it('has an address that keeps the prefix of the server', async () => {
    await using server = await startTestServer({ engine });
    server.baton.app.url = 'https://ci.example.com/baton';
    const { job, project } = await createAgents(server).running();
    expect(job.git_info.repo_url).toBe(`https://gitlab-ci-token:${job.token}@ci.example.com/baton/${project.fullPath}.git`);
  });
});
