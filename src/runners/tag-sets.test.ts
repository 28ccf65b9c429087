import { describe, expect, it } from 'vitest';
import { engines, newDatabase } from '../../test/harness/databases.ts';
import { openDatabase } from '../db/open.ts';
import { canonicalTags, tagSetId } from './tag-sets.ts';

describe.each(engines)('sets of tags on %s', (engine) => {
  it('are one for the same tags, whatever their order and however often they come', async () => {
    const fresh = await newDatabase(engine);
    const database = await openDatabase(fresh.url);
    const idOf = (tags: string[]) => database.write((tx) => tagSetId(tx, tags));
    const first = await idOf(['b', 'a']);
    expect(await idOf(['a', 'b', 'a'])).toBe(first);
    const others = [await idOf([]), await idOf(['a']), await idOf(['A', 'b']), await idOf(['a b']), await idOf(['a","b'])];
    expect(new Set([first, ...others]).size).toBe(6);
    const { tags } = await database.read.selectFrom('tag_sets').select('tags').where('id', '=', first).executeTakeFirstOrThrow();
    expect(tags).toBe('["a","b"]');
    await database.close();
    await fresh.remove();
  });

  it('are made once when many need a new one at the same time', async () => {
    const fresh = await newDatabase(engine);
    const database = await openDatabase(fresh.url);
    const ids = await Promise.all(Array.from({ length: 20 }, () => database.write((tx) => tagSetId(tx, ['new', 'tags']))));
    expect(new Set(ids).size).toBe(1);
    expect(await database.read.selectFrom('tag_sets').select('id').execute()).toEqual([{ id: ids[0] }]);
    await database.close();
    await fresh.remove();
  });
});

it('sorts tags by their characters, not by the language of the machine', () => {
  expect(canonicalTags(['ä', 'z', 'B', 'a', '10', '9'])).toBe('["10","9","B","a","z","ä"]');
});
