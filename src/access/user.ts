/** A person or a machine account. */
export interface User {
  id: number;
  username: string;
  name: string;
  email: string;
  state: 'active' | 'blocked';
  admin: boolean;
  external: boolean;
  /** Times in ms since the epoch. */
  createdAt: number;
  updatedAt: number;
}

/** Scopes of personal access tokens that this server knows. */
export const tokenScopes = [
  'api',
  'read_api',
  'read_user',
  'create_runner',
  'manage_runner',
  'read_repository',
  'write_repository',
  'self_rotate',
  'k8s_proxy',
] as const;
export type TokenScope = (typeof tokenScopes)[number];

/** Scopes that users can give to tokens which they make over the API: too few to make a leaked token live on. */
export const ownTokenScopes = ['k8s_proxy', 'self_rotate'] as const satisfies readonly TokenScope[];

/** Whoever calls: a user with a personal access token, or a running job that acts for its user. */
export interface Actor {
  user: User;
  scopes: readonly string[];
  /** The personal access token; null for a job. */
  tokenId: number | null;
  /** The running job whose token was used; it may do at most what its user can, and only what routes open to jobs. */
  job: { id: number; projectId: number } | null;
}

/** A personal access token without its secret. */
export interface PersonalAccessToken {
  id: number;
  userId: number;
  name: string;
  description: string | null;
  scopes: string[];
  impersonation: boolean;
  revoked: boolean;
  createdAt: number;
  /** `YYYY-MM-DD`: the token is dead from the start of that day (UTC). */
  expiresAt: string | null;
  lastUsedAt: number | null;
}

/** Whether a token whose last day is `expiresAt` is over at `now` (ms). */
export function isExpired(expiresAt: string | null, now: number): boolean {
  return expiresAt !== null && Date.parse(`${expiresAt}T00:00:00Z`) <= now;
}
