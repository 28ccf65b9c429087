import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('shutting out and removing users on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  it('blocks a user, whose tokens are refused until the user is let in again', async () => {
    const { user, api } = await server.build.person();
    expect(await server.root.post(`/users/${user.id}/block`)).toMatchObject({ status: 201, body: true });
    expect(await api.get('/user')).toMatchObject({ status: 403, body: { message: '403 Forbidden - Your account has been blocked.' } });
    expect((await server.root.get(`/users/${user.id}`)).body.state).toBe('blocked');
    expect(await server.root.post(`/users/${user.id}/block`)).toMatchObject({ status: 201, body: true });
    expect(await server.root.post(`/users/${user.id}/unblock`)).toMatchObject({ status: 201, body: true });
    expect((await api.get('/user')).status).toBe(200);
    expect((await api.post(`/users/${user.id}/block`)).status).toBe(403);
    expect((await api.post(`/users/${user.id}/unblock`)).status).toBe(403);
  });

  it('never leaves the server without an administrator', async () => {
    expect(await server.root.post('/users/1/block')).toMatchObject({
      status: 403,
      body: { message: '403 Forbidden - The API initiating user cannot be blocked by the API' },
    });
    const lastOne = { status: 403, body: { message: '403 Forbidden - The last administrator must stay one' } };
    expect(await server.root.put('/users/1', { json: { admin: false } })).toMatchObject(lastOne);
    expect(await server.root.delete('/users/1')).toMatchObject({
      status: 403,
      body: { message: '403 Forbidden - The last administrator cannot be removed' },
    });
    const second = await server.build.person({ admin: true });
    expect((await second.api.put('/users/1', { json: { admin: false } })).status).toBe(200);
    expect((await server.root.get('/users/1')).body).not.toHaveProperty('email');
    expect((await second.api.put('/users/1', { json: { admin: true } })).status).toBe(200);
    expect((await second.api.delete(`/users/${second.user.id}`)).status).toBe(204);
  });

  it('removes tokens, memberships, namespace and projects along', async () => {
    const person = await server.build.person({ username: 'goner' });
    const project = await server.build.project({ owner: person });
    const group = await server.build.group();
    await server.build.member({ group }, 'developer', person);
    const reply = await server.root.delete(`/users/${person.user.id}`);
    expect(reply).toMatchObject({ status: 204, body: null });
    expect((await person.api.get('/user')).status).toBe(401);
    expect((await server.root.get(`/projects/${project.id}`)).status).toBe(404);
    expect((await server.root.get('/namespaces/goner')).status).toBe(404);
    expect((await server.root.get(`/groups/${group.id}/members`)).body).toEqual([]);
    expect((await server.root.delete(`/users/${person.user.id}`)).status).toBe(404);
    expect(
      (await server.root.post('/users', { json: { username: 'goner', email: 'g@x.y', name: 'G', password: 'long enough' } })).status,
    ).toBe(201);
  });

  it('keeps a user who alone owns a group, unless the group may go as well', async () => {
    const person = await server.build.person();
    const group = await server.build.group();
    const below = await server.build.group({ parent: group });
    const project = await server.build.project({ group: below });
    await server.build.member({ group }, 'owner', person);
    await server.build.member({ group: below }, 'owner', person);
    await server.build.member({ group }, 'maintainer');
    expect(await server.root.delete(`/users/${person.user.id}`)).toMatchObject({
      status: 409,
      body: { message: 'User cannot be removed' },
    });
    expect((await person.api.get(`/groups/${group.id}`)).status).toBe(200);
    expect((await server.root.delete(`/users/${person.user.id}`, { query: { hard_delete: true } })).status).toBe(204);
    expect((await server.root.get(`/groups/${group.id}`)).status).toBe(404);
    expect((await server.root.get(`/projects/${project.id}`)).status).toBe(404);
  });

  it('removes a user whose groups have another owner, here or above', async () => {
    const person = await server.build.person();
    const group = await server.build.group();
    const below = await server.build.group({ parent: group });
    await server.build.member({ group: below }, 'owner', person);
    await server.build.member({ group }, 'owner');
    expect((await server.root.delete(`/users/${person.user.id}`)).status).toBe(204);
    expect((await server.root.get(`/groups/${below.id}`)).status).toBe(200);
  });

  it('is for administrators, and only for what has not changed since', async () => {
    const { user, api } = await server.build.person();
    expect((await api.delete(`/users/${user.id}`)).status).toBe(403);
    const stale = { 'If-Unmodified-Since': new Date(user.updatedAt - 60_000).toUTCString() };
    expect(await server.root.delete(`/users/${user.id}`, { headers: stale })).toMatchObject({ status: 412 });
    expect((await server.root.get(`/users/${user.id}`)).status).toBe(200);
  });
});
