import { Type, type Static } from 'typebox';
import { BasicUser, presentBasicUser } from '../access/user-api.ts';
import type { User } from '../access/user.ts';
import { NullableInteger, NullableString, OneOf, TagList } from '../http/parameters.ts';
import { isoTime } from '../lib/iso-time.ts';
import { GroupLink } from '../namespaces/group-api.ts';
import { BasicProject } from '../namespaces/project-api.ts';
import { livenesses, type Liveness } from './liveness.ts';
import { accessLevels, isOnline, onlineWindow, runnerTypes, staleAfter, statusOf, type Runner, type RunnerManager } from './runner.ts';

const time = (description: string) => NullableString({ description });

/** A runner in lists (runners API A.4, B.1). */
export const RunnerEntry = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the runner.' }),
    description: NullableString({ description: 'Description.' }),
    ip_address: NullableString({ description: 'Address of the last contact; null before the first.' }),
    active: Type.Boolean({ description: 'The opposite of `paused`; deprecated.' }),
    paused: Type.Boolean({ description: 'A paused runner gets no jobs.' }),
    is_shared: Type.Boolean({ description: 'Whether it is an instance runner.' }),
    runner_type: OneOf(runnerTypes, { description: 'What it serves.' }),
    name: NullableString({ description: 'Name of the agent.' }),
    online: Type.Unsafe<boolean | null>({
      type: ['boolean', 'null'],
      description: 'In contact within two hours; null before the first contact.',
    }),
    status: OneOf(['never_contacted', 'paused', 'online', 'offline'], { description: 'The first of these that fits.' }),
    created_at: time('When it was made.'),
    created_by: Type.Optional(BasicUser),
    job_execution_status: OneOf(['active', 'idle'], { description: '`active` while it has a running job.' }),
  },
  { title: 'RunnerEntry' },
);
export type RunnerEntry = Static<typeof RunnerEntry>;

const livenessText =
  '`online`: in contact; `late`: silent for longer than usual; `lost`: silent for two minutes; `never_contacted`: no contact yet. ' +
  'Sooner than `status`, which keeps to the thresholds that its clients know.';

/** A runner's own page. */
export const RunnerDetails = Type.Object(
  {
    ...RunnerEntry.properties,
    tag_list: Type.Array(Type.String(), { description: 'Tags, in the order given.' }),
    run_untagged: Type.Boolean({ description: 'Whether it takes jobs without tags.' }),
    locked: Type.Boolean({ description: 'Whether it may not be assigned to further projects.' }),
    maximum_timeout: NullableInteger({ description: 'Seconds that a job may take at most.' }),
    access_level: OneOf(accessLevels, { description: '`ref_protected`: jobs of protected refs only.' }),
    version: NullableString({ description: 'Version of the agent.' }),
    revision: NullableString({ description: 'Revision of the agent.' }),
    platform: NullableString({ description: 'Operating system.' }),
    architecture: NullableString({ description: 'Processor.' }),
    contacted_at: time('Last contact.'),
    liveness: OneOf(livenesses, { description: livenessText }),
    maintenance_note: Type.Optional(NullableString({ description: 'Note of those who look after it; shown to those who may update it.' })),
    token: Type.Optional(
      Type.String({ description: 'Authentication token; shown to those who may update the runner, unless switched off.' }),
    ),
    projects: Type.Optional(Type.Array(BasicProject, { description: 'Assigned projects that the caller may see.' })),
    groups: Type.Array(GroupLink, { description: 'Its group, if the caller may see it.' }),
  },
  { title: 'RunnerDetails' },
);
export type RunnerDetails = Static<typeof RunnerDetails>;

export const RunnerManagerEntry = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the manager.' }),
    system_id: Type.String({ description: 'Which machine it is.' }),
    version: NullableString({ description: 'Version of the agent.' }),
    revision: NullableString({ description: 'Revision of the agent.' }),
    platform: NullableString({ description: 'Operating system.' }),
    architecture: NullableString({ description: 'Processor.' }),
    created_at: time('First contact.'),
    contacted_at: time('Last contact.'),
    ip_address: NullableString({ description: 'Address of the last contact.' }),
    status: OneOf(['online', 'offline', 'stale', 'never_contacted'], { description: 'By the last contact.' }),
    liveness: OneOf(livenesses, { description: livenessText }),
    job_execution_status: OneOf(['active', 'idle'], { description: '`active` while it has a running job.' }),
  },
  { title: 'RunnerManagerEntry' },
);
export type RunnerManagerEntry = Static<typeof RunnerManagerEntry>;

/** Answer of whatever gives out an authentication token. */
export const RunnerToken = Type.Object({
  id: Type.Integer({ description: 'Id of the runner.' }),
  token: Type.String({ description: 'Authentication token.' }),
  token_expires_at: time('When the token expires; null: never.'),
});

