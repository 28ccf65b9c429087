import '../access/app.ts';
import type { App } from '../http/route.ts';
import { removedAfter, type Artifact } from './artifact.ts';
import './app.ts';
import { deleteExpired, expiredArtifacts } from './store.ts';

/**
 * Removes up to `limit` artifacts whose time is over at `now` (ms), the longest expired first: their bytes, then their rows, so that
 * nothing is left behind when it is interrupted. Jobs stay, and what is kept for ever. Gives how many are gone; those whose bytes
 * the object store would not remove are tried again with the next call.
 */
export async function expireArtifacts(app: App, now: number, limit: number): Promise<number> {
  const expired = await expiredArtifacts(app.db, now - removedAfter, limit);
  const gone: number[] = [];
  const width = Math.max(1, app.objects.putsAtOnce);
  for (let at = 0; at < expired.length; at += width) {
    const some = expired.slice(at, at + width);
    const removed = await Promise.all(some.map((artifact) => removeBytes(app, artifact)));
    gone.push(...some.filter((_, index) => removed[index] === true).map(({ id }) => id));
  }
  if (gone.length > 0) await app.write((tx) => deleteExpired(tx, gone));
  return gone.length;
}

async function removeBytes(app: App, { objectKey, jobId }: Artifact): Promise<boolean> {
  try {
    await app.objects.delete(objectKey);
    return true;
  } catch (error) {
    app.log.warn({ err: error, objectKey, jobId }, 'bytes of an expired artifact not removed yet');
    return false;
  }
}
