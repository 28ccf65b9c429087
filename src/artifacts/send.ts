import { can, type Facts } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { forbidden, notFound } from '../http/errors.ts';
import { content, type App, type Content, type ReplyControl } from '../http/route.ts';
import './app.ts';
import { isAvailable, type Artifact } from './artifact.ts';
import { findArtifact } from './store.ts';

/** Who asks for an archive, and how they stand towards its project. */
export interface Reader {
  actor: Actor | null;
  facts: Facts;
}

/** How long a link to the object store is good (seconds). */
const linkSeconds = 300;

/**
 * The archive of a job as an answer: bytes, or with `direct` a redirect to the object store where that can be reached
 * directly. Throws 404 when there is none or it has expired (runner protocol 8.3), 403 when it is kept from this reader.
 */
export async function sendArchive(
  app: App,
  reply: ReplyControl,
  jobId: number,
  { actor, facts }: Reader,
  direct = false,
): Promise<Content | undefined> {
  const archive = await findArtifact(app.db, jobId, 'archive');
  if (archive === null || !isAvailable(archive, app.clock.now())) throw notFound();
  const inProject = actor?.job?.projectId === archive.projectId;
  if (archive.accessibility === 'private' && !inProject && !can(actor, 'project.privateArtifacts', facts)) throw forbidden();
  if (direct) {
    const url = await app.objects.presign(archive.objectKey, { expiresInSeconds: linkSeconds, filename: archive.filename });
    if (url !== null) {
      reply.status(302);
      reply.header('Location', url);
      return undefined;
    }
  }
  return bytesOf(app, reply, archive);
}

async function bytesOf(app: App, reply: ReplyControl, archive: Artifact): Promise<Content> {
  const object = await app.objects.get(archive.objectKey);
  if (object === null) throw notFound();
  const plainName = archive.filename.replaceAll(/[^\x20-\x7E]|[\\"]/g, '_');
  // Outside of what the plain form can say, and without the characters that this one has for itself.
  const fullName = encodeURIComponent(archive.filename).replaceAll(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  reply.header('Content-Disposition', `attachment; filename="${plainName}"; filename*=UTF-8''${fullName}`);
  reply.header('Content-Length', object.size);
  return content('application/zip', object.stream);
}
