import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, newDatabase } from '../../test/harness/databases.ts';
import { openDatabase } from '../db/open.ts';
import type { Database } from '../db/tx.ts';
import { pageOf } from '../http/pagination.ts';
import { listRunners, type RunnerFilter, type RunnerScope } from './list-store.ts';
import { onlineWindow, staleAfter } from './runner.ts';
import { tagSetId } from './tag-sets.ts';

/*
 * Lists read many runners in another way than few. Here a user maintains a project of 20,500 runners, which are numbered from 1; 20 of
 * another project, 10 of a group and 5 of the instance follow.
 */
const ofProject = 20_500;
const now = Date.UTC(2026, 0, 1);

describe.each(engines)('lists of many runners on %s', (engine) => {
  let database: Database;
  let remove: () => Promise<void>;
  const keeper = 7;
  const project = 70;

  beforeAll(async () => {
    const made = await newDatabase(engine);
    database = await openDatabase(made.url);
    remove = made.remove;
    await database.write(async (tx) => {
      const common = await tagSetId(tx, ['common']);
      const rare = await tagSetId(tx, ['common', 'rare']);
      const numbers = sql`with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < ${sql.lit(ofProject + 35)})`;
      // Every hundredth has the rare tag, is paused and was never in contact; the rest was, a third of it too long ago.
      await sql`
        insert into runners (id, type, sealed_token, token_digest, tags, tag_set_id, active, contacted_at, registration_type, creation_state,
          created_at, updated_at)
        ${numbers}
        select i, case when i <= ${sql.lit(ofProject + 20)} then 'project_type' when i <= ${sql.lit(ofProject + 30)} then 'group_type' else 'instance_type' end,
          '', 'digest-' || i, '[]', case when i % 100 = 0 then ${sql.lit(rare)} else ${sql.lit(common)} end, case when i % 100 = 0 then 0 else 1 end,
          case when i % 100 = 0 then null when i % 3 = 0 then ${sql.lit(now - onlineWindow)} else ${sql.lit(now)} end, 'registration_token', 'finished',
          ${sql.lit(now - staleAfter)}, 0
        from numbers`.execute(tx);
      await sql`
        insert into runner_projects (runner_id, project_id, created_at)
        ${numbers} select i, case when i <= ${sql.lit(ofProject)} then ${sql.lit(project)} else 71 end, 0 from numbers where i <= ${sql.lit(ofProject + 20)}`.execute(
        tx,
      );
      await sql`
        insert into runner_groups (runner_id, group_id)
        ${numbers} select i, 80 from numbers where i between ${sql.lit(ofProject + 21)} and ${sql.lit(ofProject + 30)}`.execute(tx);
      await sql`
        insert into runner_managers (runner_id, system_id, version, created_at)
        ${numbers} select i, 's', case when i % 1000 = 0 then '17.0.1' else '16.10.2' end, 0 from numbers`.execute(tx);
      await tx.insertInto('namespace_ancestors').values({ namespace_id: 80, ancestor_id: 80, depth: 0 }).execute();
      await tx
        .insertInto('members')
        .values({ source: 'project', source_id: project, user_id: keeper, access_level: 40, created_at: 0 })
        .execute();
    });
  });
  afterAll(async () => {
    await database.close();
    await remove();
  });

  const everybody: RunnerScope = { kind: 'all' };
  const own: RunnerScope = { kind: 'owned', userId: keeper };
  const ofThe: RunnerScope = { kind: 'project', projectId: project, namespaceId: 80 };

  async function list(scope: RunnerScope, filter: RunnerFilter, page: { page?: number; per_page?: number } = {}) {
    const { rows, total } = await listRunners(database.read, scope, filter, pageOf({ per_page: 4, ...page }), now);
    return { ids: rows.slice(0, page.per_page ?? 4).map((runner) => runner.id), total };
  }

  it('are counted whole where the index tells it, and else no further than totals go', async () => {
    expect(await list(everybody, {})).toEqual({ ids: [1, 2, 3, 4], total: ofProject + 35 });
    expect(await list(ofThe, {})).toEqual({ ids: [1, 2, 3, 4], total: ofProject + 15 });
    expect(await list(everybody, { types: ['project_type'] })).toMatchObject({ total: ofProject + 20 });
    expect(await list(everybody, { status: ['online'] })).toEqual({ ids: [1, 2, 4, 5], total: 13_553 });
    expect(await list(everybody, { paused: false })).toMatchObject({ total: ofProject + 35 - 205 });
    expect(await list(own, {})).toEqual({ ids: [1, 2, 3, 4], total: null });
    expect(await list(everybody, { tags: ['common'] })).toMatchObject({ total: null });
    expect(await list(everybody, { versionPrefix: '16' })).toEqual({ ids: [1, 2, 3, 4], total: null });
  });

  it('are counted exactly up to ten thousand with every filter', async () => {
    expect(await list(own, { status: ['offline'] })).toEqual({ ids: [3, 6, 9, 12], total: 6765 });
    expect(await list(own, { tags: ['rare', 'common'] })).toEqual({ ids: [100, 200, 300, 400], total: 205 });
    expect(await list(own, { versionPrefix: '17' })).toEqual({ ids: [1000, 2000, 3000, 4000], total: 20 });
    expect(await list(ofThe, { versionPrefix: '17.0.1', tags: ['rare'], status: ['paused', 'never_contacted'] })).toMatchObject({
      total: 20,
    });
    expect(await list(ofThe, { status: ['stale'] })).toMatchObject({ ids: [100, 200, 300, 400], total: 205 });
  });

  it('are the same whether few or many are looked for', async () => {
    for (const scope of [own, ofThe]) {
      const at = scope === own ? [ofProject - 1, ofProject] : [ofProject - 1, ofProject, ofProject + 21, ofProject + 22];
      expect((await list(scope, {}, { page: Math.ceil((ofProject - 2) / 2) + 1, per_page: 2 })).ids).toEqual(at.slice(0, 2));
      expect((await list(scope, { versionPrefix: '16.10' }, { page: 3, per_page: 3 })).ids).toEqual([7, 8, 9]);
    }
    expect((await list(ofThe, { types: ['group_type', 'instance_type'] })).total).toBe(15);
    expect(await list(ofThe, { types: ['instance_type'], versionPrefix: '16' })).toMatchObject({ total: 5 });
    expect(await list({ kind: 'project', projectId: 71, namespaceId: 80 }, { types: ['project_type'] })).toMatchObject({ total: 20 });
  });

  it('are empty for what nobody has, without a search', async () => {
    for (const filter of [
      { tags: ['unknown'] },
      { tags: ['common', 'unknown'] },
      { versionPrefix: '1' },
      { versionPrefix: '16.1' },
      { types: [] },
    ])
      expect(await list(everybody, filter), JSON.stringify(filter)).toEqual({ ids: [], total: 0 });
    expect(await list({ kind: 'owned', userId: 404 }, {})).toEqual({ ids: [], total: 0 });
  });

  it('end after the last page', async () => {
    expect(await list(everybody, {}, { page: 20_000, per_page: 100 })).toEqual({ ids: [], total: ofProject + 35 });
    expect(await list(own, { status: ['offline'] }, { page: 900_000_000, per_page: 100 })).toMatchObject({ ids: [] });
  });
});
