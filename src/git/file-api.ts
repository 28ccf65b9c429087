import { hash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import type { ReplyControl } from '../http/route.ts';
import type { RepositoryFile } from './repository-file.ts';

const FileFacts = {
  file_name: Type.String({ description: 'Last part of the path.' }),
  file_path: Type.String({ description: 'Path from the root of the repository.' }),
  size: Type.Integer({ description: 'Bytes.' }),
  encoding: Type.String({ description: 'Always `base64`.' }),
  content_sha256: Type.String({ description: 'SHA-256 of the bytes.' }),
  ref: Type.String({ description: 'The branch, tag or commit that was asked for.' }),
  blob_id: Type.String({ description: 'Id of the blob.' }),
  commit_id: Type.String({ description: 'The commit in which the file was read.' }),
  last_commit_id: Type.String({ description: 'The commit that changed the file last.' }),
  execute_filemode: Type.Boolean({ description: 'Whether the file can be executed.' }),
};
const Facts = Type.Object(FileFacts);

/** A file with its content. */
export const FileReply = Type.Object({ ...FileFacts, content: Type.String({ description: 'The bytes in base64.' }) });
export type FileReply = Static<typeof FileReply>;

/** Answer to a change of a file. */
export const FileChangeReply = Type.Object({
  file_path: Type.String({ description: 'Path of the file.' }),
  branch: Type.String({ description: 'The branch that was committed to.' }),
});

function presentFacts(file: RepositoryFile): Static<typeof Facts> {
  return {
    file_name: file.path.slice(file.path.lastIndexOf('/') + 1),
    file_path: file.path,
    size: file.bytes.length,
    encoding: 'base64',
    content_sha256: hash('sha256', file.bytes, 'hex'),
    ref: file.ref,
    blob_id: file.blobId,
    commit_id: file.commitId,
    last_commit_id: file.lastCommitId,
    execute_filemode: file.executable,
  };
}

/** File → form of the API. */
export function presentFile(file: RepositoryFile): FileReply {
  return { ...presentFacts(file), content: file.bytes.toString('base64') };
}

/** The same, but for the content, as headers: `X-Gitlab-File-Name` and so on. */
export function fileHeaders(reply: ReplyControl, file: RepositoryFile): void {
  for (const [name, value] of Object.entries(presentFacts(file))) {
    const header = name.replaceAll(/(?:^|_)[a-z]/g, (letters) => letters.replace('_', '-').toUpperCase());
    // Headers carry no text beyond Latin-1; GitLab's own cannot either.
    reply.header(`X-Gitlab-${header}`, encodeHeader(String(value)));
  }
}

function encodeHeader(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text).replaceAll('%2F', '/');
}
