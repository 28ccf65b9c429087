import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import { createRunnersFactory, type RunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import type { Group } from '../../namespaces/namespace.ts';
import type { Project } from '../../namespaces/project.ts';

async function listed(api: Client, path: string): Promise<number[]> {
  const { status, body } = await api.get(path);
  expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
  return (body as { id: number }[]).map(({ id }) => id);
}

describe.each(engines)('which runners a list shows, on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;
  let top: Group;
  let middle: Group;
  let low: Group;
  let project: Project;
  let sibling: Project;
  const ids: Record<string, number> = {};

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
    const { build } = server;
    top = await build.group();
    middle = await build.group({ parent: top });
    low = await build.group({ parent: middle });
    const other = await build.group();
    project = await build.project({ group: middle });
    sibling = await build.project({ group: top });
    const specs = {
      instance: {},
      ofTop: { group: top },
      ofMiddle: { group: middle },
      ofLow: { group: low },
      ofOther: { group: other },
      ofProject: { projects: [project] },
      ofBoth: { projects: [sibling, project] },
      ofSibling: { projects: [sibling] },
      lockedPaused: { projects: [project], locked: true, paused: true },
      pausedInstance: { paused: true },
    };
    for (const [name, spec] of Object.entries(specs)) ids[name] = (await runners.runner(spec)).id;
  });
  afterAll(() => server.stop());

  const of = (...names: string[]) => names.map((name) => ids[name]);
  const ofTheProject = ['instance', 'ofTop', 'ofMiddle', 'ofProject', 'ofBoth', 'lockedPaused', 'pausedInstance'];

  it('a project: its own, those of all groups above, and all instance runners', async () => {
    expect(await listed(server.root, `/projects/${project.id}/runners`)).toEqual(of(...ofTheProject));
    expect(await listed(server.root, `/projects/${encodeURIComponent(project.fullPath)}/runners`)).toEqual(of(...ofTheProject));
    expect(await listed(server.root, `/projects/${encodeURIComponent(project.fullPath.toUpperCase())}/runners`)).toEqual(
      of(...ofTheProject),
    );
  });

  it('a project that has switched instance and group runners off: the same', async () => {
    const before = await server.root.get(`/projects/${project.id}/runners`);
    await server.root.put(`/projects/${project.id}`, { json: { shared_runners_enabled: false, group_runners_enabled: false } });
    const after = await server.root.get(`/projects/${project.id}/runners`);
    expect(await listed(server.root, `/projects/${project.id}/runners`)).toEqual(of(...ofTheProject));
    // The switch does not alter the entries either.
    expect(after.body).toEqual(before.body);
    await server.root.put(`/projects/${project.id}`, { json: { shared_runners_enabled: true, group_runners_enabled: true } });
  });

  it('a project of a person: without groups', async () => {
    const person = await server.build.person();
    const own = await server.build.project({ owner: person });
    expect(await listed(person.api, `/projects/${own.id}/runners`)).toEqual(of('instance', 'pausedInstance'));
  });

  it('a project when no instance runner is defined: none is listed', async () => {
    await using empty = await startTestServer({ engine });
    const lonely = await empty.build.project();
    expect(await listed(empty.root, `/projects/${lonely.id}/runners`)).toEqual([]);
  });

  it('a group: its own, those of the groups above, and all instance runners, but not those of subgroups and projects', async () => {
    expect(await listed(server.root, `/groups/${middle.id}/runners`)).toEqual(of('instance', 'ofTop', 'ofMiddle', 'pausedInstance'));
    expect(await listed(server.root, `/groups/${encodeURIComponent(low.fullPath)}/runners`)).toEqual(
      of('instance', 'ofTop', 'ofMiddle', 'ofLow', 'pausedInstance'),
    );
    expect(await listed(server.root, `/groups/${middle.id}/runners?type=project_type`)).toEqual([]);
  });

  it('a group whose setting switches instance runners off: the same', async () => {
    await server.root.put(`/groups/${middle.id}`, { json: { shared_runners_setting: 'disabled_and_unoverridable' } });
    expect(await listed(server.root, `/groups/${middle.id}/runners`)).toEqual(of('instance', 'ofTop', 'ofMiddle', 'pausedInstance'));
    await server.root.put(`/groups/${middle.id}`, { json: { shared_runners_setting: 'enabled' } });
  });

  it('a maintainer of a project: its project runners', async () => {
    const { api } = await server.build.member({ project }, 'maintainer');
    expect(await listed(api, '/runners')).toEqual(of('ofProject', 'ofBoth', 'lockedPaused'));
  });

  it('a maintainer of a group: project runners of its tree, but no group runners', async () => {
    const { api } = await server.build.member({ group: middle }, 'maintainer');
    expect(await listed(api, '/runners')).toEqual(of('ofProject', 'ofBoth', 'lockedPaused'));
  });

  it('an owner of a group: group runners and project runners of its tree', async () => {
    expect(await listed((await server.build.member({ group: middle }, 'owner')).api, '/runners')).toEqual(
      of('ofMiddle', 'ofLow', 'ofProject', 'ofBoth', 'lockedPaused'),
    );
    expect(await listed((await server.build.member({ group: top }, 'owner')).api, '/runners')).toEqual(
      of('ofTop', 'ofMiddle', 'ofLow', 'ofProject', 'ofBoth', 'ofSibling', 'lockedPaused'),
    );
  });

  it('people below maintainer, outsiders, and an administrator without memberships: nothing', async () => {
    for (const role of ['guest', 'reporter', 'developer'] as const)
      expect(await listed((await server.build.member({ group: top }, role)).api, '/runners')).toEqual([]);
    expect(await listed((await server.build.person()).api, '/runners')).toEqual([]);
    expect(await listed((await server.build.person({ admin: true })).api, '/runners')).toEqual([]);
  });

  it('an administrator who owns a group: what the group has, without instance runners', async () => {
    const admin = await server.build.member({ group: low }, 'owner', await server.build.person({ admin: true }));
    expect(await listed(admin.api, '/runners')).toEqual(of('ofLow'));
  });

  it('the owner of a personal namespace: runners of the own projects', async () => {
    const person = await server.build.person();
    const own = await server.build.project({ owner: person });
    const { id } = await runners.runner({ projects: [own] });
    expect(await listed(person.api, '/runners')).toEqual([id]);
    await server.root.delete(`/runners/${id}`);
  });

  it('somebody whose membership has ended: nothing', async () => {
    const { api, user } = await server.build.member({ project }, 'maintainer');
    expect((await listed(api, '/runners')).length).toBe(3);
    const today = new Date(server.clock.now()).toISOString().slice(0, 10);
    await server.baton.app.write((tx) => tx.updateTable('members').set({ expires_at: today }).where('user_id', '=', user.id).execute());
    expect(await listed(api, '/runners')).toEqual([]);
    expect((await api.get(`/runners/${ids['ofProject']}`)).status).toBe(403);
    expect((await api.get(`/projects/${project.id}/runners`)).status).toBe(404);
  });

  it('all of them: the list of administrators', async () => {
    expect(await listed(server.root, '/runners/all')).toEqual(Object.values(ids));
  });

  it('has no lists by other names', async () => {
    for (const path of [`/groups/${top.id}/runners/all`, `/projects/${project.id}/runners/all`])
      expect(await server.root.get(path)).toMatchObject({ status: 404, body: { error: '404 Not Found' } });
  });
});
