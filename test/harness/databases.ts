import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase } from '../../src/db/open.ts';

/** Both engines: storage tests run under `describe.each(engines)`. */
export const engines = ['sqlite', 'postgres'] as const;
export type Engine = (typeof engines)[number];

/** Makes the migrated database that tests on PostgreSQL are cloned from; one for each run, so that runs may overlap. */
export async function prepareTemplate(adminUrl: string): Promise<{ name: string; remove(): Promise<void> }> {
  const name = `template_${randomBytes(6).toString('hex')}`;
  await adminQuery(adminUrl, `create database ${name}`);
  const database = await openDatabase(databaseUrl(adminUrl, name));
  await database.close();
  return { name, remove: () => adminQuery(adminUrl, `drop database if exists ${name} with (force)`) };
}

/** URL of a fresh, migrated database, and how to remove it. */
export interface TestDatabase {
  url: string;
  remove(): Promise<void>;
}

/** A database for one test: in memory on SQLite, a clone of the template on PostgreSQL. */
export async function newDatabase(engine: Engine): Promise<TestDatabase> {
  if (engine === 'sqlite') return { url: 'sqlite::memory:', remove: async () => {} };
  const adminUrl = inject('postgresUrl');
  const template = inject('postgresTemplate');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await adminQuery(adminUrl, `create database ${name} template ${template}`);
  return { url: databaseUrl(adminUrl, name), remove: () => adminQuery(adminUrl, `drop database if exists ${name} with (force)`) };
}

function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function adminQuery(adminUrl: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
