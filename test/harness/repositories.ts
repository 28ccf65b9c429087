import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommit } from '../../src/git/commit-actions.ts';
import type { CommitAction, NewCommit } from '../../src/git/commit-actions.ts';
import type { RefUpdate } from '../../src/git/refs.ts';
import { Repositories } from '../../src/git/repository.ts';
import type { Repository } from '../../src/git/repository.ts';

/** Repositories in a folder that disappears with them. */
export interface TestRepositories extends AsyncDisposable {
  root: string;
  repositories: Repositories;
}

export async function testRepositories(): Promise<TestRepositories> {
  const root = await mkdtemp(join(tmpdir(), 'baton-repositories-'));
  const repositories = await Repositories.open(root);
  return {
    root,
    repositories,
    async [Symbol.asyncDispose]() {
      await repositories.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const ADA = { name: 'Ada', email: 'ada@example.com' };

/** A commit on `main` with the given files (path → text); what is not said takes a value that suits. */
export function commitFiles(repository: Repository, files: Record<string, string>, more: Partial<NewCommit> = {}): Promise<RefUpdate> {
  const actions = Object.entries(files).map(([filePath, text]): CommitAction => ({
    action: 'create',
    filePath,
    content: Buffer.from(text),
  }));
  return createCommit(repository, {
    branch: 'main',
    message: 'Add files',
    author: ADA,
    committer: ADA,
    at: 1_700_000_000_000,
    actions,
    ...more,
  });
}
