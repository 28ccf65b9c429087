import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startTestServer } from '../../test/harness/server.ts';
import { openDatabase } from '../db/open.ts';

it('a stop writes the contacts that were kept in memory', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-contacts-'));
  const databaseUrl = `sqlite:${join(folder, 'baton.sqlite')}`;
  try {
    const server = await startTestServer({ settings: { databaseUrl } });
    const { token } = (await server.api.post('/runners', { json: { token: server.registrationToken } })).body as { token: string };
    const first = server.clock.now();
    for (let call = 0; call < 3; call++) {
      await server.api.post('/runners/verify', { json: { token, system_id: 's_one' } });
      server.clock.advance(10_000);
    }
    const written = () => server.baton.app.db.selectFrom('runners').select('contacted_at').executeTakeFirstOrThrow();
    expect(await written()).toEqual({ contacted_at: first });
    await server.stop();

    const database = await openDatabase(databaseUrl);
    const stored = { contacted_at: first + 20_000 };
    expect(await database.read.selectFrom('runners').select('contacted_at').execute()).toEqual([stored]);
    expect(await database.read.selectFrom('runner_managers').select('contacted_at').execute()).toEqual([stored]);
    await database.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
