import type { Route } from '../../http/route.ts';
import type { Guard } from '../route.ts';
import { blockUser } from './block-user.ts';
import { createImpersonationToken } from './create-impersonation-token.ts';
import { createOwnToken } from './create-own-token.ts';
import { createUserToken } from './create-user-token.ts';
import { createUser } from './create-user.ts';
import { deleteUser } from './delete-user.ts';
import { listImpersonationTokens } from './list-impersonation-tokens.ts';
import { listTokens } from './list-tokens.ts';
import { listUsers } from './list-users.ts';
import { revokeImpersonationToken } from './revoke-impersonation-token.ts';
import { revokeOwnToken } from './revoke-own-token.ts';
import { revokeToken } from './revoke-token.ts';
import { rotateOwnToken } from './rotate-own-token.ts';
import { rotateToken } from './rotate-token.ts';
import { showCurrentUser } from './show-current-user.ts';
import { showImpersonationToken } from './show-impersonation-token.ts';
import { showOwnToken } from './show-own-token.ts';
import { showToken } from './show-token.ts';
import { showUser } from './show-user.ts';
import { unblockUser } from './unblock-user.ts';
import { updateUser } from './update-user.ts';

/** The endpoints of users and their tokens. */
export const accessRoutes: readonly Route<Guard>[] = [
  blockUser,
  createImpersonationToken,
  createOwnToken,
  createUserToken,
  createUser,
  deleteUser,
  listImpersonationTokens,
  listTokens,
  listUsers,
  revokeImpersonationToken,
  revokeOwnToken,
  revokeToken,
  rotateOwnToken,
  rotateToken,
  showCurrentUser,
  showImpersonationToken,
  showOwnToken,
  showToken,
  showUser,
  unblockUser,
  updateUser,
];
