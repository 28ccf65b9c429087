import type { Guard } from '../../src/access/route.ts';
import type { Route } from '../../src/http/route.ts';
import { newToken, tokenDigest } from '../../src/lib/ids.ts';
import { createPipelinesFactory } from './pipelines-factory.ts';
import type { Person } from './factory.ts';
import type { TestServer } from './server.ts';

const roles = ['guest', 'reporter', 'developer', 'maintainer', 'owner'] as const;

/** One thing of everything, for tests that walk all routes. */
export interface World {
  /** Personal access tokens by kind of caller; those named after a scope belong to an administrator. */
  tokens: Record<
    | (typeof roles)[number]
    | 'outsider'
    | 'admin'
    | 'read_api'
    | 'create_runner'
    | 'manage_runner'
    | 'read_user'
    | 'read_repository'
    | 'write_repository'
    | 'self_rotate'
    | 'k8s_proxy',
    string
  >;
  /** Authentication token of the runner that `:id` of runner routes names. */
  runnerToken: string;
  /** Token of a running job of that runner. */
  jobToken: string;
  /** A value for a path parameter. */
  pathParameter(route: Route<Guard>, name: string): string;
  projectId: number;
  projectPath: string;
  groupId: number;
}

/** Makes a private group with a project, a runner with a running job, and people in every role of the group. */
export async function createWorld(server: TestServer): Promise<World> {
  const { app } = server.baton;
  const group = await server.build.group();
  const project = await server.build.project({ group });
  const people: Partial<Record<string, Person>> = {};
  for (const role of roles) people[role] = await server.build.member({ group }, role);
  const outsider = await server.build.person();
  const admin = await server.build.person({ admin: true });
  const scoped = async (scope: string) => (await server.build.person({ admin: true, scopes: [scope] })).token;

  const created = await server.root.post('/user/runners', { json: { runner_type: 'project_type', project_id: project.id } });
  const runner = created.body as { id: number; token: string };
  const other = await server.root.post('/user/runners', {
    json: { runner_type: 'project_type', project_id: (await server.build.project({ group })).id },
  });
  await server.root.post(`/projects/${project.id}/runners`, { json: { runner_id: (other.body as { id: number }).id } });
  await server.api.post('/runners/verify', { json: { token: runner.token, system_id: 's_000000000001' } });

  const made = await createPipelinesFactory(app).pipeline(project, { work: {} });
  const jobToken = newToken('glcbt-');
  const job = await made.run('work', { runnerId: runner.id, tokenDigest: tokenDigest(jobToken) });
  const reporter = people['reporter'];
  if (reporter === undefined) throw new Error('nobody is reporter');

  const ids: Record<string, string> = {
    job_id: String(job.id),
    pipeline_id: String(made.pipeline.id),
    runner_id: String((other.body as { id: number }).id),
    user_id: String(reporter.user.id),
    key: 'KEY',
    name: 'main',
    branch: 'main',
    tag_name: 'v1',
    ref: 'main',
    sha: 'a'.repeat(40),
    file_path: 'README.md',
    token_id: '1',
  };
  return {
    tokens: {
      ...Object.fromEntries(roles.map((role) => [role, people[role]?.token ?? ''])),
      outsider: outsider.token,
      admin: admin.token,
      read_api: await scoped('read_api'),
      create_runner: await scoped('create_runner'),
      manage_runner: await scoped('manage_runner'),
      read_user: await scoped('read_user'),
      read_repository: await scoped('read_repository'),
      write_repository: await scoped('write_repository'),
      self_rotate: await scoped('self_rotate'),
      k8s_proxy: await scoped('k8s_proxy'),
    } as World['tokens'],
    runnerToken: runner.token,
    jobToken,
    projectId: project.id,
    projectPath: project.fullPath,
    groupId: group.id,
    pathParameter(route, name) {
      if (name !== 'id') return ids[name] ?? '1';
      if (route.path.startsWith('/projects')) return String(project.id);
      if (route.path.startsWith('/groups') || route.path.startsWith('/namespaces')) return String(group.id);
      if (route.path.startsWith('/runners')) return String(runner.id);
      if (/^(\/baton)?\/jobs\//.test(route.path)) return String(job.id);
      return String(reporter.user.id);
    },
  };
}

/** Parameters for routes whose permission depends on what they are about; all others are called without any. */
export function givenInput(route: Route<Guard>, world: World): Record<string, string> {
  if (route.operation === 'createUserRunner') return { runner_type: 'project_type', project_id: String(world.projectId) };
  if (route.operation === 'createProject') return { name: 'made', namespace_id: String(world.groupId) };
  if (route.operation === 'updateRunner') return { description: 'changed' };
  return {};
}
