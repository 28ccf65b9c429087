import { insertToken, insertUser } from '../../src/access/store.ts';
import type { User } from '../../src/access/user.ts';
import type { Baton } from '../../src/app.ts';
import { levels } from '../../src/access/role.ts';
import { newToken } from '../../src/lib/ids.ts';
import { insertMember } from '../../src/namespaces/member-store.ts';
import { isGroup, type Group } from '../../src/namespaces/namespace.ts';
import { findNamespace, findUserNamespace, insertNamespace } from '../../src/namespaces/namespace-store.ts';
import { insertProject } from '../../src/namespaces/project-store.ts';
import type { Project } from '../../src/namespaces/project.ts';
import type { Client } from './client.ts';

/** A user with a token, and the API as that user. */
export interface Person {
  user: User;
  token: string;
  api: Client;
}

type Level = keyof typeof levels;

/** Makes what a test needs, straight in the database; what is not said has a default, what is missing is made. */
export interface Factory {
  person(options?: { admin?: boolean; scopes?: string[]; username?: string; expiresAt?: string }): Promise<Person>;
  /** Another token of the same person. */
  token(person: Person, scopes: string[]): Promise<Client>;
  group(options?: { parent?: Group; path?: string; visibility?: Group['visibility'] }): Promise<Group>;
  /** In `group`, or in the namespace of the root user. */
  project(options?: {
    group?: Group;
    owner?: Person;
    path?: string;
    visibility?: Project['visibility'];
    sharedRunners?: boolean;
    groupRunners?: boolean;
  }): Promise<Project>;
  member(of: { group: Group } | { project: Project }, level: Level, person?: Person): Promise<Person>;
}

/** Factories for a running server. */
export function createFactory(baton: Baton, api: Client): Factory {
  const { app } = baton;
  let counter = 0;
  const next = (word: string) => `${word}-${++counter}`;

  async function tokenOf(userId: number, scopes: readonly string[], expiresAt: string | null = null): Promise<string> {
    const secret = newToken('glpat-');
    await app.write((tx) =>
      insertToken(tx, { userId, name: 'test', description: null, scopes, impersonation: false, expiresAt }, secret, app.clock.now()),
    );
    return secret;
  }

  async function person(options: Parameters<Factory['person']>[0] = {}): Promise<Person> {
    const username = options.username ?? next('person');
    const user = await app.write(async (tx) => {
      const now = app.clock.now();
      const made = await insertUser(
        tx,
        {
          username,
          name: `Name of ${username}`,
          email: `${username}@example.com`,
          admin: options.admin ?? false,
          external: false,
          passwordHash: null,
        },
        now,
      );
      await insertNamespace(
        tx,
        { kind: 'user', name: made.name, path: username, parent: null, ownerId: made.id, description: '', visibility: 'public' },
        now,
      );
      return made;
    });
    const token = await tokenOf(user.id, options.scopes ?? ['api'], options.expiresAt ?? null);
    return { user, token, api: api.as(token) };
  }

  return {
    person,
    token: async (owner, scopes) => api.as(await tokenOf(owner.user.id, scopes)),
    async group(options = {}) {
      const path = options.path ?? next('group');
      const made = await app.write((tx) =>
        insertNamespace(
          tx,
          {
            kind: 'group',
            name: path,
            path,
            parent: options.parent ?? null,
            ownerId: null,
            description: '',
            visibility: options.visibility ?? 'private',
          },
          app.clock.now(),
        ),
      );
      if (!isGroup(made)) throw new Error('not a group');
      return made;
    },
    async project(options = {}) {
      const path = options.path ?? next('project');
      const ownerId = options.owner?.user.id ?? 1;
      const namespace =
        options.group === undefined ? await findUserNamespace(app.db, ownerId) : await findNamespace(app.db, options.group.id);
      if (namespace === null) throw new Error('no namespace');
      const made = await app.write((tx) =>
        insertProject(
          tx,
          {
            namespace,
            name: path,
            path,
            description: null,
            visibility: options.visibility ?? 'private',
            defaultBranch: 'main',
            creatorId: ownerId,
            sharedRunnersEnabled: options.sharedRunners ?? true,
            groupRunnersEnabled: options.groupRunners ?? true,
          },
          app.clock.now(),
        ),
      );
      return made;
    },
    async member(of, level, given) {
      const member = given ?? (await person());
      const place =
        'group' in of ? ({ source: 'group', sourceId: of.group.id } as const) : ({ source: 'project', sourceId: of.project.id } as const);
      await app.write((tx) =>
        insertMember(
          tx,
          { ...place, userId: member.user.id, accessLevel: levels[level], expiresAt: null, createdBy: null },
          app.clock.now(),
        ),
      );
      return member;
    },
  };
}
