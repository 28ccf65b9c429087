import { levels } from '../access/role.ts';
import type { User } from '../access/user.ts';
import type { Db, Tx } from '../db/tx.ts';
import type { App } from '../http/route.ts';
import { findUserNamespace, insertNamespace } from './namespace-store.ts';
import { removeNamespace } from './removal.ts';
import { lockTree, renameNamespace } from './tree-store.ts';

/** What `access` needs of this room: a user's namespace lives and dies with the user. */
export function userNamespaces(app: App): Pick<App, 'addUserNamespace' | 'renameUserNamespace' | 'groupsOwnedAlone' | 'dropUser'> {
  return {
    async addUserNamespace(tx: Tx, user: User): Promise<void> {
      await insertNamespace(
        tx,
        { kind: 'user', name: user.name, path: user.username, parent: null, ownerId: user.id, description: '', visibility: 'public' },
        app.clock.now(),
      );
    },
    async renameUserNamespace(tx: Tx, user: User): Promise<void> {
      const own = await findUserNamespace(tx, user.id);
      if (own === null) return;
      await lockTree(tx, own.id);
      await renameNamespace(tx, own, { name: user.name, path: user.username }, app.clock.now());
    },
    groupsOwnedAlone,
    async dropUser(tx: Tx, user: User, groupIds: readonly number[]): Promise<void> {
      for (const groupId of groupIds) await removeNamespace(app, tx, groupId);
      const own = await findUserNamespace(tx, user.id);
      if (own !== null) await removeNamespace(app, tx, own.id);
      await tx.deleteFrom('members').where('user_id', '=', user.id).execute();
    },
  };
}

/** Groups that have no other owner than this user, neither in themselves nor above. */
async function groupsOwnedAlone(db: Db, userId: number): Promise<number[]> {
  const rows = await db
    .selectFrom('members as own')
    .select('own.source_id')
    .where('own.source', '=', 'group')
    .where('own.user_id', '=', userId)
    .where('own.access_level', '=', levels.owner)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('members as other')
            .innerJoin('namespace_ancestors', 'ancestor_id', 'other.source_id')
            .select('other.id')
            .where('other.source', '=', 'group')
            .where('other.access_level', '=', levels.owner)
            .where('other.user_id', '!=', userId)
            .whereRef('namespace_id', '=', 'own.source_id'),
        ),
      ),
    )
    .execute();
  return rows.map((row) => row.source_id);
}
