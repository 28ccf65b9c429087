import { keepArtifact, type Upload } from '../artifacts/keep.ts';
import { badParameter, invalid } from '../http/errors.ts';
import type { App, Part } from '../http/route.ts';
import { findJob } from '../pipelines/job-store.ts';
import type { Job } from '../pipelines/job.ts';
import { jobForbidden } from './admit-job.ts';
import { chunksOf, partsInTime } from './body-patience.ts';
import { confirmedJob } from './confirm-job.ts';
import { artifactTypes } from './wire.ts';

interface UploadParameters {
  artifact_type?: string;
  artifact_format?: string;
  expire_in?: string | null;
  accessibility?: string;
}

/**
 * Takes the file out of a multipart body, which may come with fields before it (runner protocol 8.1). Throws 400 for a missing
 * file, an unknown type, or a format that does not fit it, 403 when the job ends meanwhile, and 408 when bytes do not come.
 */
export async function receiveArtifacts(app: App, unconfirmed: Job, given: UploadParameters, parts: AsyncIterable<Part>): Promise<void> {
  const job = await confirmedJob(app, unconfirmed);
  const fields: Record<string, string> = {};
  let kept = false;
  for await (const part of partsInTime(app, parts)) {
    if (part.type === 'field') {
      if (typeof part.value === 'string') fields[part.fieldname] = part.value;
    } else if (part.fieldname !== 'file' || kept) {
      part.file.resume();
    } else {
      kept = await keepArtifact(app, job, {
        ...uploadOf({ ...fields, ...given }),
        filename: part.filename,
        file: chunksOf(app, part.file),
      });
      if (!kept) throw jobForbidden(await findJob(app.db, job.id));
    }
  }
  if (!kept) throw badParameter('file is missing');
}

function uploadOf(given: UploadParameters): Pick<Upload, 'fileType' | 'fileFormat' | 'expireIn' | 'accessibility'> {
  const { accessibility = 'public' } = given;
  if (accessibility !== 'public' && accessibility !== 'private') throw badParameter('accessibility does not have a valid value');
  return { ...kindOf(given.artifact_type, given.artifact_format), expireIn: given.expire_in ?? null, accessibility };
}

/** Types that the server makes itself. */
const ownTypes = ['trace', 'metadata'];

function kindOf(type = 'archive', format?: string): { fileType: string; fileFormat: string } {
  const known: Record<string, { format: string } | undefined> = artifactTypes;
  const kind = Object.hasOwn(artifactTypes, type) && !ownTypes.includes(type) ? known[type] : undefined;
  if (kind === undefined) throw badParameter('artifact_type does not have a valid value');
  const wanted = format ?? 'zip';
  if (!['zip', 'gzip', 'raw'].includes(wanted)) throw badParameter('artifact_format does not have a valid value');
  if (wanted !== kind.format) throw invalid(`artifacts of type ${type} have the format ${kind.format}, not ${wanted}`);
  return { fileType: type, fileFormat: wanted };
}
