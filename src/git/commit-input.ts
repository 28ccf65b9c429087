import { Type, type Static } from 'typebox';
import { badParameter, invalid } from '../http/errors.ts';
import { NullableString, OneOf, readParameters } from '../http/parameters.ts';
import type { CommitAction, CommitPerson } from './commit-actions.ts';

/** Bytes that the body of a request may have which brings files; whatever is larger goes by `git push`. */
export const commitBodyLimit = 20 * 1024 * 1024;

const Encoding = OneOf(['text', 'base64'], { description: 'How `content` is written.', default: 'text' });

const ActionParameters = Type.Object({
  action: OneOf(['create', 'delete', 'move', 'update', 'chmod'], { description: 'What to do.' }),
  file_path: Type.String({ description: 'Path of the file.' }),
  previous_path: Type.Optional(NullableString({ description: '`move`: where the file is now.' })),
  content: Type.Optional(NullableString({ description: '`create`, `update`, and for another content `move`: what the file shall hold.' })),
  encoding: Type.Optional(Encoding),
  last_commit_id: Type.Optional(
    NullableString({ description: '`update`, `move`, `delete`: the last commit of the file that the caller knows.' }),
  ),
  execute_filemode: Type.Optional(Type.Boolean({ description: '`chmod`, `create`: whether the file can be executed.' })),
});

/** Where a commit goes and what it says of itself. */
export const CommitTarget = {
  branch: Type.String({ description: 'Branch to commit to; a new one needs `start_branch` or `start_sha`, unless it is the first.' }),
  commit_message: Type.String({ description: 'Message of the commit.' }),
  start_branch: Type.Optional(NullableString({ description: 'Branch that a new branch begins at.' })),
  author_email: Type.Optional(NullableString({ description: 'Address of the author; default: of the caller.' })),
  author_name: Type.Optional(NullableString({ description: 'Name of the author; default: of the caller.' })),
};
const Target = Type.Object(CommitTarget);

export const CommitParameters = Type.Object({
  ...CommitTarget,
  // The details are read one by one, so that a complaint can say which of them it is about.
  actions: Type.Array(Type.Unsafe<Record<string, unknown>>({ type: 'object', allOf: [ActionParameters] }), {
    description: 'Changes to files, done in this order.',
  }),
  start_sha: Type.Optional(NullableString({ description: 'Commit (full id) that a new branch begins at.' })),
  start_project: Type.Optional(NullableString({ description: 'Refused: projects have no forks.' })),
  force: Type.Optional(Type.Boolean({ description: 'Refused when true: a commit never overwrites a branch.' })),
  stats: Type.Optional(Type.Boolean({ description: 'Whether the answer counts changed lines.', default: true })),
});

/** Throws 400 for an empty branch or message. */
export function checkTarget(input: Static<typeof Target>): void {
  const complaints = (['branch', 'commit_message'] as const).filter((name) => input[name].trim() === '').map((name) => `${name} is empty`);
  if (complaints.length > 0) throw badParameter(complaints.join(', '));
}

/** The parts of a commit that every kind of request gives. Throws 400 for an empty branch or message. */
export function commitOf(input: Static<typeof Target>, caller: CommitPerson) {
  checkTarget(input);
  return {
    branch: input.branch,
    message: input.commit_message,
    startBranch: input.start_branch ?? null,
    author: { name: input.author_name || caller.name, email: input.author_email || caller.email },
  };
}

/** Reads `actions`. Throws 400 with `actions[0][file_path] is missing` and its like. */
export function actionsOf(input: readonly Record<string, unknown>[]): CommitAction[] {
  if (input.length === 0) throw badParameter('actions is empty');
  const complaints: string[] = [];
  const actions = input.map((raw, index): CommitAction => {
    const read = readParameters(ActionParameters, raw);
    const values = read.values as Partial<Static<typeof ActionParameters>>;
    const note = (name: string, what: string) => complaints.push(`actions[${index}][${name}] ${what}`);
    for (const text of read.complaints) note(text.split(' ', 1)[0] ?? '', text.slice(text.indexOf(' ') + 1));
    const { action = 'create', file_path: filePath = '' } = values;
    const content = values.content ?? null;
    if (read.complaints.length === 0) {
      if ((action === 'create' || action === 'update') && content === null) note('content', 'is missing');
      if (action === 'move' && !values.previous_path) note('previous_path', 'is missing');
      if (action === 'chmod' && values.execute_filemode === undefined) note('execute_filemode', 'is missing');
      if (values.encoding === 'base64' && content !== null && !isBase64(content)) note('content', 'is not valid base64');
    }
    return {
      action,
      filePath,
      previousPath: values.previous_path ?? null,
      content: content === null ? null : bytesOf(content, values.encoding),
      executeFilemode: values.execute_filemode ?? null,
      lastCommitId: values.last_commit_id || null,
    };
  });
  if (complaints.length > 0) throw badParameter(complaints.join(', '));
  return actions;
}

/** Throws 400 for what clients of GitLab may ask for and this server does not do. */
export function refuseUnsupported(input: { force?: boolean; start_project?: string | null }): void {
  if (input.force === true) throw invalid('force is not supported: delete the branch first, or push it with git');
  if (input.start_project) throw invalid('start_project is not supported: a commit starts in its own project');
}

/** Content of the single file that a request brings. Throws 400 when it is not valid base64. */
export function contentOf({ content, encoding }: { content: string; encoding?: 'text' | 'base64' }): Uint8Array {
  if (encoding === 'base64' && !isBase64(content)) throw badParameter('content is not valid base64');
  return bytesOf(content, encoding);
}

/** Parameters of a request that writes one file. */
export const FileParameters = Type.Object({
  ...CommitTarget,
  content: Type.String({ description: 'What the file shall hold.' }),
  encoding: Type.Optional(Encoding),
  last_commit_id: Type.Optional(NullableString({ description: 'The last commit of the file that the caller knows.' })),
  execute_filemode: Type.Optional(Type.Boolean({ description: 'Whether the file can be executed.' })),
});

function bytesOf(content: string, encoding: 'text' | 'base64' | undefined): Uint8Array {
  return Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
}

/** Line feeds are common inside base64, since many tools break its lines. */
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text.replaceAll(/\s/g, ''));
}
