export const runnerTypes = ['instance_type', 'group_type', 'project_type'] as const;
export type RunnerType = (typeof runnerTypes)[number];

export const accessLevels = ['not_protected', 'ref_protected'] as const;
export type AccessLevel = (typeof accessLevels)[number];

/** A runner. Times in ms since the epoch. */
export interface Runner {
  id: number;
  type: RunnerType;
  description: string | null;
  maintenanceNote: string | null;
  tokenExpiresAt: number | null;
  active: boolean;
  locked: boolean;
  runUntagged: boolean;
  /** `ref_protected`: takes jobs of protected branches and tags only. */
  accessLevel: AccessLevel;
  /** Seconds, or null. */
  maximumTimeout: number | null;
  /** In the order given. */
  tags: string[];
  tagSetId: number;
  /** What the manager with the latest contact said of itself. */
  name: string | null;
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
  ipAddress: string | null;
  contactedAt: number | null;
  /** The project that a project runner was created for. */
  ownerProjectId: number | null;
  creatorId: number | null;
  registrationType: 'registration_token' | 'authenticated_user';
  creationState: 'started' | 'finished';
  createdAt: number;
  updatedAt: number;
}

const hour = 60 * 60_000;
/** A runner is online for this long after a contact (runners API R5). */
export const onlineWindow = 2 * hour;
/** A runner is stale after this long without a contact (runners API B.1). */
export const staleAfter = 7 * 24 * hour;

/** Whether a runner is online at `now`; null when it never made contact. */
export function isOnline({ contactedAt }: Pick<Runner, 'contactedAt'>, now: number): boolean | null {
  return contactedAt === null ? null : contactedAt > now - onlineWindow;
}

export type RunnerStatus = 'never_contacted' | 'paused' | 'online' | 'offline';

/** The status that lists show: the first that fits (runners API A.4, R17). */
export function statusOf(runner: Pick<Runner, 'active' | 'contactedAt'>, now: number): RunnerStatus {
  const online = isOnline(runner, now);
  if (online === null) return 'never_contacted';
  if (!runner.active) return 'paused';
  return online ? 'online' : 'offline';
}

/** Whether the token of a runner is over at `now`. */
export function isTokenExpired({ tokenExpiresAt }: Pick<Runner, 'tokenExpiresAt'>, now: number): boolean {
  return tokenExpiresAt !== null && tokenExpiresAt <= now;
}

/** Prefix of a runner's authentication token: agents know created runners by `glrt-` (runners API B.3). */
export function tokenPrefix(type: RunnerType, registrationType: Runner['registrationType']): string {
  const kind = `t${runnerTypes.indexOf(type) + 1}_`;
  return registrationType === 'authenticated_user' ? `glrt-${kind}` : kind;
}

/** One machine that uses a runner's token. Times in ms since the epoch. */
export interface RunnerManager {
  id: number;
  runnerId: number;
  systemId: string;
  version: string | null;
  revision: string | null;
  platform: string | null;
  architecture: string | null;
  executor: string | null;
  ipAddress: string | null;
  createdAt: number;
  contactedAt: number | null;
}
