import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallOptions } from '../../../test/harness/client.ts';
import { engines } from '../../../test/harness/databases.ts';
import { createRunnersFactory, type RunnersFactory } from '../../../test/harness/runners-factory.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('PUT /runners/:id on %s', (engine) => {
  let server: TestServer;
  let runners: RunnersFactory;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    runners = createRunnersFactory(server.baton.app);
  });
  afterAll(() => server.stop());

  const put = (id: number, options: CallOptions) => server.root.put(`/runners/${id}`, options);

  it('changes what is given and nothing else', async () => {
    const project = await server.build.project();
    const { id, token } = await runners.runner({ projects: [project], description: 'before', tags: ['old'], maximumTimeout: 1200 });
    const before = (await server.root.get(`/runners/${id}`)).body;
    const steps: [given: Record<string, unknown>, shown: Record<string, unknown>][] = [
      [{ description: 'after' }, { description: 'after' }],
      [{ active: false }, { active: false, paused: true }],
      [{ paused: false }, { active: true, paused: false }],
      [{ tag_list: ['ruby2.1', 'pgsql', 'mysql'] }, { tag_list: ['ruby2.1', 'pgsql', 'mysql'] }],
      [{ run_untagged: false }, { run_untagged: false }],
      [
        { run_untagged: true, tag_list: [] },
        { run_untagged: true, tag_list: [] },
      ],
      [{ locked: true }, { locked: true }],
      [{ access_level: 'ref_protected' }, { access_level: 'ref_protected' }],
      [{ maximum_timeout: 1234 }, { maximum_timeout: 1234 }],
      [{ maximum_timeout: null }, { maximum_timeout: null }],
      [{ maintenance_note: 'a note' }, { maintenance_note: 'a note' }],
      [{ maintainer_note: 'by its older name' }, { maintenance_note: 'by its older name' }],
    ];
    let expected = before;
    for (const [given, shown] of steps) {
      expected = { ...expected, ...shown };
      const answer = await put(id, { json: given });
      expect([answer.status, answer.body], JSON.stringify(given)).toEqual([200, expected]);
    }
    expect((await server.root.get(`/runners/${id}`)).body).toEqual(expected);
    expect(expected).toMatchObject({ token, projects: [{ id: project.id }] });
  });

  it('takes JSON, form, multipart and query parameters', async () => {
    const { id } = await runners.runner();
    const given = { description: 'd', tag_list: 'a, b', maximum_timeout: '1200', locked: 'true', run_untagged: '0' };
    const shown = { description: 'd', tag_list: ['a', 'b'], maximum_timeout: 1200, locked: true, run_untagged: false };
    for (const options of [{ json: given }, { form: given }, { multipart: given }, { query: given }] as CallOptions[]) {
      expect(await put(id, options)).toMatchObject({ status: 200, body: shown });
      await put(id, { json: { description: '', tag_list: [], maximum_timeout: null, locked: false, run_untagged: true } });
    }
  });

  it.each([
    ['a, b', ['a', 'b']],
    [' a ,,b, ', ['a', 'b']],
    [
      ['x', 'y'],
      ['x', 'y'],
    ],
    [
      ['x,y', ' z '],
      ['x', 'y', 'z'],
    ],
    [
      ['b', 'a', 'b'],
      ['b', 'a'],
    ],
    [
      ['Docker', 'docker', 'größe', 'a b'],
      ['Docker', 'docker', 'größe', 'a b'],
    ],
    ['', []],
    [[], []],
    [null, []],
    [42, []],
    [{ a: 'b' }, []],
  ])('reads the tags %j as %j', async (given, tags) => {
    const { id } = await runners.runner({ tags: ['before'] });
    const answer = await put(id, { json: { tag_list: given } });
    expect([answer.status, answer.body.tag_list]).toEqual([200, tags]);
    expect((await server.root.get(`/runners/${id}`)).body.tag_list).toEqual(tags);
  });

  it('reads tags of forms in both spellings', async () => {
    const { id } = await runners.runner();
    const list: [string, string][] = [
      ['tag_list[]', 'a'],
      ['tag_list[]', 'b,c'],
    ];
    expect((await put(id, { form: list })).body.tag_list).toEqual(['a', 'b', 'c']);
    expect((await put(id, { form: { tag_list: 'd,e' } })).body.tag_list).toEqual(['d', 'e']);
    expect((await put(id, { query: list })).body.tag_list).toEqual(['a', 'b', 'c']);
  });

  it.each(['true', '1', 't', 'yes', 'on', 'TRUE', 1])('reads %j as true', async (text) => {
    const { id } = await runners.runner();
    expect((await put(id, { json: { locked: text } })).body).toMatchObject({ locked: true });
    expect((await put(id, { form: { paused: String(text) } })).body).toMatchObject({ paused: true });
  });

  it.each(['false', '0', 'f', 'no', 'off', 0])('reads %j as false', async (text) => {
    const { id } = await runners.runner({ locked: true, paused: true });
    expect((await put(id, { json: { locked: text } })).body).toMatchObject({ locked: false });
    expect((await put(id, { form: { paused: String(text) } })).body).toMatchObject({ paused: false });
  });

  it('takes a longest time alone, and an empty one as none', async () => {
    const { id } = await runners.runner({ maximumTimeout: 1200 });
    expect((await put(id, { form: { maximum_timeout: '600' } })).body).toMatchObject({ maximum_timeout: 600 });
    expect(await put(id, { form: { maximum_timeout: '' } })).toMatchObject({ status: 200, body: { maximum_timeout: null } });
  });

  it('ignores what it does not know', async () => {
    const { id } = await runners.runner();
    expect(await put(id, { json: { description: 'known', id: 1, token: 'x', runner_type: 'group_type', colour: 'red' } })).toMatchObject({
      status: 200,
      body: { id, description: 'known', runner_type: 'instance_type' },
    });
  });

  const names = 'description, active, paused, tag_list, run_untagged, locked, access_level, maximum_timeout, maintenance_note';

  it.each([
    [{}, { error: `${names} are missing, at least one parameter must be provided` }],
    [{ colour: 'red' }, { error: `${names} are missing, at least one parameter must be provided` }],
    [{ active: true, paused: false }, { error: 'active, paused are mutually exclusive' }],
    [{ maintainer_note: 'a', maintenance_note: 'b' }, { error: 'maintainer_note, maintenance_note are mutually exclusive' }],
    [{ access_level: 'secret' }, { error: 'access_level does not have a valid value' }],
    [{ maximum_timeout: 'long' }, { error: 'maximum_timeout is invalid' }],
    [{ maximum_timeout: 10.5 }, { error: 'maximum_timeout is invalid' }],
    [{ active: 'maybe' }, { error: 'active is invalid' }],
    [{ locked: [], maximum_timeout: 'x' }, { error: 'locked is invalid, maximum_timeout is invalid' }],
    [{ description: { a: 1 } }, { error: 'description is invalid' }],
    [{ run_untagged: false }, { message: { tags_list: ['can not be empty when runner is not allowed to pick untagged jobs'] } }],
    [{ maximum_timeout: 599 }, { message: { maximum_timeout: ['needs to be at least 10 minutes'] } }],
    [{ maximum_timeout: -1 }, { message: { maximum_timeout: ['needs to be at least 10 minutes'] } }],
    [{ description: 'x'.repeat(1025) }, { message: { description: ['is too long (maximum is 1024 characters)'] } }],
    [{ maintenance_note: 'x'.repeat(1025) }, { message: { maintenance_note: ['is too long (maximum is 1024 characters)'] } }],
    [
      { tag_list: Array.from({ length: 51 }, (_, index) => `t${index}`) },
      { message: { tags_list: ['Too many tags specified. Please limit the number of tags to 50'] } },
    ],
    [
      { run_untagged: false, maximum_timeout: 1 },
      {
        message: {
          tags_list: ['can not be empty when runner is not allowed to pick untagged jobs'],
          maximum_timeout: ['needs to be at least 10 minutes'],
        },
      },
    ],
  ])('refuses %j and changes nothing', async (given, body) => {
    const { id } = await runners.runner({ description: 'as it was' });
    const before = (await server.root.get(`/runners/${id}`)).body;
    const answer = await put(id, { json: { ...given } });
    expect([answer.status, answer.body]).toEqual([400, body]);
    expect((await server.root.get(`/runners/${id}`)).body).toEqual(before);
  });

  it('does not let go of the last tag of a runner that takes tagged jobs only', async () => {
    const { id } = await runners.runner({ tags: ['a'], runUntagged: false });
    const refused = await put(id, { json: { tag_list: [], description: 'changed too' } });
    expect(refused.body).toEqual({ message: { tags_list: ['can not be empty when runner is not allowed to pick untagged jobs'] } });
    expect((await server.root.get(`/runners/${id}`)).body).toMatchObject({ tag_list: ['a'], description: null });
    expect((await put(id, { json: { tag_list: [], run_untagged: true } })).status).toBe(200);
  });

  it('takes texts to their full length, counted in characters', async () => {
    const { id } = await runners.runner();
    const text = '🏃'.repeat(1024);
    expect(await put(id, { json: { description: text, maintenance_note: text } })).toMatchObject({
      status: 200,
      body: { description: text },
    });
  });

  it('checks who calls before what was given, and what was given before the runner', async () => {
    const { id } = await runners.runner();
    expect((await server.api.put(`/runners/${id}`)).status).toBe(401);
    expect((await server.api.put(`/runners/${id}`, { json: { access_level: 'x' } })).status).toBe(401);
    const outsider = (await server.build.person()).api;
    expect((await outsider.put(`/runners/${id}`, { json: {} })).status).toBe(400);
    expect((await outsider.put(`/runners/${id}`, { json: { access_level: 'x' } })).status).toBe(400);
    expect((await outsider.put(`/runners/${id}`, { json: { locked: true } })).status).toBe(403);
    expect(await put(424242, { json: { locked: 'perhaps' } })).toMatchObject({ status: 400, body: { error: 'locked is invalid' } });
    expect(await put(424242, { json: { locked: true } })).toMatchObject({ status: 404, body: { message: '404 Runner Not Found' } });
    expect(await server.root.put('/runners/x', { json: { locked: true } })).toMatchObject({
      status: 400,
      body: { error: 'id is invalid' },
    });
  });

  it('refuses a broken body, and takes an empty one as no parameters', async () => {
    const { id } = await runners.runner();
    const headers = { 'Content-Type': 'application/json' };
    expect(await put(id, { body: '{"description": ', headers })).toMatchObject({ status: 400, body: { error: expect.any(String) } });
    expect(await put(id, { body: '', headers })).toMatchObject({ status: 400, body: { error: expect.stringContaining('are missing') } });
    expect(await put(id, { body: 'null', headers })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('are missing') },
    });
    expect(await put(id, {})).toMatchObject({ status: 400, body: { error: expect.stringContaining('are missing') } });
  });

  it('keeps every change of many at once', async () => {
    const { id } = await runners.runner();
    const changes = [{ description: 'new' }, { locked: true }, { tag_list: 'x' }, { maximum_timeout: 700 }, { maintenance_note: 'n' }];
    const answers = await Promise.all(changes.map((json) => put(id, { json })));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
    expect((await server.root.get(`/runners/${id}`)).body).toMatchObject({
      description: 'new',
      locked: true,
      tag_list: ['x'],
      maximum_timeout: 700,
      maintenance_note: 'n',
    });
  });
});
