import { Type, type Static } from 'typebox';
import type { TreeEntry } from './tree.ts';

/** A file or folder in a list. */
export const TreeEntryReply = Type.Object({
  id: Type.String({ description: 'Id of the blob or tree; of a submodule the commit.' }),
  name: Type.String({ description: 'Last part of the path.' }),
  type: Type.String({ description: '`tree` for a folder, `blob` for a file, `commit` for a submodule.' }),
  path: Type.String({ description: 'Path from the root of the repository.' }),
  mode: Type.String({ description: 'Six octal digits, such as `100644`.' }),
});

/** Entry → form of the API. */
export function presentEntry({ oid, name, type, path, mode }: TreeEntry): Static<typeof TreeEntryReply> {
  return { id: oid, name, type, path, mode };
}

/** Folders, then files, then submodules, each in git's order: the order of GitLab's lists, recursive ones as well. */
export function foldersFirst(entries: readonly TreeEntry[]): TreeEntry[] {
  const rank = { tree: 0, blob: 1, commit: 2 } as const;
  return entries.toSorted((one, other) => rank[one.type] - rank[other.type]);
}