export const ResetToken = Type.Object({
  token: Type.String({ description: 'The new token.' }),
  token_expires_at: time('When it expires; null: never.'),
});

export const RunnerId = Type.Object({ id: Type.Integer({ description: 'Id of the runner.' }) });
export const ProjectId = Type.Object({ id: Type.String({ description: 'Id or URL-encoded path of the project.' }) });
export const GroupId = Type.Object({ id: Type.String({ description: 'Id or URL-encoded path of the group.' }) });

/** What can be set of a runner, at its making and later. */
export const RunnerParameters = {
  description: Type.Optional(NullableString({ description: 'Description, at most 1024 characters.' })),
  active: Type.Optional(Type.Boolean({ description: 'The opposite of `paused`; deprecated.' })),
  paused: Type.Optional(Type.Boolean({ description: 'A paused runner gets no jobs.' })),
  tag_list: Type.Optional(TagList({ description: 'Tags; replaces the whole list.' })),
  run_untagged: Type.Optional(Type.Boolean({ description: 'Whether it takes jobs without tags.' })),
  locked: Type.Optional(Type.Boolean({ description: 'Whether it may not be assigned to further projects.' })),
  access_level: Type.Optional(OneOf(accessLevels, { description: '`ref_protected`: jobs of protected refs only.' })),
  maximum_timeout: Type.Optional(NullableInteger({ description: 'Seconds that a job may take at most, from 600.' })),
  maintenance_note: Type.Optional(NullableString({ description: 'Note for those who look after it, at most 1024 characters.' })),
};

export const OlderNoteName = Type.Optional(NullableString({ description: 'Older name of `maintenance_note`.' }));

/** What a presenter needs besides the runner. */
export interface RunnerView {
  now: number;
  url: string;
  busy: ReadonlySet<number>;
  /** Creators by id. */
  users: ReadonlyMap<number, User>;
}

/** Runner → its form in lists. */
export function presentRunner(runner: Runner, { now, url, busy, users }: RunnerView): RunnerEntry {
  const creator = runner.creatorId === null ? undefined : users.get(runner.creatorId);
  return {
    id: runner.id,
    description: runner.description,
    ip_address: runner.ipAddress,
    active: runner.active,
    paused: !runner.active,
    is_shared: runner.type === 'instance_type',
    runner_type: runner.type,
    name: runner.name,
    online: isOnline(runner, now),
    created_at: isoTime(runner.createdAt),
    ...(creator === undefined ? {} : { created_by: presentBasicUser(creator, url) }),
    status: statusOf(runner, now),
    job_execution_status: busy.has(runner.id) ? 'active' : 'idle',
  };
}

/** What the details show besides the runner; null leaves a field out. */
export interface RunnerDetailsView extends RunnerView {
  token: string | null;
  /** Whether the caller may see what is for those who look after the runner. */
  showNote: boolean;
  projects: BasicProject[] | null;
  groups: GroupLink[];
  liveness: Liveness;
}

/** Runner → its own page. */
export function presentRunnerDetails(runner: Runner, view: RunnerDetailsView): RunnerDetails {
  return {
    ...presentRunner(runner, view),
    tag_list: runner.tags,
    run_untagged: runner.runUntagged,
    locked: runner.locked,
    maximum_timeout: runner.maximumTimeout,
    access_level: runner.accessLevel,
    version: runner.version,
    revision: runner.revision,
    platform: runner.platform,
    architecture: runner.architecture,
    contacted_at: runner.contactedAt === null ? null : isoTime(runner.contactedAt),
    liveness: view.liveness,
    ...(view.showNote ? { maintenance_note: runner.maintenanceNote } : {}),
    ...(view.token === null ? {} : { token: view.token }),
    ...(view.projects === null ? {} : { projects: view.projects }),
    groups: view.groups,
  };
}

/** What a manager is shown with: the time, whether it is there, and the ids of managers with a running job. */
export interface ManagerView {
  now: number;
  liveness: Liveness;
  busy: ReadonlySet<number>;
}

/** Manager → its form. */
export function presentManager(manager: RunnerManager, { now, liveness, busy }: ManagerView): RunnerManagerEntry {
  return {
    id: manager.id,
    system_id: manager.systemId,
    version: manager.version,
    revision: manager.revision,
    platform: manager.platform,
    architecture: manager.architecture,
    created_at: isoTime(manager.createdAt),
    contacted_at: manager.contactedAt === null ? null : isoTime(manager.contactedAt),
    ip_address: manager.ipAddress,
    status: managerStatus(manager, now),
    liveness,
    job_execution_status: busy.has(manager.id) ? 'active' : 'idle',
  };
}

function managerStatus({ contactedAt }: RunnerManager, now: number): RunnerManagerEntry['status'] {
  if (contactedAt === null) return 'never_contacted';
  if (contactedAt > now - onlineWindow) return 'online';
  return contactedAt > now - staleAfter ? 'offline' : 'stale';
}
