import type { FileSource } from './fast-import.ts';
import { listTree } from './tree.ts';
import type { Repository } from './repository.ts';

/** What stands at a path of a draft. `obstructed`: nothing can, because a part of the path is a file. */
export type DraftEntry =
  | { kind: 'file'; mode: string; source: FileSource }
  | { kind: 'folder' }
  | { kind: 'obstructed' }
  | { kind: 'nothing' };

type Node = { kind: 'file'; mode: string; source: FileSource } | Folder;

interface Folder {
  kind: 'folder';
  path: string;
  /** Null: as in the base commit, and not read yet. */
  entries: Map<string, Node> | null;
}

/**
 * The files of a commit with changes on top, to see whether further changes fit. Only the folders on the way to a
 * looked-up path are read. A folder that loses its last file disappears, as in git.
 */
export class TreeDraft {
  readonly #repository: Repository;
  readonly #base: string | null;
  readonly #root: Folder;

  /** `base`: full id of the commit to start from; null: no files. */
  constructor(repository: Repository, base: string | null) {
    this.#repository = repository;
    this.#base = base;
    this.#root = { kind: 'folder', path: '', entries: base === null ? new Map() : null };
  }

  async at(path: string): Promise<DraftEntry> {
    let node: Node = this.#root;
    for (const part of path.split('/')) {
      if (node.kind === 'file') return { kind: 'obstructed' };
      const next: Node | undefined = (await this.#entries(node)).get(part);
      if (next === undefined) return { kind: 'nothing' };
      node = next;
    }
    return node.kind === 'file' ? { kind: 'file', mode: node.mode, source: node.source } : { kind: 'folder' };
  }

  /** Puts a file where `at` has said `file` or `nothing`. */
  async put(path: string, mode: string, source: FileSource): Promise<void> {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = this.#root;
    for (const part of parts) {
      const entries = await this.#entries(folder);
      let next = entries.get(part);
      if (next?.kind !== 'folder') {
        next = { kind: 'folder', path: folder.path === '' ? part : `${folder.path}/${part}`, entries: new Map() };
        entries.set(part, next);
      }
      folder = next;
    }
    (await this.#entries(folder)).set(name, { kind: 'file', mode, source });
  }

  /** Removes a file that `at` has said to be there. */
  async remove(path: string): Promise<void> {
    await this.#removeFrom(this.#root, path.split('/'));
  }

  async #removeFrom(folder: Folder, [name = '', ...rest]: string[]): Promise<void> {
    const entries = await this.#entries(folder);
    const node = entries.get(name);
    if (rest.length > 0 && node?.kind === 'folder') {
      await this.#removeFrom(node, rest);
      if (node.entries?.size !== 0) return;
    }
    entries.delete(name);
  }

  async #entries(folder: Folder): Promise<Map<string, Node>> {
    if (folder.entries !== null) return folder.entries;
    const listed = this.#base === null ? [] : ((await listTree(this.#repository, this.#base, folder.path)) ?? []);
    folder.entries = new Map(
      listed.map(({ name, path, type, mode, oid }): [string, Node] => [
        name,
        type === 'tree' ? { kind: 'folder', path, entries: null } : { kind: 'file', mode, source: { oid } },
      ]),
    );
    return folder.entries;
  }
}
