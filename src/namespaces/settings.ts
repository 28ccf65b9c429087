import type { Db, Tx } from '../db/tx.ts';
import type { Visibility } from './namespace.ts';

/** Settings of the whole server that administrators change at run time (runners API C.6). */
export interface ApplicationSettings {
  allowRunnerRegistrationToken: boolean;
  validRunnerRegistrars: ('project' | 'group')[];
  /** Whether new projects let instance runners take their jobs. */
  sharedRunnersEnabled: boolean;
  sharedRunnersText: string;
  /** Seconds, or null: tokens do not expire. */
  runnerTokenExpirationInterval: number | null;
  groupRunnerTokenExpirationInterval: number | null;
  projectRunnerTokenExpirationInterval: number | null;
  defaultProjectVisibility: Visibility;
  defaultBranchName: string;
  /** MiB. */
  maxArtifactsSize: number;
  /** MiB of one job's log. */
  maxLogSize: number;
  /** Natural text such as `30 days`; `0` keeps artifacts for ever. */
  defaultArtifactsExpireIn: string;
  /** Own addition: leaves `token` out of `GET` and `PUT /runners/:id` (decision R3). */
  hideRunnerTokens: boolean;
  /** Own addition: runners registered for one project or group, 0 for any number (runner protocol 3.3). */
  registeredRunnersLimit: number;
  /** Own additions from here on, in seconds: after which time the server ends jobs by itself (decision 0009, runner protocol 15.2). */
  pendingJobTimeout: number;
  stuckJobTimeout: number;
  silentJobTimeout: number;
  /** 0 switches it off. */
  jobLease: number;
  overdueJobGrace: number;
  staleScheduleTimeout: number;
}

export const defaultSettings: ApplicationSettings = {
  allowRunnerRegistrationToken: true,
  validRunnerRegistrars: ['project', 'group'],
  sharedRunnersEnabled: true,
  sharedRunnersText: '',
  runnerTokenExpirationInterval: null,
  groupRunnerTokenExpirationInterval: null,
  projectRunnerTokenExpirationInterval: null,
  defaultProjectVisibility: 'private',
  defaultBranchName: 'main',
  maxArtifactsSize: 100,
  maxLogSize: 100,
  defaultArtifactsExpireIn: '30 days',
  hideRunnerTokens: false,
  registeredRunnersLimit: 0,
  pendingJobTimeout: 24 * 3600,
  stuckJobTimeout: 3600,
  silentJobTimeout: 30 * 60,
  jobLease: 5 * 60,
  overdueJobGrace: 15 * 60,
  staleScheduleTimeout: 3600,
};

/** The settings in force. */
export async function readSettings(db: Db): Promise<ApplicationSettings> {
  const row = await db.selectFrom('settings').select('data').where('id', '=', 1).executeTakeFirst();
  return row === undefined ? defaultSettings : { ...defaultSettings, ...(JSON.parse(row.data) as Partial<ApplicationSettings>) };
}

/** The settings in force, for a change that others must not overtake. */
export async function lockSettings(tx: Tx): Promise<ApplicationSettings> {
  await tx.dialect.lockRows(tx.selectFrom('settings').select('id')).execute();
  return readSettings(tx);
}

/** Replaces the settings. */
export async function saveSettings(tx: Tx, settings: ApplicationSettings, now: number): Promise<void> {
  const values = { data: JSON.stringify(settings), updated_at: now };
  await tx
    .insertInto('settings')
    .values({ id: 1, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}
