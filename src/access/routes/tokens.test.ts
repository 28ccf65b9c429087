import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const day = 24 * 3_600_000;

describe.each(engines)('personal access tokens on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  const inDays = (days: number) => new Date(server.clock.now() + days * day).toISOString().slice(0, 10);

  it('are made by administrators, and show their secret once', async () => {
    const { user } = await server.build.person();
    const expires = inDays(30);
    const made = await server.root.post(`/users/${user.id}/personal_access_tokens`, {
      json: { name: 'robot', scopes: ['read_api', 'create_runner'], expires_at: expires, description: 'for the fleet' },
    });
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual({
      id: expect.any(Number),
      name: 'robot',
      revoked: false,
      created_at: new Date(server.clock.now()).toISOString(),
      description: 'for the fleet',
      scopes: ['read_api', 'create_runner'],
      user_id: user.id,
      last_used_at: null,
      active: true,
      expires_at: expires,
      token: expect.stringMatching(/^glpat-[\w-]{20,}$/),
    });
    const robot = server.api.as(made.body.token);
    expect((await robot.get('/user')).body.id).toBe(user.id);
    const shown = (await robot.get('/personal_access_tokens/self')).body;
    expect(shown).toMatchObject({ id: made.body.id, name: 'robot', active: true });
    expect(shown).not.toHaveProperty('token');
  });

  it('take scopes as a list or a single word, in forms as well', async () => {
    const path = `/users/1/personal_access_tokens`;
    const listed = await server.root.post(path, {
      form: [
        ['name', 'a'],
        ['scopes[]', 'api'],
        ['scopes[]', 'api'],
        ['scopes[]', 'read_user'],
      ],
    });
    expect(listed).toMatchObject({ status: 201, body: { scopes: ['api', 'read_user'], expires_at: null } });
    expect((await server.root.post(path, { multipart: { name: 'b', scopes: 'read_api' } })).body.scopes).toEqual(['read_api']);
  });

  it.each([
    [{ name: 'x', scopes: ['api', 'everything'] }, { error: 'scopes does not have a valid value' }],
    [{ scopes: ['api'] }, { error: 'name is missing' }],
    [{ name: 'x' }, { error: 'scopes is missing' }],
    [{ name: 'x', scopes: [] }, { message: { scopes: ["can't be blank"] } }],
    [{ name: ' ', scopes: ['api'] }, { message: { name: ["can't be blank"] } }],
    [{ name: 'x', scopes: ['api'], expires_at: 'soon' }, { error: 'expires_at is invalid' }],
    [{ name: 'x', scopes: ['api'], expires_at: '2026-02-30' }, { error: 'expires_at is invalid' }],
    [{ name: 'x', scopes: ['api'], expires_at: '2001-01-01' }, { message: { expires_at: ["can't be in the past"] } }],
  ])('are refused: %j', async (json, body) => {
    for (const kind of ['personal_access_tokens', 'impersonation_tokens'])
      expect(await server.root.post(`/users/1/${kind}`, { json })).toMatchObject({ status: 400, body });
  });

  it('are made by nobody else, but for some of few scopes', async () => {
    const { user, api } = await server.build.person();
    const wish = { name: 'mine', scopes: ['api'] };
    expect((await api.post(`/users/${user.id}/personal_access_tokens`, { json: wish })).status).toBe(403);
    expect((await server.root.post('/users/999999/personal_access_tokens', { json: wish })).body).toEqual({
      message: '404 User Not Found',
    });
    expect(await api.post('/user/personal_access_tokens', { json: wish })).toMatchObject({
      status: 400,
      body: { error: 'scopes does not have a valid value' },
    });
    const own = await api.post('/user/personal_access_tokens', { json: { name: 'mine', scopes: ['self_rotate'], expires_at: inDays(1) } });
    expect(own).toMatchObject({ status: 201, body: { user_id: user.id, scopes: ['self_rotate'] } });
    const mine = server.api.as(own.body.token);
    expect((await mine.get('/user')).status).toBe(403);
    expect((await mine.get('/personal_access_tokens/self')).status).toBe(200);
    expect((await server.api.post('/user/personal_access_tokens', { json: wish })).status).toBe(401);
  });

  it('die with their last day', async () => {
    const { user } = await server.build.person();
    const json = { name: 'short', scopes: ['api'], expires_at: inDays(1) };
    const { token, id } = (await server.root.post(`/users/${user.id}/personal_access_tokens`, { json })).body;
    const short = server.api.as(token);
    expect((await short.get('/user')).status).toBe(200);
    server.clock.advance(day);
    expect(await short.get('/user')).toMatchObject({
      status: 401,
      body: { error: 'invalid_token', error_description: 'Token is expired. You can either do re-authorization or token refresh.' },
    });
    expect((await server.root.get(`/personal_access_tokens/${id}`)).body).toMatchObject({ active: false, revoked: false });
  });

  it('are seen and managed by their users and by administrators', async () => {
    const { user, api } = await server.build.person();
    const stranger = await server.build.person();
    const { id } = (await api.get('/personal_access_tokens/self')).body;
    expect((await api.get(`/personal_access_tokens/${id}`)).body).toMatchObject({ id, user_id: user.id });
    expect((await server.root.get(`/personal_access_tokens/${id}`)).body).toMatchObject({ id });
    for (const one of [id, 999_999, '99999999999999999999']) {
      expect((await stranger.api.get(`/personal_access_tokens/${one}`)).status).toBe(401);
      expect((await stranger.api.delete(`/personal_access_tokens/${one}`)).status).toBe(401);
      expect((await stranger.api.post(`/personal_access_tokens/${one}/rotate`)).status).toBe(401);
    }
    expect(await server.root.get('/personal_access_tokens/999999')).toMatchObject({ status: 404, body: { message: '404 Not found' } });
    expect((await server.root.delete('/personal_access_tokens/999999')).status).toBe(404);
    expect((await server.root.post('/personal_access_tokens/999999/rotate')).status).toBe(404);
    expect((await server.api.get(`/personal_access_tokens/${id}`)).status).toBe(401);
  });

  it('are dead at once when revoked', async () => {
    const person = await server.build.person();
    const second = await server.build.token(person, ['read_repository']);
    const { id } = (await second.get('/personal_access_tokens/self')).body;
    expect(await person.api.delete(`/personal_access_tokens/${id}`)).toMatchObject({ status: 204, body: null });
    expect(await second.get('/personal_access_tokens/self')).toMatchObject({
      status: 401,
      body: { error: 'invalid_token', error_description: 'Token was revoked. You have to re-authorize from the user.' },
    });
    expect((await person.api.delete(`/personal_access_tokens/${id}`)).status).toBe(400);
    const third = await server.build.token(person, ['read_repository']);
    expect((await third.delete('/personal_access_tokens/self')).status).toBe(204);
    expect((await third.get('/personal_access_tokens/self')).status).toBe(401);
  });

  it('for impersonation are made, listed and revoked by administrators', async () => {
    const { user, api } = await server.build.person();
    const path = `/users/${user.id}/impersonation_tokens`;
    const made = await server.root.post(path, { json: { name: 'acting', scopes: ['api'] } });
    expect(made).toMatchObject({ status: 201, body: { impersonation: true, active: true, user_id: user.id } });
    expect((await server.api.as(made.body.token).get('/user')).body.id).toBe(user.id);
    expect((await server.root.get(path)).body).toMatchObject([{ id: made.body.id, impersonation: true }]);
    expect((await server.root.get(`${path}/${made.body.id}`)).body).toMatchObject({ id: made.body.id });
    expect((await api.get('/personal_access_tokens')).body).toHaveLength(1);
    expect((await api.post(path, { json: { name: 'x', scopes: ['api'] } })).status).toBe(403);
    expect((await api.get(path)).status).toBe(403);
    expect((await server.root.get(`/users/1/impersonation_tokens/${made.body.id}`)).status).toBe(404);
    const personal = (await api.get('/personal_access_tokens/self')).body.id;
    expect((await server.root.delete(`${path}/${personal}`)).status).toBe(404);
    expect((await server.root.delete(`${path}/${made.body.id}`)).status).toBe(204);
    expect((await server.api.as(made.body.token).get('/user')).status).toBe(401);
    expect((await server.root.get(path, { query: { state: 'active' } })).body).toEqual([]);
    expect((await server.root.get(path, { query: { state: 'inactive' } })).body).toHaveLength(1);
    expect((await server.root.get('/users/999999/impersonation_tokens')).status).toBe(404);
  });
});
