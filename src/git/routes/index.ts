import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { createBranch } from './create-branch.ts';
import { createCommit } from './create-commit.ts';
import { createFile } from './create-file.ts';
import { createTag } from './create-tag.ts';
import { deleteBranch } from './delete-branch.ts';
import { deleteFile } from './delete-file.ts';
import { deleteTag } from './delete-tag.ts';
import { listBranches } from './list-branches.ts';
import { listCommitRefs } from './list-commit-refs.ts';
import { listCommits } from './list-commits.ts';
import { listTags } from './list-tags.ts';
import { listTree } from './list-tree.ts';
import { serveGitGet } from './serve-git-get.ts';
import { serveGitPost } from './serve-git-post.ts';
import { showBranch } from './show-branch.ts';
import { showCommit } from './show-commit.ts';
import { showFile } from './show-file.ts';
import { showRawFile } from './show-raw-file.ts';
import { showTag } from './show-tag.ts';
import { updateFile } from './update-file.ts';

/** Endpoints of repositories, and the addresses that git clients ask for. */
export const gitRoutes: readonly Route<Guard>[] = [
  createCommit,
  listCommits,
  showCommit,
  listCommitRefs,
  createFile,
  showFile,
  showRawFile,
  updateFile,
  deleteFile,
  listTree,
  listBranches,
  showBranch,
  createBranch,
  deleteBranch,
  listTags,
  showTag,
  createTag,
  deleteTag,
  serveGitGet,
  serveGitPost,
];
