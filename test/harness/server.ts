import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, type Baton } from '../../src/app.ts';
import { readConfig, type SettingName } from '../../src/config.ts';
import { TestClock, type Clock } from '../../src/lib/clock.ts';
import { createClient, type Client } from './client.ts';
import { newDatabase, type Engine } from './databases.ts';
import { createFactory, type Factory } from './factory.ts';

/** A real server on a free port, with its own database. */
export interface TestServer extends AsyncDisposable {
  url: string;
  rootToken: string;
  registrationToken: string;
  baton: Baton;
  clock: TestClock;
  /** Calls the API as nobody; `api.as(token)` calls it as somebody. */
  api: Client;
  /** The API as the first administrator. */
  root: Client;
  /** Makes users, groups, projects and more, with whatever they need. */
  build: Factory;
  stop(): Promise<void>;
}

export interface TestServerOptions {
  engine?: Engine;
  settings?: Partial<Record<SettingName, string>>;
  /** Instead of the test clock, which then moves nothing. */
  clock?: Clock;
  /** How long requests for a job are held (ms); without it not at all. */
  holdMs?: number;
}

/** A clock that stands still gives nobody another try. */
const unlimited = { failuresPerMinute: '0' };

/** Starts a server for one test: `await using server = await startTestServer()`. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = await newDatabase(options.engine ?? 'sqlite');
  const data = mkdtempSync(join(tmpdir(), 'baton-test-'));
  // Real time at the start: git and HTTP dates come from the machine's own clock.
  const clock = new TestClock(Date.now());
  const baton = await startServer(
    readConfig({ port: '0', data, databaseUrl: database.url, objectsUrl: 'memory:', ...unlimited, ...options.settings }),
    {
      clock: options.clock ?? clock,
      // A clock that jumps by hours would make sweeps end what a test still looks at.
      background: options.clock !== undefined,
      holdMs: options.holdMs ?? 0,
    },
  );
  if (baton.rootToken === null || baton.registrationToken === null) throw new Error('the test database was not empty');
  const api = createClient(`${baton.url}/api/v4`);
  const stop = async () => {
    await baton.stop();
    await database.remove();
    rmSync(data, { recursive: true, force: true });
  };
  const root = api.as(baton.rootToken);
  return {
    url: baton.url,
    rootToken: baton.rootToken,
    registrationToken: baton.registrationToken,
    baton,
    clock,
    api,
    root,
    build: createFactory(baton, api),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
