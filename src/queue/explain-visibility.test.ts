import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { startExplainScene, type ExplainScene } from '../../test/harness/explain-scene.ts';

describe.each(engines)('who is told what, on %s', (engine) => {
  let scene: ExplainScene;
  beforeAll(async () => {
    scene = await startExplainScene(engine);
  });
  beforeEach(() => scene.clear());
  afterAll(() => scene.server.stop());

  it('is told to those who may read the job, and to nobody else that there is one', async () => {
    const { build, api } = scene.server;
    const project = await build.project();
    const job = await scene.pending({}, { project });
    const url = `/baton/jobs/${job}/explain`;
    const outsider = await build.person();
    const guest = await build.member({ project }, 'guest');
    const reporter = await build.member({ project }, 'reporter');
    const scoped = await build.token(reporter, ['read_user']);
    const statuses = [];
    for (const client of [api, outsider.api, guest.api, reporter.api, scoped, api.as('glpat-dead')])
      statuses.push((await client.get(url)).status);
    expect(statuses).toEqual([404, 404, 200, 200, 403, 401]);
    const { app } = scene.server.baton;
    await app.write((tx) => tx.updateTable('projects').set({ public_jobs: 0 }).where('id', '=', project.id).execute());
    expect([(await guest.api.get(url)).status, (await reporter.api.get(url)).status]).toEqual([404, 200]);
    expect((await outsider.api.get(url)).body).toEqual((await outsider.api.get('/baton/jobs/999999/explain')).body);
    for (const id of ['0', '-1', '9007199254740993']) expect((await scene.server.root.get(`/baton/jobs/${id}/explain`)).status).toBe(404);
    expect((await scene.server.root.get('/baton/jobs/work/explain')).status).toBe(400);
  });

  it('shows single runners to those who may read them, and counts to all', async () => {
    const { build, api } = scene.server;
    const project = await build.project({ visibility: 'public' });
    const [developer, maintainer] = [await build.member({ project }, 'developer'), await build.member({ project }, 'maintainer')];
    const secret = { tags: ['secret-tag'], description: 'secret runner', maintenanceNote: 'secret note', paused: true };
    await scene.runner({ ...secret, projects: [project], contactedAt: scene.server.clock.now() });
    const shared = await scene.runner({ tags: ['open'], description: 'open runner', contactedAt: scene.server.clock.now() });
    const job = await scene.pending({ tags: ['secret-tga'] }, { project });
    const told = {
      nobody: await scene.explain(job, api),
      developer: await scene.explain(job, developer.api),
      maintainer: await scene.explain(job, maintainer.api),
    };
    const counts = { total: 2, in_scope: 2, by_type: { instance_type: 1, project_type: 1 }, can_run: 0, in_contact: 0, free: 0 };
    for (const one of Object.values(told)) expect(one.runners).toEqual({ ...counts, unmet: { tags_missing: 2, runner_paused: 1 } });
    expect(JSON.stringify([told.nobody, told.developer]).replaceAll('secret-tga', '')).not.toContain('secret');
    expect([told.nobody.nearest, told.developer.nearest.map((runner) => runner.id)]).toEqual([[], [shared.id]]);
    expect(told.developer.near_tags).toEqual([]);
    expect(told.maintainer.nearest.map((runner) => runner.description)).toEqual(['open runner', 'secret runner']);
    expect(told.maintainer.near_tags).toEqual([{ tag: 'secret-tga', near: 'secret-tag', kind: 'typo' }]);
  });

  it('suggests whom to ask where the runner may not be seen', async () => {
    const { build } = scene.server;
    const project = await build.project();
    const developer = await build.member({ project }, 'developer');
    await scene.runner({ projects: [project], description: 'secret', paused: true, contactedAt: scene.server.clock.now() });
    const job = await scene.pending({}, { project });
    const told = await scene.explain(job, developer.api);
    expect(told).toMatchObject({ code: 'runner_paused', suggestion: { code: 'resume_runner', changes: [] }, paused: [], nearest: [] });
    expect(told.suggestion?.text).toContain('ask those who look after it');
  });

  it('looks at runners of other projects for those who maintain them', async () => {
    const { build } = scene.server;
    const [project, other] = [await build.project(), await build.project()];
    const maintainer = await build.member({ project }, 'maintainer');
    const both = await build.member({ project: other }, 'maintainer', await build.member({ project }, 'maintainer'));
    const { id } = await scene.runner({ projects: [other], contactedAt: scene.server.clock.now() });
    const job = await scene.pending({}, { project });
    expect(await scene.explain(job, maintainer.api)).toMatchObject({ code: 'no_runner', nearest: [], runners: { total: 0 } });
    expect(await scene.explain(job, both.api)).toMatchObject({
      code: 'not_assigned',
      nearest: [{ id }],
      runners: { total: 1, in_scope: 0 },
    });
  });

  it('says who paused what, when and why', async () => {
    const { build, clock } = scene.server;
    const project = await build.project();
    const [developer, maintainer] = [await build.member({ project }, 'developer'), await build.member({ project }, 'maintainer')];
    const { id } = await scene.runner({ projects: [project], description: 'builder', contactedAt: clock.now() });
    const at = new Date(clock.now()).toISOString();
    await maintainer.api.put(`/runners/${id}`, { json: { paused: true, maintenance_note: 'new disk' } });
    // Nothing that has to do with the job.
    await scene.runner({ paused: true, runUntagged: false, tags: ['gpu'] });
    const job = await scene.pending({}, { project });
    const pause = { runner_id: id, description: 'builder', paused_by: maintainer.user.username, paused_at: at, note: 'new disk' };
    expect((await scene.explain(job, maintainer.api)).paused).toEqual([pause]);
    expect((await scene.explain(job, developer.api)).paused).toEqual([]);
    await maintainer.api.put(`/runners/${id}`, { json: { paused: false } });
    expect((await scene.explain(job, maintainer.api)).paused).toEqual([]);
  });

  it('shows at most five runners, the nearest first', async () => {
    const contactedAt = scene.server.clock.now();
    for (let turn = 0; turn < 4; turn += 1) await scene.runner({ tags: ['linux'], contactedAt });
    const far = await scene.runner({ contactedAt, paused: true });
    for (let turn = 0; turn < 3; turn += 1) await scene.runner({ tags: ['linux', 'gpu'], contactedAt, paused: true });
    const { nearest } = await scene.explain(await scene.pending({ tags: ['linux', 'gpu'] }));
    expect(nearest.map((runner) => runner.unmet.map((one) => one.code))).toEqual([
      ['runner_paused'],
      ['runner_paused'],
      ['runner_paused'],
      ['tags_missing'],
      ['tags_missing'],
    ]);
    expect(nearest.map((runner) => runner.id)).not.toContain(far.id);
  });
});
