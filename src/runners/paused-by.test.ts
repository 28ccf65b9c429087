import { describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { createRunnersFactory } from '../../test/harness/runners-factory.ts';
import { startTestServer } from '../../test/harness/server.ts';

describe.each(engines)('a pause on %s', (engine) => {
  it('keeps who made it and when, until the runner is resumed', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const project = await server.build.project();
    const { id } = await createRunnersFactory(app).runner({ projects: [project] });
    const [first, second] = [await server.build.member({ project }, 'maintainer'), await server.build.member({ project }, 'maintainer')];
    const pause = () =>
      app.db.selectFrom('runners').select(['active', 'paused_by', 'paused_at']).where('id', '=', id).executeTakeFirstOrThrow();
    const at = app.clock.now();
    await first.api.put(`/runners/${id}`, { json: { paused: true } });
    expect(await pause()).toEqual({ active: 0, paused_by: first.user.id, paused_at: at });
    server.clock.advance(1000);
    await second.api.put(`/runners/${id}`, { json: { active: false } });
    await second.api.put(`/runners/${id}`, { json: { description: 'other' } });
    expect(await pause()).toEqual({ active: 0, paused_by: first.user.id, paused_at: at });
    await second.api.put(`/runners/${id}`, { json: { paused: false } });
    expect(await pause()).toEqual({ active: 1, paused_by: null, paused_at: null });
    await second.api.put(`/runners/${id}`, { json: { active: false } });
    expect(await pause()).toEqual({ active: 0, paused_by: second.user.id, paused_at: at + 1000 });
  });
});
