import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Guard } from '../src/access/route.ts';
import { routes } from '../src/app/routes.ts';
import type { Route } from '../src/http/route.ts';
import { routePath } from '../src/http/server.ts';
import { createClient, type Client } from './harness/client.ts';
import { startTestServer, type TestServer } from './harness/server.ts';
import { createWorld, givenInput, type World } from './harness/world.ts';

/*
 * Every route is called by every kind of caller, and the statuses are kept in test/snapshots/permissions.txt. A cell of 400 means that
 * the caller came as far as the parameters, so the guard let it in; 2xx that it did the thing. What a call changes is not seen by
 * the next one: after a success the world is made anew.
 */
const callers = [
  'anonymous',
  'outsider',
  'guest',
  'reporter',
  'developer',
  'maintainer',
  'owner',
  'admin',
  'read_api',
  'create_runner',
  'manage_runner',
  'read_user',
  'read_repository',
  'write_repository',
  'self_rotate',
  'k8s_proxy',
  'runner token',
  'job token',
] as const;
type Caller = (typeof callers)[number];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

function clientOf(world: World, caller: Caller, base: string): Client {
  const client = createClient(base);
  if (caller === 'anonymous') return client;
  if (caller === 'job token') return client.with({ 'JOB-TOKEN': world.jobToken });
  return client.as(caller === 'runner token' ? world.runnerToken : world.tokens[caller]);
}

function credentialOf(world: World, caller: Caller): string | null {
  if (caller === 'anonymous') return null;
  if (caller === 'job token') return world.jobToken;
  return caller === 'runner token' ? world.runnerToken : world.tokens[caller];
}

/** Where the credential is a parameter, everybody gives what they have. */
function inputOf(world: World, route: Route<Guard>, caller: Caller): Record<string, string> {
  const input = givenInput(route, world);
  const token = credentialOf(world, caller);
  const isParameter = ['runner', 'job', 'registration'].includes(route.guard.auth);
  return isParameter && token !== null ? { ...input, token } : input;
}

function pathIn(world: World, route: Route<Guard>): string {
  return routePath(route).replaceAll(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(world.pathParameter(route, name)));
}

async function call(world: World, route: Route<Guard>, caller: Caller): Promise<{ status: number; changed: boolean }> {
  if (route.guard.auth === 'git') return { status: await gitStatus(world, route, caller), changed: false };
  const client = clientOf(world, caller, server.url);
  const input = inputOf(world, route, caller);
  const options = route.method === 'GET' ? { query: input } : { json: input };
  const { status } = await client.call(route.method, pathIn(world, route), options);
  return { status, changed: route.method !== 'GET' && status < 300 };
}

/** GET stands for a fetch, POST for a push that moves nothing; the credential is the password, as git sends it. */
async function gitStatus(world: World, { method }: Route<Guard>, caller: Caller): Promise<number> {
  const credential = credentialOf(world, caller);
  const user = caller === 'job token' ? 'gitlab-ci-token' : 'git';
  const headers = credential === null ? {} : { Authorization: `Basic ${Buffer.from(`${user}:${credential}`).toString('base64')}` };
  const client = createClient(`${server.url}/${world.projectPath}.git`).with(headers);
  const push = { body: '0000', headers: { 'Content-Type': 'application/x-git-receive-pack-request' } };
  const reply = method === 'GET' ? await client.get('/info/refs?service=git-upload-pack') : await client.post('/git-receive-pack', push);
  return reply.status;
}

it('lets in whom the matrix says', { timeout: 240_000 }, async () => {
  const lines = [`${''.padEnd(72)} ${callers.map((caller) => caller.slice(0, 10).padEnd(10)).join(' ')}`];
  let world = await createWorld(server);
  const sorted = routes.toSorted((a, b) => routePath(a).localeCompare(routePath(b)) || a.method.localeCompare(b.method));
  for (const route of sorted) {
    const statuses: string[] = [];
    for (const caller of callers) {
      const { status, changed } = await call(world, route, caller);
      expect(status, `${route.method} ${route.path} as ${caller}`).toBeLessThan(500);
      statuses.push(String(status).padEnd(10));
      if (changed) world = await createWorld(server);
    }
    lines.push(`${route.method.padEnd(6)} ${routePath(route).padEnd(65)} ${statuses.join(' ')}`.trimEnd());
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('snapshots/permissions.txt');
});

it('knows every route by its file and its name', () => {
  const names = new Set<string>();
  for (const route of routes) {
    expect(names.has(route.operation), `${route.operation} stands twice`).toBe(false);
    names.add(route.operation);
  }
});

it('keeps each endpoint in the file that the map names', async () => {
  for (const route of routes) {
    const module = (await import(/* @vite-ignore */ join(import.meta.dirname, '../src', route.file))) as Record<string, unknown>;
    expect(module[route.operation], route.file).toBe(route);
  }
});
