import { Errors } from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { commitFiles } from '../../../test/harness/repositories.ts';
import { startTestServer } from '../../../test/harness/server.ts';
import { LintReply } from '../lint-api.ts';

const content = 'stages: [build]\nbuild:\n  stage: build\n  before_script: [prepare]\n  script: make\n  tags: [$CI_COMMIT_BRANCH]\n';

describe.each(engines)('lint on %s', (engine) => {
  it('checks a configuration that is given, alone or on a branch', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    const path = `/projects/${project.id}/ci/lint`;
    const ask = async (json: object) => (await server.root.post(path, { json })).body;
    expect(await ask({})).toEqual({ error: 'content is missing' });
    const fine = await ask({ content, include_jobs: true });
    expect(Errors(LintReply, fine)).toEqual([true, []]);
    const job = {
      name: 'build',
      stage: 'build',
      before_script: ['prepare'],
      script: ['make'],
      after_script: [],
      environment: null,
      when: 'on_success',
      allow_failure: false,
    };
    expect(fine).toMatchObject({
      valid: true,
      errors: [],
      warnings: [],
      merged_yaml: expect.stringContaining('script: make'),
      includes: [],
    });
    expect(fine).toMatchObject({
      jobs: [{ ...job, tag_list: ['$CI_COMMIT_BRANCH'], only: { refs: ['branches', 'tags'] }, except: null, needs: null }],
    });
    expect(await ask({ content })).not.toHaveProperty('jobs');
    expect(await ask({ content: 'build:\n  script: x\n  stage: nowhere\n' })).toMatchObject({
      valid: false,
      errors: [expect.any(String)],
      merged_yaml: null,
    });
    expect(await ask({ content, dry_run: true })).toMatchObject({ valid: false, errors: ['Reference not found'] });
    await commitFiles(await server.baton.app.repositories.create(project.id, 'main'), { a: '1' });
    const simulated = (await ask({ content, dry_run: true, include_jobs: true })) as { jobs: [object] };
    expect(simulated).toMatchObject({ valid: true, jobs: [{ ...job, tag_list: ['main'] }] });
    expect(simulated.jobs[0]).not.toHaveProperty('needs');
    expect((await server.root.get(`/projects/${project.id}/pipelines`)).body).toEqual([]);
    const reporter = (await server.build.member({ project }, 'reporter')).api;
    expect((await reporter.post(path, { json: { content } })).status).toBe(403);
  });

  it('checks the configuration in the repository', async () => {
    await using server = await startTestServer({ engine });
    const project = await server.build.project();
    const path = `/projects/${project.id}/ci/lint`;
    const repository = await server.baton.app.repositories.create(project.id, 'main');
    expect((await server.root.get(path)).status).toBe(404);
    await commitFiles(repository, { a: '1' });
    expect((await server.root.get(path)).body).toMatchObject({ valid: false, errors: ['Please provide content of .gitlab-ci.yml'] });
    const { after } = await commitFiles(repository, { '.gitlab-ci.yml': content });
    expect((await server.root.get(path)).body).toMatchObject({ valid: true });
    expect((await server.root.get(`${path}?content_ref=${after}&dry_run=true&include_jobs=true`)).body).toMatchObject({
      jobs: [{ tag_list: ['main'] }],
    });
    expect((await server.root.get(`${path}?sha=${'0'.repeat(40)}`)).status).toBe(404);
  });
});
