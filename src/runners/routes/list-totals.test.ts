import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';
import { countedRows } from '../../http/pagination.ts';
import { tagSetId } from '../tag-sets.ts';

/** More runners than totals are told for where counting costs (runners API R19). */
const many = countedRows + 1;
const batch = 500;

describe.each(engines)('totals of more than ten thousand runners on %s', (engine) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ engine });
    const { app } = server.baton;
    const now = app.clock.now();
    await app.write(async (tx) => {
      const tagged = { tags: '["all"]', tag_set_id: await tagSetId(tx, ['all']) };
      const flags = { active: 1, locked: 0, run_untagged: 1, access_level: 'not_protected' };
      const made = { registration_type: 'registration_token', creation_state: 'finished', created_at: now, updated_at: now };
      const runners = Array.from({ length: many }, (_, index) => ({
        ...tagged,
        ...flags,
        ...made,
        type: 'instance_type',
        sealed_token: '-',
        token_digest: `digest ${index}`,
        contacted_at: index < 10 ? now : null,
      }));
      for (let at = 0; at < many; at += batch)
        await tx
          .insertInto('runners')
          .values(runners.slice(at, at + batch))
          .execute();
    });
  });
  afterAll(() => server.stop());

  const headers = async (path: string) => {
    const { status, headers: found } = await server.root.get(path);
    expect(status).toBe(200);
    const relations = [...(found.get('link') ?? '').matchAll(/rel="(\w+)"/g)].map(([, relation]) => relation);
    return [found.get('x-total'), found.get('x-total-pages'), relations.join(' ')];
  };

  it('are exact where they are cheap: plain, by type, by status, by paused', async () => {
    const project = await server.build.project();
    for (const path of ['/runners/all?', `/projects/${project.id}/runners?`])
      for (const filter of ['', 'type=instance_type&', 'status=active&', 'paused=false&', 'scope=shared&'])
        expect(await headers(`${path}${filter}per_page=100`), filter).toEqual([String(many), '101', 'next first last']);
    expect(await headers('/runners/all?status=never_contacted')).toEqual([String(many - 10), '500', 'next first last']);
    expect((await headers('/runners/all?status=online'))[0]).toBe('10');
    expect((await headers('/runners/all?paused=true'))[0]).toBe('0');
  });

  it('are left out, with the link to the last page, where they would cost', async () => {
    expect(await headers('/runners/all?tag_list=all')).toEqual([null, null, 'next first']);
    expect(await headers('/runners/all?tag_list=all&page=2')).toEqual([null, null, 'prev next first']);
    expect((await headers('/runners/all?tag_list=all&status=online'))[0]).toBe('10');
  });

  it('do not keep from the last page', async () => {
    const last = await server.root.get('/runners/all?per_page=100&page=101');
    expect((last.body as unknown[]).length).toBe(1);
    expect((await server.root.get('/runners/all?per_page=100&page=102')).body).toEqual([]);
  });
});
