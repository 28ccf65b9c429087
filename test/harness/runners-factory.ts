import type { User } from '../../src/access/user.ts';
import type { App } from '../../src/http/route.ts';
import { newToken } from '../../src/lib/ids.ts';
import type { Group } from '../../src/namespaces/namespace.ts';
import type { Project } from '../../src/namespaces/project.ts';
import { saveContact } from '../../src/runners/manager-store.ts';
import { tokenPrefix, type AccessLevel, type Runner, type RunnerType } from '../../src/runners/runner.ts';
import { assignProject, insertRunner } from '../../src/runners/store.ts';

/** What a test says of a runner: an instance runner unless it names a group or projects. Times in ms since the epoch. */
export interface RunnerSpec {
  group?: Group;
  /** The first one is its owner. */
  projects?: readonly Project[];
  description?: string | null;
  maintenanceNote?: string | null;
  tags?: readonly string[];
  paused?: boolean;
  locked?: boolean;
  runUntagged?: boolean;
  accessLevel?: AccessLevel;
  maximumTimeout?: number | null;
  /** Who made it; else it was registered with a registration token. */
  creator?: User;
  createdAt?: number;
  /** When its machines were last in contact; never, unless said. */
  contactedAt?: number;
  /** Versions of its machines, of which the last one was in contact last; one machine without a version, unless said. */
  versions?: readonly string[];
  tokenExpiresAt?: number | null;
}

/** A runner and its authentication token. */
export interface MadeRunner {
  id: number;
  token: string;
  runner: Runner;
}

/** Makes runners straight in the database, in whatever state and of whatever age a test needs. */
export interface RunnersFactory {
  runner(spec?: RunnerSpec): Promise<MadeRunner>;
}

export function createRunnersFactory(app: Pick<App, 'write' | 'clock' | 'secrets'>): RunnersFactory {
  return {
    async runner(spec = {}) {
      const [owner, ...others] = spec.projects ?? [];
      const type: RunnerType = owner !== undefined ? 'project_type' : spec.group !== undefined ? 'group_type' : 'instance_type';
      const registrationType = spec.creator === undefined ? 'registration_token' : 'authenticated_user';
      const token = newToken(tokenPrefix(type, registrationType));
      const createdAt = spec.createdAt ?? app.clock.now();
      const runner = await app.write(async (tx) => {
        const made = await insertRunner(
          tx,
          app.secrets,
          {
            type,
            groupId: type === 'group_type' ? (spec.group?.id ?? null) : null,
            projectId: owner?.id ?? null,
            description: spec.description ?? null,
            maintenanceNote: spec.maintenanceNote ?? null,
            active: spec.paused !== true,
            locked: spec.locked ?? false,
            runUntagged: spec.runUntagged ?? true,
            accessLevel: spec.accessLevel ?? 'not_protected',
            maximumTimeout: spec.maximumTimeout ?? null,
            tags: spec.tags ?? [],
            agent: { name: null, version: null, revision: null, platform: null, architecture: null },
            ipAddress: null,
            creatorId: spec.creator?.id ?? null,
            registrationType,
            tokenExpiresAt: spec.tokenExpiresAt ?? null,
          },
          token,
          createdAt,
        );
        for (const project of others) await assignProject(tx, made.id, project.id, createdAt);
        const { contactedAt } = spec;
        if (contactedAt === undefined) return made;
        const versions = spec.versions ?? [undefined];
        for (const [index, version] of versions.entries()) {
          const details = version === undefined ? {} : { version };
          const contact = { runnerId: made.id, systemId: `s_${index}`, details, ip: '127.0.0.1', finishes: false };
          await saveContact(tx, contact, contactedAt - (versions.length - 1 - index));
        }
        return made;
      });
      return { id: runner.id, token, runner };
    },
  };
}
