import { Type, type Static } from 'typebox';
import { memberLevels, levels } from '../access/role.ts';
import type { Actor } from '../access/user.ts';
import type { App } from '../http/route.ts';
import { OneOf } from '../http/parameters.ts';
import type { GroupFilter, GroupOrder } from './group-list-store.ts';
import { visibilities } from './namespace.ts';

/** Parameters that all lists of groups take. */
export const GroupFilters = {
  search: Type.Optional(Type.String({ description: 'Part of the name or path.' })),
  owned: Type.Optional(Type.Boolean({ description: 'true: only groups that the caller owns.' })),
  all_available: Type.Optional(Type.Boolean({ description: 'false: only groups that the caller is a member of.' })),
  min_access_level: Type.Optional(
    Type.Unsafe<number>({
      type: 'integer',
      enum: [...memberLevels],
      description: 'Only groups in which the caller has at least this level.',
    }),
  ),
  visibility: Type.Optional(OneOf(visibilities, { description: 'Only groups of this visibility.' })),
  skip_groups: Type.Optional(Type.Unsafe<number[]>({ type: 'array', items: { type: 'integer' }, description: 'Ids to leave out.' })),
  order_by: Type.Optional(OneOf(['name', 'path', 'id'], { default: 'name', description: 'Order.' })),
  sort: Type.Optional(OneOf(['asc', 'desc'], { default: 'asc', description: 'Direction of the order.' })),
};
const GroupFilterInput = Type.Object(GroupFilters);
type GroupFilterInput = Static<typeof GroupFilterInput>;

/** What a list of groups for this caller is narrowed to. */
export function groupFilterOf(app: App, actor: Actor | null, input: GroupFilterInput): GroupFilter {
  const level = input.owned === true ? levels.owner : input.min_access_level;
  const isOwn = actor !== null && (level !== undefined || input.all_available === false);
  return {
    viewer: { actor, now: app.clock.now() },
    search: input.search,
    visibility: input.visibility,
    skip: input.skip_groups?.filter(Number.isSafeInteger),
    ...(isOwn ? { memberId: actor.user.id, minLevel: level ?? levels.guest } : {}),
  };
}

export function groupOrderOf(input: GroupFilterInput): GroupOrder {
  return { by: input.order_by ?? 'name', direction: input.sort ?? 'asc' };
}
