import type { Tx } from '../db/tx.ts';

/** The sorted, distinct form of tags by which a set is known: order and repetition do not count. */
export function canonicalTags(tags: readonly string[]): string {
  return JSON.stringify([...new Set(tags)].toSorted());
}

/** Id of the set of these tags, made when it is new. Sets are never removed: there are a few hundred of them. */
export async function tagSetId(tx: Tx, tags: readonly string[]): Promise<number> {
  const text = canonicalTags(tags);
  const known = await tx.selectFrom('tag_sets').select('id').where('tags', '=', text).executeTakeFirst();
  if (known !== undefined) return known.id;
  // On PostgreSQL somebody else may make the same set at the same time.
  await tx
    .insertInto('tag_sets')
    .values({ tags: text })
    .onConflict((conflict) => conflict.column('tags').doNothing())
    .execute();
  const made = await tx.selectFrom('tag_sets').select('id').where('tags', '=', text).executeTakeFirstOrThrow();
  return made.id;
}
