import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const password = 'long enough';

describe.each(engines)('users on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  let counter = 0;
  function newUser(more: Record<string, unknown> = {}): Record<string, unknown> {
    const username = `user-${++counter}`;
    return { email: `${username}@example.com`, username, name: 'Somebody', password, ...more };
  }

  it('show themselves to themselves', async () => {
    const { api, user } = await server.build.person({ username: 'myself' });
    const reply = await api.get('/user');
    expect(reply).toMatchObject({
      status: 200,
      body: {
        id: user.id,
        username: 'myself',
        name: 'Name of myself',
        state: 'active',
        locked: false,
        avatar_url: null,
        web_url: `${server.url}/myself`,
        created_at: new Date(user.createdAt).toISOString(),
        email: 'myself@example.com',
        public_email: null,
        can_create_group: true,
        can_create_project: true,
        two_factor_enabled: false,
        external: false,
        private_profile: false,
        identities: [],
        bio: '',
      },
    });
    expect(reply.body).not.toHaveProperty('is_admin');
    expect((await server.root.get('/user')).body).toMatchObject({ username: 'root', is_admin: true });
    expect((await server.api.get('/user')).status).toBe(401);
  });

  it('can be read with read_user, but not with create_runner', async () => {
    const person = await server.build.person();
    const reader = await server.build.token(person, ['read_user']);
    for (const path of ['/user', '/users', `/users/${person.user.id}`]) expect((await reader.get(path)).status).toBe(200);
    const creator = await server.build.token(person, ['create_runner']);
    expect(await creator.get('/user')).toMatchObject({
      status: 403,
      body: { error: 'insufficient_scope', scope: 'api read_api read_user' },
    });
  });

  it('are made by administrators, with a namespace of the same name', async () => {
    const made = await server.root.post('/users', {
      json: newUser({ username: 'Carla', email: 'carla@example.com', skip_confirmation: true }),
    });
    expect(made).toMatchObject({ status: 201, body: { username: 'Carla', email: 'carla@example.com', state: 'active', is_admin: false } });
    expect((await server.root.get('/namespaces/carla')).body).toMatchObject({ kind: 'user', path: 'Carla', full_path: 'Carla' });
    const { api } = await server.build.person();
    expect(await api.post('/users', { json: newUser() })).toMatchObject({ status: 403, body: { message: '403 Forbidden' } });
    expect((await server.api.post('/users', { json: newUser() })).status).toBe(401);
  });

  it('come with flags, and without a password where none is wanted', async () => {
    const made = await server.root.post('/users', {
      form: { ...newUser({ admin: 'true', external: '1' }), force_random_password: 'true' },
    });
    expect(made).toMatchObject({ status: 201, body: { is_admin: true, external: true, can_create_group: false } });
    const { password: _, ...without } = newUser();
    expect((await server.root.post('/users', { json: { ...without, reset_password: true } })).status).toBe(201);
  });

  it.each([
    [{}, 'email is missing, username is missing, name is missing'],
    [
      { email: 'a@example.com', username: 'a', name: 'A' },
      'password, reset_password, force_random_password are missing, at least one parameter must be provided',
    ],
    [{ email: 'a@example.com', username: 'a', name: 'A', password, admin: 'perhaps' }, 'admin is invalid'],
  ])('need their parameters: %j', async (json, error) => {
    expect(await server.root.post('/users', { json })).toMatchObject({ status: 400, body: { error } });
  });

  it.each([
    [{ email: 'nobody' }, { email: ['is invalid'] }],
    [{ email: 'a b@c.d' }, { email: ['is invalid'] }],
    [{ username: 'a b' }, { username: [expect.stringContaining("can contain only letters, digits, '_', '-' and '.'")] }],
    [{ username: 'api' }, { username: ['api is a reserved name'] }],
    [{ name: ' ' }, { name: ["can't be blank"] }],
    [{ name: 'x'.repeat(256) }, { name: ['is too long (maximum is 255 characters)'] }],
    [{ password: 'short' }, { password: ['is too short (minimum is 8 characters)'] }],
  ])('are checked: %j', async (more, message) => {
    expect(await server.root.post('/users', { json: newUser(more) })).toMatchObject({ status: 400, body: { message } });
    expect(await server.root.put('/users/1', { json: more })).toMatchObject({ status: 400, body: { message } });
  });

  it('keep names and addresses to themselves, in any case, and leave those of groups alone', async () => {
    const taken = await server.build.person({ username: 'taken' });
    await server.build.group({ path: 'a-group' });
    const other = await server.build.person();
    const nameTaken = { status: 409, body: { message: 'Username has already been taken' } };
    const emailTaken = { status: 409, body: { message: 'Email has already been taken' } };
    expect(await server.root.post('/users', { json: newUser({ username: 'TAKEN' }) })).toMatchObject(nameTaken);
    expect(await server.root.post('/users', { json: newUser({ username: 'A-Group' }) })).toMatchObject(nameTaken);
    expect(await server.root.post('/users', { json: newUser({ email: 'Taken@Example.com' }) })).toMatchObject(emailTaken);
    expect(await server.root.put(`/users/${other.user.id}`, { json: { username: 'taken' } })).toMatchObject(nameTaken);
    expect(await server.root.put(`/users/${other.user.id}`, { json: { username: 'a-group' } })).toMatchObject(nameTaken);
    expect(await server.root.put(`/users/${other.user.id}`, { json: { email: taken.user.email } })).toMatchObject(emailTaken);
    expect((await server.root.put(`/users/${taken.user.id}`, { json: { username: 'Taken', email: taken.user.email } })).status).toBe(200);
  });

  it('made side by side with one name are one user', async () => {
    const user = newUser();
    const replies = await Promise.all(
      [1, 2, 3, 4].map((n) => server.root.post('/users', { json: { ...user, email: `racer-${engine}-${n}@example.com` } })),
    );
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
  });

  it('change, and their namespace and projects move along', async () => {
    const person = await server.build.person({ username: 'before' });
    const project = await server.build.project({ owner: person, path: 'thing' });
    const reply = await server.root.put(`/users/${person.user.id}`, { json: { username: 'after', name: 'After', external: true } });
    expect(reply).toMatchObject({ status: 200, body: { username: 'after', name: 'After', external: true, email: 'before@example.com' } });
    expect((await server.root.get(`/projects/${project.id}`)).body).toMatchObject({
      path_with_namespace: 'after/thing',
      name_with_namespace: 'After / thing',
    });
    expect((await server.root.get('/projects/before%2Fthing')).status).toBe(404);
  });

  it('that are not there cannot be changed or seen', async () => {
    const missing = { status: 404, body: { message: '404 User Not Found' } };
    for (const id of ['999999', '-1', '99999999999999999999']) {
      expect(await server.root.get(`/users/${id}`)).toMatchObject(missing);
      expect(await server.root.put(`/users/${id}`, { json: { name: 'x' } })).toMatchObject(missing);
      expect(await server.root.delete(`/users/${id}`)).toMatchObject(missing);
      expect(await server.root.post(`/users/${id}/block`)).toMatchObject(missing);
    }
    expect(await server.root.get('/users/abc')).toMatchObject({ status: 400, body: { error: 'id is invalid' } });
    expect((await server.root.put('/users/1', { json: {} })).body.error).toContain('at least one parameter must be provided');
  });
});
