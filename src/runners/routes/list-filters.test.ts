import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { createRunnersFactory, type RunnerSpec } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import type { Group } from '../../namespaces/namespace.ts';
import type { Project } from '../../namespaces/project.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

type Scopes = Record<'all' | 'owned' | 'project' | 'group', string[]>;

describe.each(engines)('filters of the lists of runners on %s', (engine) => {
  let server: TestServer;
  let group: Group;
  let project: Project;
  let owner: Person;
  const names = new Map<number, string>();

  beforeAll(async () => {
    server = await startTestServer({ engine });
    const { build } = server;
    group = await build.group();
    project = await build.project({ group });
    owner = await build.member({ group }, 'owner');
    const stranger = await build.project();
    const now = server.clock.now();
    const made: Record<string, RunnerSpec> = {
      // Online for two hours, to the millisecond (runners API R5).
      fresh: { tags: ['docker', 'linux'], contactedAt: now, versions: ['16.1.0', '15.11.2'] },
      atTheEdge: { projects: [project], tags: ['linux'], contactedAt: now - 2 * hour + 1, versions: ['16.10.3'] },
      justOver: { projects: [project], tags: ['linux', 'docker'], contactedAt: now - 2 * hour, versions: ['16.1.7'] },
      pausedOnline: { group, paused: true, contactedAt: now - minute, versions: ['17.0.0'] },
      pausedNever: { paused: true, tags: ['docker'] },
      // Stale: older than a week, and so long without contact (runners API B.1).
      staleContact: { group, createdAt: now - 30 * day, contactedAt: now - 7 * day },
      almostStale: { createdAt: now - 30 * day, contactedAt: now - 7 * day + 1 },
      staleNever: { projects: [project], createdAt: now - 7 * day },
      youngNever: {
        projects: [stranger],
        createdAt: now - 7 * day + 1,
        tags: ['Docker', 'under_score', 'per%cent', 'quo"te', 'back\\slash'],
      },
    };
    const factory = createRunnersFactory(server.baton.app);
    for (const [name, spec] of Object.entries(made)) names.set((await factory.runner({ description: name, ...spec })).id, name);
  });
  afterAll(() => server.stop());

  async function listed(path: string, query: string, api = server.root): Promise<string[]> {
    const { status, body } = await api.get(`${path}?${query}`);
    expect(status, `${path}?${query}: ${JSON.stringify(body)}`).toBe(200);
    return (body as { id: number }[]).map(({ id }) => names.get(id) ?? `unknown ${id}`);
  }

  const all = ['fresh', 'atTheEdge', 'justOver', 'pausedOnline', 'pausedNever', 'staleContact', 'almostStale', 'staleNever', 'youngNever'];
  const owned = ['atTheEdge', 'justOver', 'pausedOnline', 'staleContact', 'staleNever'];
  const ofProject = all.filter((name) => name !== 'youngNever');
  const ofGroup = ofProject.filter((name) => !['atTheEdge', 'justOver', 'staleNever'].includes(name));
  const everywhere = (some: readonly string[]): Scopes => ({
    all: all.filter((name) => some.includes(name)),
    owned: owned.filter((name) => some.includes(name)),
    project: ofProject.filter((name) => some.includes(name)),
    group: ofGroup.filter((name) => some.includes(name)),
  });

  const cases: [query: string, found: readonly string[]][] = [
    ['', all],
    ['status=active', all.filter((name) => !name.startsWith('paused'))],
    ['status=paused', ['pausedOnline', 'pausedNever']],
    ['status=online', ['fresh', 'atTheEdge', 'pausedOnline']],
    // In contact, but not of late; stale ones are among them, those never in contact are not (runners API R6).
    ['status=offline', ['justOver', 'staleContact', 'almostStale']],
    ['status=never_contacted', ['pausedNever', 'staleNever', 'youngNever']],
    ['status=stale', ['staleContact', 'staleNever']],
    ['paused=true', ['pausedOnline', 'pausedNever']],
    ['paused=false', all.filter((name) => !name.startsWith('paused'))],
    ['paused=1', ['pausedOnline', 'pausedNever']],
    ['type=instance_type', ['fresh', 'pausedNever', 'almostStale']],
    ['type=group_type', ['pausedOnline', 'staleContact']],
    ['type=project_type', ['atTheEdge', 'justOver', 'staleNever', 'youngNever']],
    ['tag_list=docker', ['fresh', 'justOver', 'pausedNever']],
    ['tag_list=docker,linux', ['fresh', 'justOver']],
    ['tag_list=linux, docker', ['fresh', 'justOver']],
    ['tag_list[]=linux&tag_list[]=docker', ['fresh', 'justOver']],
    ['tag_list=', all],
    ['tag_list=dock', []],
    ['tag_list=under_score', ['youngNever']],
    ['tag_list=underXscore', []],
    ['tag_list=per%25cent', ['youngNever']],
    ['tag_list=quo%22te', ['youngNever']],
    ['tag_list=te', []],
    ['tag_list=Docker', ['youngNever']],
    ['tag_list=back%5Cslash', ['youngNever']],
    ['tag_list=%25', []],
    ['tag_list=%22', []],
    ['version_prefix=16.1', ['fresh', 'justOver']],
    ['version_prefix=16.1.', ['fresh', 'justOver']],
    ['version_prefix=16', ['fresh', 'atTheEdge', 'justOver']],
    ['version_prefix=15.11.2', ['fresh']],
    ['version_prefix=9', []],
    // All conditions together.
    ['status=online&paused=true', ['pausedOnline']],
    ['status=online&tag_list=docker', ['fresh']],
    ['status=offline&type=project_type', ['justOver']],
    ['status=never_contacted&paused=true&tag_list=docker&type=instance_type', ['pausedNever']],
    ['status=stale&version_prefix=16', []],
    ['foo=bar&status=stale', ['staleContact', 'staleNever']],
  ];

  it.each(cases)('%s', async (query, found) => {
    const expected = everywhere(found);
    expect(await listed('/runners/all', query)).toEqual(expected.all);
    expect(await listed('/runners', query, owner.api)).toEqual(expected.owned);
    expect(await listed(`/projects/${project.id}/runners`, query)).toEqual(expected.project);
    expect(await listed(`/groups/${group.id}/runners`, query)).toEqual(expected.group);
  });

  it.each([
    ['active', all.filter((name) => !name.startsWith('paused'))],
    ['paused', ['pausedOnline', 'pausedNever']],
    ['online', ['fresh', 'atTheEdge', 'pausedOnline']],
    ['offline', ['justOver', 'staleContact', 'almostStale']],
    ['never_contacted', ['pausedNever', 'staleNever', 'youngNever']],
    ['stale', ['staleContact', 'staleNever']],
  ])('scope=%s', async (scope, found) => {
    const expected = everywhere(found);
    expect(await listed('/runners/all', `scope=${scope}`)).toEqual(expected.all);
    expect(await listed('/runners', `scope=${scope}`, owner.api)).toEqual(expected.owned);
    expect(await listed(`/projects/${project.id}/runners`, `scope=${scope}`)).toEqual(expected.project);
  });

  it.each([
    ['shared', ['fresh', 'pausedNever', 'almostStale']],
    // Has always meant what is not shared, so group runners too (runners API D17).
    ['specific', all.filter((name) => !['fresh', 'pausedNever', 'almostStale'].includes(name))],
    ['instance_type', ['fresh', 'pausedNever', 'almostStale']],
    ['group_type', ['pausedOnline', 'staleContact']],
    ['project_type', ['atTheEdge', 'justOver', 'staleNever', 'youngNever']],
  ])('scope=%s, which the list of owned runners does not take', async (scope, found) => {
    const expected = everywhere(found);
    expect(await listed('/runners/all', `scope=${scope}`)).toEqual(expected.all);
    expect(await listed(`/projects/${project.id}/runners`, `scope=${scope}`)).toEqual(expected.project);
    expect(await owner.api.get(`/runners?scope=${scope}`)).toMatchObject({
      status: 400,
      body: { message: 'Scope contains invalid value' },
    });
    // The list of a group knows no scope.
    expect(await listed(`/groups/${group.id}/runners`, `scope=${scope}`)).toEqual(ofGroup);
  });

  it('takes many tags, of which a runner must have all', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => index.toString(36));
    expect(await listed('/runners/all', `tag_list=${many.join(',')}`)).toEqual([]);
    expect(await listed('/runners/all', `tag_list=${Array(30).fill('docker').join(',')}&status=online`)).toEqual(['fresh']);
  });

  it('combines a scope with the other filters', async () => {
    expect(await listed('/runners/all', 'scope=specific&type=instance_type')).toEqual([]);
    expect(await listed('/runners/all', 'scope=specific&status=online')).toEqual(['atTheEdge', 'pausedOnline']);
    expect(await listed('/runners/all', 'scope=online&status=paused')).toEqual(['pausedOnline']);
  });

  it.each([
    ['scope=unknown', 'scope does not have a valid value'],
    ['type=unknown', 'type does not have a valid value'],
    ['type=shared', 'type does not have a valid value'],
    ['status=unknown', 'status does not have a valid value'],
    ['status=contacted', 'status does not have a valid value'],
    ['paused=maybe', 'paused is invalid'],
    ['version_prefix=v16', 'version_prefix is invalid'],
    ['version_prefix=', 'version_prefix is invalid'],
    ['type=x&status=y', 'type does not have a valid value, status does not have a valid value'],
    ['per_page=0', 'per_page has a value not allowed'],
    ['per_page=many', 'per_page is invalid'],
    ['page=last', 'page is invalid'],
  ])('refuses %s', async (query, error) => {
    for (const path of ['/runners/all', '/runners', `/projects/${project.id}/runners`, `/groups/${group.id}/runners`]) {
      if (query === 'scope=unknown' && path.startsWith('/groups')) continue;
      expect(await server.root.get(`${path}?${query}`), path).toMatchObject({ status: 400, body: { error } });
    }
  });

  it('finds a runner by a contact that is not yet written', async () => {
    const { id, token } = await createRunnersFactory(server.baton.app).runner({ description: 'caller' });
    names.set(id, 'caller');
    await server.api.post('/runners/verify', { json: { token } });
    expect(await listed('/runners/all', 'status=online&type=instance_type')).toEqual(['fresh', 'caller']);
    await server.root.delete(`/runners/${id}`);
    expect(await listed('/runners/all', 'status=online&type=instance_type')).toEqual(['fresh']);
  });
});
