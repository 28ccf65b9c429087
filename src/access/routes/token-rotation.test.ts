import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const day = 24 * 3_600_000;

describe.each(engines)('rotating personal access tokens on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  const inDays = (days: number) => new Date(server.clock.now() + days * day).toISOString().slice(0, 10);

  it('gives a new one like it, and kills the old one at once', async () => {
    const person = await server.build.person();
    const old = await server.build.token(person, ['read_user', 'read_api']);
    const { id } = (await old.get('/personal_access_tokens/self')).body;
    const fresh = await person.api.post(`/personal_access_tokens/${id}/rotate`);
    expect(fresh).toMatchObject({
      status: 200,
      body: {
        name: 'test',
        scopes: ['read_user', 'read_api'],
        user_id: person.user.id,
        active: true,
        expires_at: inDays(7),
        token: expect.stringMatching(/^glpat-/),
      },
    });
    expect(fresh.body.id).not.toBe(id);
    expect((await old.get('/user')).status).toBe(401);
    expect((await server.api.as(fresh.body.token).get('/user')).status).toBe(200);
    expect(await person.api.post(`/personal_access_tokens/${id}/rotate`)).toMatchObject({
      status: 400,
      body: { message: '400 Bad request - token already revoked' },
    });
  });

  it('takes a last day', async () => {
    const { api } = await server.build.person();
    const { id } = (await api.get('/personal_access_tokens/self')).body;
    const past = await server.root.post(`/personal_access_tokens/${id}/rotate`, { json: { expires_at: inDays(-1) } });
    expect(past).toMatchObject({ status: 400, body: { message: { expires_at: ["can't be in the past"] } } });
    expect((await api.get('/user')).status).toBe(200);
    const fresh = await server.root.post(`/personal_access_tokens/${id}/rotate`, { json: { expires_at: inDays(90) } });
    expect(fresh).toMatchObject({ status: 200, body: { expires_at: inDays(90) } });
  });

  it('is open to a token itself with scope api or self_rotate', async () => {
    const person = await server.build.person();
    const rotator = await server.build.token(person, ['self_rotate']);
    const fresh = await rotator.post('/personal_access_tokens/self/rotate');
    expect(fresh).toMatchObject({ status: 200, body: { scopes: ['self_rotate'] } });
    expect((await rotator.post('/personal_access_tokens/self/rotate')).status).toBe(401);
    const reader = await server.build.token(person, ['read_api']);
    expect(await reader.post('/personal_access_tokens/self/rotate')).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    expect((await person.api.post('/personal_access_tokens/self/rotate')).status).toBe(200);
  });

  it('done twice at once gives one token', async () => {
    const { api } = await server.build.person();
    const { id } = (await api.get('/personal_access_tokens/self')).body;
    const replies = await Promise.all([1, 2, 3].map(() => server.root.post(`/personal_access_tokens/${id}/rotate`)));
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
  });

  it('does not wake a token that is over', async () => {
    const { user } = await server.build.person();
    const json = { name: 'x', scopes: ['api'], expires_at: inDays(1) };
    const { id } = (await server.root.post(`/users/${user.id}/personal_access_tokens`, { json })).body;
    server.clock.advance(2 * day);
    expect(await server.root.post(`/personal_access_tokens/${id}/rotate`)).toMatchObject({
      status: 400,
      body: { message: '400 Bad request - token already expired' },
    });
  });
});
