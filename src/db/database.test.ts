import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { engines, newDatabase, type Engine } from '../../test/harness/databases.ts';
import { escapeLike, isUnavailable } from './dialect.ts';
import { openDatabase } from './open.ts';
import type { Database, Tx } from './tx.ts';

async function withDatabase(engine: Engine, use: (database: Database, url: string) => Promise<void>): Promise<void> {
  const { url, remove } = await newDatabase(engine);
  const database = await openDatabase(url);
  try {
    await use(database, url);
  } finally {
    await database.close();
    await remove();
  }
}

async function addTags(tx: Tx, tags: string): Promise<number> {
  const row = await tx.insertInto('tag_sets').values({ tags }).returning('id').executeTakeFirstOrThrow();
  return row.id;
}

async function tagSets(database: Database): Promise<string[]> {
  const rows = await database.read.selectFrom('tag_sets').select('tags').orderBy('id').execute();
  return rows.map((row) => row.tags);
}

describe.each(engines)('a database on %s', (engine) => {
  it('keeps what a write did, with ids and times as numbers', async () => {
    await withDatabase(engine, async (database) => {
      const id = await database.write((tx) => addTags(tx, '["a"]'));
      expect(id).toBe(1);
      await database.write((tx) => tx.insertInto('settings').values({ id: 1, data: '{}', updated_at: 1_790_000_000_000 }).execute());
      const row = await database.read.selectFrom('settings').selectAll().executeTakeFirstOrThrow();
      expect(row).toEqual({ id: 1, data: '{}', updated_at: 1_790_000_000_000 });
    });
  });

  it('takes back a write that throws, and none beside it', async () => {
    await withDatabase(engine, async (database) => {
      const outcomes = await Promise.allSettled([
        database.write((tx) => addTags(tx, 'first')),
        database.write(async (tx) => {
          await addTags(tx, 'lost');
          throw new Error('no');
        }),
        database.write((tx) => addTags(tx, 'last')),
      ]);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await tagSets(database)).toSorted()).toEqual(['first', 'last']);
    });
  });

  it('takes back a write with a violated constraint, and names it', async () => {
    await withDatabase(engine, async (database) => {
      await database.write((tx) => addTags(tx, 'once'));
      const again = database.write(async (tx) => {
        await addTags(tx, 'before');
        await addTags(tx, 'once');
      });
      const error = await again.catch((reason: unknown) => reason);
      expect(database.dialect.isDuplicate(error)).toBe(true);
      expect(database.dialect.isDuplicate(new Error('other'))).toBe(false);
      expect(await tagSets(database)).toEqual(['once']);
    });
  });

  it('never gives an id twice', async () => {
    await withDatabase(engine, async (database) => {
      const first = await database.write((tx) => addTags(tx, 'a'));
      await database.write((tx) => tx.deleteFrom('tag_sets').where('id', '=', first).execute());
      expect(await database.write((tx) => addTags(tx, 'b'))).toBeGreaterThan(first);
    });
  });

  it('runs effects before and after the commit, and none of a write that failed', async () => {
    await withDatabase(engine, async (database) => {
      const seen: string[] = [];
      const note = (word: string) => () => void seen.push(word);
      const failing = database.write(async (tx) => {
        tx.beforeCommit(note('never'));
        tx.afterCommit(note('never'));
        await addTags(tx, 'x');
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      await database.write(async (tx) => {
        tx.afterCommit(note('after'));
        tx.beforeCommit(note('before'));
        await addTags(tx, 'y');
        seen.push('work');
      });
      expect(seen).toEqual(['work', 'before', 'after']);
    });
  });

  it('hides what is not committed from reads', async () => {
    await withDatabase(engine, async (database) => {
      let inside: Promise<string[]> = Promise.resolve(['not asked']);
      await database.write(async (tx) => {
        await addTags(tx, 'new');
        inside = tagSets(database);
        // Give the read every chance to run before the commit.
        await sql`select 1`.execute(tx);
      });
      const seen = await inside;
      // In memory a read waits for the commit, elsewhere it sees the state before it: never half of a group.
      expect([[], ['new']]).toContainEqual(seen);
      expect(await tagSets(database)).toEqual(['new']);
    });
  });

  it('refuses a schema of a newer version, and leaves it alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-db-'));
    const made = await newDatabase(engine);
    const url = engine === 'sqlite' ? `sqlite:${folder}/a.db` : made.url;
    const database = await openDatabase(url);
    await database.write((tx) => sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`.execute(tx));
    await database.close();
    await expect(openDatabase(url)).rejects.toThrow(/newer Baton \(it has the migration 9999-later\): start that version/);
    await made.remove();
    rmSync(folder, { recursive: true });
  });
});

describe('SQLite', () => {
  it('ends a transaction for good', async () => {
    await withDatabase('sqlite', async (database) => {
      let kept: Tx | null = null;
      await database.write(async (tx) => {
        kept = tx;
        await addTags(tx, 'a');
      });
      await expect(addTags(kept as unknown as Tx, 'b')).rejects.toThrow('this transaction has ended');
    });
  });

  it('commits many writes at once', async () => {
    await withDatabase('sqlite', async (database) => {
      let commits = 0;
      const count = () => void commits++;
      await Promise.all(
        Array.from({ length: 300 }, (_, index) =>
          database.write(async (tx) => {
            tx.beforeCommit(count);
            await addTags(tx, String(index));
          }),
        ),
      );
      expect((await tagSets(database)).length).toBe(300);
      expect(commits).toBe(1);
    });
  });

  it('rejects every write of a group whose commit fails', async () => {
    await withDatabase('sqlite', async (database) => {
      const failing = database.write(async (tx) => {
        await addTags(tx, 'a');
        tx.beforeCommit(() => {
          throw new Error('the log could not be flushed');
        });
      });
      const beside = database.write((tx) => addTags(tx, 'b'));
      await expect(failing).rejects.toThrow('the log could not be flushed');
      await expect(beside).rejects.toThrow('the log could not be flushed');
      expect(await tagSets(database)).toEqual([]);
      await database.write((tx) => addTags(tx, 'c'));
      expect(await tagSets(database)).toEqual(['c']);
    });
  });

  it('refuses writes after it was closed', async () => {
    const database = await openDatabase('sqlite::memory:');
    await database.close();
    const error = await database.write((tx) => addTags(tx, 'a')).catch((reason: unknown) => reason);
    expect(isUnavailable(error)).toBe(true);
  });

  it('syncs fully', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-db-'));
    const database = await openDatabase(`sqlite:${folder}/a.db`);
    const modes = await database.write(async (tx) => ({
      synchronous: (await sql<{ synchronous: number }>`pragma synchronous`.execute(tx)).rows[0],
      journal: (await sql<{ journal_mode: string }>`pragma journal_mode`.execute(tx)).rows[0],
    }));
    await database.close();
    rmSync(folder, { recursive: true });
    expect(modes).toEqual({ synchronous: { synchronous: 2 }, journal: { journal_mode: 'wal' } });
  });
});

describe('openDatabase', () => {
  it.each([
    ['mysql://x', /BATON_DATABASE_URL has an unknown form: write sqlite::memory:/],
    ['sqlite:', /names no file/],
    ['sqlite:/dev/null/none/x.db', /^cannot open the SQLite database \/dev\/null\/none\/x.db \(.*check that BATON_DATA/],
    [
      'postgres://baton:secret@127.0.0.1:1/none',
      /^cannot use the PostgreSQL database at postgres:\/\/baton@127.0.0.1:1\/none \(connect ECONNREFUSED/,
    ],
  ])('says what to do about %s', async (url, text) => {
    await expect(openDatabase(url)).rejects.toThrow(text);
  });
});

it('escapes patterns', () => {
  expect(escapeLike('50%_\\')).toBe('50\\%\\_\\\\');
});
