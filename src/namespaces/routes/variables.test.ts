import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('variables on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  /** Path of the variables of a new group or project, and someone who may manage them. */
  async function place(kind: string): Promise<{ path: string; api: Client; member(level: 'developer' | 'maintainer'): Promise<Client> }> {
    const group = await server.build.group();
    const project = await server.build.project({ group });
    const of = kind === 'groups' ? { group } : { project };
    const { api } = await server.build.member(of, kind === 'groups' ? 'owner' : 'maintainer');
    const path = `/${kind}/${kind === 'groups' ? group.id : project.id}/variables`;
    return { path, api, member: async (level) => (await server.build.member(of, level)).api };
  }

  describe.each(['groups', 'projects'])('of %s', (kind) => {
    it('are set, shown, listed, changed and removed', async () => {
      const { path, api } = await place(kind);
      const plain = {
        variable_type: 'env_var',
        key: 'PLAIN',
        value: 'a value',
        hidden: false,
        protected: false,
        masked: false,
        raw: false,
        environment_scope: '*',
        description: null,
      };
      const made = await api.post(path, { form: { key: 'PLAIN', value: 'a value' } });
      expect(made).toMatchObject({ status: 201, body: plain });
      expect(Object.keys(made.body).toSorted()).toEqual(Object.keys(plain).toSorted());
      const full = {
        variable_type: 'file',
        key: 'FULL',
        value: 'abcd1234',
        protected: true,
        masked: true,
        raw: true,
        environment_scope: 'review/*',
        description: 'why',
      };
      expect(await api.post(path, { json: full })).toMatchObject({ status: 201, body: full });
      expect((await api.get(`${path}/FULL`)).body).toMatchObject(full);
      const list = await api.get(path);
      expect(list.body).toEqual([made.body, { ...full, hidden: false }]);
      expect(list.headers.get('x-total')).toBe('2');
      const changed = await api.put(`${path}/PLAIN`, { json: { value: '', protected: true, description: 'now' } });
      expect(changed).toMatchObject({ status: 200, body: { ...plain, value: '', protected: true, description: 'now' } });
      expect(await api.delete(`${path}/PLAIN`)).toMatchObject({ status: 204, body: null });
      const missing = { status: 404, body: { message: '404 Variable Not Found' } };
      expect(await api.get(`${path}/PLAIN`)).toMatchObject(missing);
      expect(await api.put(`${path}/PLAIN`, { json: { value: 'x' } })).toMatchObject(missing);
      expect(await api.delete(`${path}/PLAIN`)).toMatchObject(missing);
    });

    it.each([
      [{}, { error: 'key is missing, value is missing' }],
      [{ key: 'A', value: {} }, { error: 'value is invalid' }],
      [{ key: 'A', value: 'x', variable_type: 'secret' }, { error: 'variable_type does not have a valid value' }],
      [{ key: '', value: 'x' }, { message: { key: ["can't be blank"] } }],
      [{ key: 'A-B', value: 'x' }, { message: { key: ["can contain only letters, digits and '_'."] } }],
      [{ key: 'A'.repeat(256), value: 'x' }, { message: { key: ['is too long (maximum is 255 characters)'] } }],
      [{ key: 'A', value: 'short', masked: true }, { message: { value: ['is invalid'] } }],
      [{ key: 'A', value: 'two\nlines here', masked: true }, { message: { value: ['is invalid'] } }],
      [{ key: 'A', value: 'with spaces', masked: true, raw: true }, { message: { value: ['is invalid'] } }],
      [{ key: 'A', value: 'dollar$$', masked: true }, { message: { value: ['is invalid'] } }],
      [
        { key: 'A', value: 'x', environment_scope: 'a&b' },
        { message: { environment_scope: [expect.stringMatching(/^can contain only/)] } },
      ],
      [
        { key: 'A', value: 'x', environment_scope: '/a' },
        { message: { environment_scope: [expect.stringMatching(/cannot start or end/)] } },
      ],
      [{ key: 'A', value: 'x', description: 'x'.repeat(256) }, { message: { description: ['is too long (maximum is 255 characters)'] } }],
    ])('are refused: %j', async (json, body) => {
      const { path, api } = await place(kind);
      expect(await api.post(path, { json })).toMatchObject({ status: 400, body });
      expect((await api.get(path)).body).toEqual([]);
    });

    it('that are masked must stay maskable', async () => {
      const { path, api } = await place(kind);
      expect((await api.post(path, { json: { key: 'A', value: 'dollar$$', masked: true, raw: true } })).status).toBe(201);
      const refusal = { status: 400, body: { message: { value: ['is invalid'] } } };
      expect(await api.put(`${path}/A`, { json: { raw: false } })).toMatchObject(refusal);
      expect(await api.put(`${path}/A`, { json: { value: 'short' } })).toMatchObject(refusal);
      expect((await api.get(`${path}/A`)).body).toMatchObject({ value: 'dollar$$', raw: true });
      expect((await api.put(`${path}/A`, { json: { value: 'short', masked: false } })).status).toBe(200);
      expect(await api.put(`${path}/A`, { json: { masked: true } })).toMatchObject(refusal);
    });

    it('that are hidden never show their value again', async () => {
      const { path, api } = await place(kind);
      const made = await api.post(path, { json: { key: 'H', value: 'secret-value', masked_and_hidden: true } });
      expect(made).toMatchObject({ status: 201, body: { masked: true, hidden: true, value: null } });
      expect((await api.get(`${path}/H`)).body.value).toBeNull();
      expect((await api.get(path)).body).toMatchObject([{ key: 'H', value: null }]);
      expect(await api.put(`${path}/H`, { json: { masked: false } })).toMatchObject({
        status: 400,
        body: { message: { base: ['The visibility setting cannot be changed for masked and hidden variables.'] } },
      });
      expect((await api.put(`${path}/H`, { json: { value: 'another-value' } })).body).toMatchObject({ hidden: true, value: null });
    });

    it('of one key are told apart by their environment', async () => {
      const { path, api } = await place(kind);
      await api.post(path, { json: { key: 'E', value: 'all' } });
      await api.post(path, { json: { key: 'E', value: 'prod', environment_scope: 'prod' } });
      const taken = { status: 400, body: { message: { key: ['(E) has already been taken'] } } };
      expect(await api.post(path, { json: { key: 'E', value: 'x', environment_scope: 'prod' } })).toMatchObject(taken);
      const several = {
        status: 409,
        body: { message: "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'" },
      };
      expect(await api.get(`${path}/E`)).toMatchObject(several);
      expect(await api.put(`${path}/E`, { json: { value: 'x' } })).toMatchObject(several);
      expect(await api.delete(`${path}/E`)).toMatchObject(several);
      const query = { 'filter[environment_scope]': 'prod' };
      expect((await api.get(`${path}/E`, { query })).body.value).toBe('prod');
      expect((await api.get(`${path}/E`, { query: { 'filter[environment_scope]': 'dev' } })).status).toBe(404);
      expect((await api.put(`${path}/E`, { query, json: { value: 'new' } })).body).toMatchObject({
        value: 'new',
        environment_scope: 'prod',
      });
      expect(await api.put(`${path}/E`, { json: { environment_scope: '*', filter: { environment_scope: 'prod' } } })).toMatchObject(taken);
      expect((await api.delete(`${path}/E`, { query })).status).toBe(204);
      expect((await api.get(`${path}/E`)).body.value).toBe('all');
    });

    it('are for those who may manage them', async () => {
      const { path, member } = await place(kind);
      const json = { key: 'K', value: 'v' };
      const api = await member(kind === 'groups' ? 'maintainer' : 'developer');
      const stranger = await server.build.person();
      for (const [client, status] of [
        [api, 403],
        [stranger.api, 404],
        [server.api, 401],
      ] as const) {
        expect((await client.get(path)).status).toBe(status);
        expect((await client.post(path, { json })).status).toBe(status);
        expect((await client.get(`${path}/K`)).status).toBe(status);
        expect((await client.put(`${path}/K`, { json })).status).toBe(status);
        expect((await client.delete(`${path}/K`)).status).toBe(status);
      }
    });

    it('are sealed at rest', async () => {
      const { path, api } = await place(kind);
      await api.post(path, { json: { key: 'SEALED', value: 'in-the-clear' } });
      const rows = await server.baton.app.db.selectFrom('variables').selectAll().where('key', '=', 'SEALED').execute();
      expect(rows).not.toHaveLength(0);
      expect(JSON.stringify(rows)).not.toContain('in-the-clear');
    });
  });

  it('of the instance are for administrators', async () => {
    const path = '/admin/ci/variables';
    const { api } = await server.build.person();
    expect((await api.get(path)).status).toBe(403);
    expect((await server.api.get(path)).status).toBe(401);
    const made = await server.root.post(path, { json: { key: 'ALL', value: 'everywhere', protected: true, environment_scope: 'ignored' } });
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual({
      variable_type: 'env_var',
      key: 'ALL',
      value: 'everywhere',
      protected: true,
      masked: false,
      raw: false,
      description: null,
    });
    expect((await server.root.post(path, { json: { key: 'ALL', value: 'again' } })).body.message).toEqual({
      key: ['(ALL) has already been taken'],
    });
    expect((await server.root.put(`${path}/ALL`, { json: { value: 'x'.repeat(10_001) } })).body.message).toEqual({
      value: ['The value of the provided variable exceeds the 10000 character limit'],
    });
    expect((await server.root.put(`${path}/ALL`, { json: { value: 'new' } })).body.value).toBe('new');
    expect((await server.root.get(`${path}/ALL`)).body.value).toBe('new');
    for (let n = 2; n <= 25; n++) await server.root.post(path, { json: { key: `V${n}`, value: 'x' } });
    expect((await server.root.post(path, { json: { key: 'V26', value: 'x' } })).body.message).toEqual({
      base: ['Maximum number of ci instance level variables (25) exceeded'],
    });
    expect((await server.root.get(path, { query: { per_page: 20, page: 2 } })).body).toHaveLength(5);
    expect((await server.root.delete(`${path}/ALL`)).status).toBe(204);
    expect((await server.root.get(`${path}/ALL`)).status).toBe(404);
  });
});
