import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import type { Person } from '../../../test/harness/factory.ts';
import { createRunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { tokenDigest } from '../../lib/ids.ts';

/*
 * With which credentials the management calls are made (runners API A.2, A.3, B.12), and what every endpoint does with headers and
 * bodies that are odd (D).
 */
describe.each(engines)('credentials of management calls on %s', (engine) => {
  let server: TestServer;
  let admin: Person;
  let id: number;
  let projectId: number;
  let groupId: number;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    admin = await server.build.person({ admin: true });
    const group = await server.build.group();
    const project = await server.build.project({ group });
    [groupId, projectId] = [group.id, project.id];
    ({ id } = await createRunnersFactory(server.baton.app).runner({ projects: [project] }));
  });
  afterAll(() => server.stop());

  it('come in each of the known ways', async () => {
    const path = `/runners/${id}`;
    const { token } = admin;
    const { api } = server;
    expect((await api.get(path, { headers: { 'PRIVATE-TOKEN': token } })).status).toBe(200);
    expect((await api.get(path, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(200);
    expect((await api.get(path, { headers: { authorization: `bearer ${token}` } })).status).toBe(200);
    expect((await api.get(path, { query: { private_token: token } })).status).toBe(200);
    for (const options of [{ json: { private_token: token, locked: false } }, { form: { private_token: token, locked: 'no' } }])
      expect((await api.put(path, options)).status).toBe(200);
  });

  it('are asked for by every call of a user', async () => {
    const calls = [
      ['GET', '/runners'],
      ['GET', '/runners/all'],
      ['GET', `/runners/${id}`],
      ['PUT', `/runners/${id}`],
      ['DELETE', `/runners/${id}`],
      ['GET', `/runners/${id}/jobs`],
      ['GET', `/runners/${id}/managers`],
      ['GET', `/runners/${id}/projects`],
      ['POST', `/runners/${id}/reset_authentication_token`],
      ['POST', '/runners/reset_registration_token'],
      ['POST', '/user/runners'],
      ['GET', `/projects/${projectId}/runners`],
      ['POST', `/projects/${projectId}/runners`],
      ['DELETE', `/projects/${projectId}/runners/${id}`],
      ['POST', `/projects/${projectId}/runners/reset_registration_token`],
      ['GET', `/groups/${groupId}/runners`],
      ['POST', `/groups/${groupId}/runners/reset_registration_token`],
    ] as const;
    for (const [method, path] of calls)
      for (const client of [server.api, server.api.as('nonsense'), server.api.with({ Authorization: 'Bearer nonsense' })])
        expect(await client.call(method, path), `${method} ${path}`).toMatchObject({ status: 401, body: { message: '401 Unauthorized' } });
  });

  it('that are dead say why', async () => {
    const today = new Date(server.clock.now()).toISOString().slice(0, 10);
    const expired = await server.build.person({ expiresAt: today });
    expect(await expired.api.get('/runners')).toMatchObject({
      status: 401,
      body: {
        error: 'invalid_token',
        error_description: 'Token is expired. You can either do re-authorization or token refresh.',
      },
    });
    const revoked = await server.build.person();
    await server.baton.app.write((tx) =>
      tx.updateTable('personal_access_tokens').set({ revoked: 1 }).where('digest', '=', tokenDigest(revoked.token)).execute(),
    );
    expect(await revoked.api.get('/runners')).toMatchObject({
      status: 401,
      body: { error: 'invalid_token', error_description: 'Token was revoked. You have to re-authorize from the user.' },
    });
  });

  it('reach as far as their scope', async () => {
    const calls = {
      'GET /runners': '',
      'GET /runners/all': '',
      [`GET /projects/${projectId}/runners`]: '',
      [`GET /groups/${groupId}/runners`]: '',
      'POST /user/runners': 'create',
      [`GET /runners/${id}`]: 'manage',
      [`GET /runners/${id}/jobs`]: 'manage',
      [`GET /runners/${id}/managers`]: 'manage',
      [`GET /runners/${id}/projects`]: 'manage',
      [`PUT /runners/${id}`]: 'manage',
      [`POST /runners/${id}/reset_authentication_token`]: 'manage',
      [`POST /projects/${projectId}/runners`]: '',
      [`DELETE /projects/${projectId}/runners/${id}`]: '',
      'POST /runners/reset_registration_token': '',
      [`DELETE /runners/${id}`]: 'manage',
    };
    const scopes = ['read_user', 'read_repository', 'create_runner', 'manage_runner', 'read_api', 'api'] as const;
    for (const scope of scopes) {
      const client = await server.build.token(admin, [scope]);
      for (const [call, kind] of Object.entries(calls)) {
        const [method = '', path = ''] = call.split(' ');
        // Without what they need: a call that is let in is refused for that, and changes nothing.
        const { status, body } = await client.call(
          method,
          path,
          method === 'DELETE' ? { headers: { 'If-Unmodified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' } } : {},
        );
        const isIn =
          scope === 'api' ||
          (scope === 'read_api' && method === 'GET') ||
          (scope === 'create_runner' && kind === 'create') ||
          (scope === 'manage_runner' && kind === 'manage');
        if (isIn) expect((body as { error?: unknown } | null)?.error, `${call} with ${scope}`).not.toBe('insufficient_scope');
        else {
          expect([status, body], `${call} with ${scope}`).toEqual([
            403,
            {
              error: 'insufficient_scope',
              error_description: 'The request requires higher privileges than provided by the access token.',
              scope: expect.stringMatching(/^api\b/),
            },
          ]);
        }
      }
    }
    expect((await server.root.get(`/runners/${id}`)).status).toBe(200);
  });

  it('of one scope do not lift what the role does not allow', async () => {
    const stranger = await server.build.person();
    const manage = await server.build.token(stranger, ['manage_runner']);
    expect((await manage.get(`/runners/${id}`)).status).toBe(403);
    const create = await server.build.token(stranger, ['create_runner']);
    expect(await create.post('/user/runners', { json: { runner_type: 'instance_type' } })).toMatchObject({
      status: 403,
      body: { message: '403 Forbidden - Insufficient permissions' },
    });
  });

  it('may be sent by any page, without cookies', async () => {
    const answer = await server.root.get('/runners/all', { headers: { Origin: 'https://example.com' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const refused = await server.api.get('/runners/all', { headers: { Origin: 'https://example.com' } });
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('are not needed to be told that there is no such thing', async () => {
    for (const [method, path] of [
      ['GET', '/runner'],
      ['POST', `/runners/${id}`],
      ['PATCH', `/runners/${id}`],
      ['GET', `/runners/${id}/unknown`],
    ] as const)
      expect(await server.root.call(method, path), path).toMatchObject({ status: 404, body: { error: '404 Not Found' } });
  });

  it('come with an ETag and 304 for one runner, which its next change ends', async () => {
    const first = await server.root.get(`/runners/${id}`);
    const headers = { 'If-None-Match': first.headers.get('etag') ?? '' };
    const again = await server.root.get(`/runners/${id}`, { headers });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
    await server.root.put(`/runners/${id}`, { json: { description: 'another one' } });
    expect((await server.root.get(`/runners/${id}`, { headers })).status).toBe(200);
    const head = await server.root.call('HEAD', `/runners/${id}`);
    expect([head.status, head.bytes.length, head.headers.get('content-type')]).toEqual([200, 0, first.headers.get('content-type')]);
    expect((await server.root.call('HEAD', '/runners/424242')).status).toBe(404);
  });

  it('do not help a body that is no JSON', async () => {
    const headers = { 'Content-Type': 'application/json' };
    for (const [method, path] of [
      ['POST', '/runners'],
      ['POST', '/runners/verify'],
      ['DELETE', '/runners'],
      ['PUT', `/runners/${id}`],
      ['POST', `/projects/${projectId}/runners`],
    ] as const) {
      const { status, body } = await server.root.call(method, path, { body: '{"token"', headers });
      expect([status, Object.keys(body as object)], path).toEqual([400, ['error']]);
    }
  });
});
