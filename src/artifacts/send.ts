import { notFound } from '../http/errors.ts';
import { content, type App, type Content, type ReplyControl } from '../http/route.ts';
import './app.ts';
import { isAvailable } from './artifact.ts';
import { findArtifact } from './store.ts';

/**
 * The archive of a job as an answer: bytes, or with `direct` a redirect to the object store where that can be reached
 * directly. Throws 404 when there is none or it has expired (runner protocol 8.3).
 */
export async function sendArchive(app: App, reply: ReplyControl, jobId: number, direct = false): Promise<Content | null> {
  const archive = await findArtifact(app.db, jobId, 'archive');
  if (archive === null || !isAvailable(archive, app.clock.now())) throw notFound();
  if (direct) {
    const url = await app.objects.presign(archive.objectKey, { expiresInSeconds: 300, filename: archive.filename });
    if (url !== null) {
      reply.status(302);
      reply.header('Location', url);
      return null;
    }
  }
  const object = await app.objects.get(archive.objectKey);
  if (object === null) throw notFound();
  reply.header(
    'Content-Disposition',
    `attachment; filename="${archive.filename.replaceAll(/[^\x20-\x7E]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(archive.filename)}`,
  );
  reply.header('Content-Length', object.size);
  return content('application/zip', object.stream);
}
