import { Type, type Static } from 'typebox';
import { levels } from '../access/role.ts';
import { badParameter } from '../http/errors.ts';
import { NullableInteger } from '../http/parameters.ts';
import type { ProtectedRef } from './protected-ref.ts';

const AccessLevelReply = Type.Object({
  id: Type.Integer({ description: 'Id of the rule.' }),
  access_level: Type.Integer({ description: '0 for no one, 30 from developers on, 40 from maintainers on.' }),
  access_level_description: Type.String({ description: 'The same in words.' }),
  user_id: NullableInteger({ description: 'Always null.' }),
  group_id: NullableInteger({ description: 'Always null.' }),
  deploy_key_id: NullableInteger({ description: 'Always null.' }),
});

export const ProtectedBranch = Type.Object({
  id: Type.Integer({ description: 'Id of the rule.' }),
  name: Type.String({ description: 'Name of the branch, or a pattern with `*`.' }),
  push_access_levels: Type.Array(AccessLevelReply, { description: 'Who may push.' }),
  merge_access_levels: Type.Array(AccessLevelReply, { description: 'Who may merge.' }),
  allow_force_push: Type.Boolean({ description: 'Whether those who may push may also rewrite history.' }),
  unprotect_access_levels: Type.Array(AccessLevelReply, { description: 'Always empty: maintainers may.' }),
  code_owner_approval_required: Type.Boolean({ description: 'Always false.' }),
  inherited: Type.Boolean({ description: 'Always false.' }),
});

export const ProtectedTag = Type.Object({
  name: Type.String({ description: 'Name of the tag, or a pattern with `*`.' }),
  create_access_levels: Type.Array(AccessLevelReply, { description: 'Who may create it.' }),
});

const descriptions: Record<number, string> = {
  [levels.none]: 'No one',
  [levels.developer]: 'Developers + Maintainers',
  [levels.maintainer]: 'Maintainers',
};

function presentLevel(id: number, level: number): Static<typeof AccessLevelReply> {
  return {
    id,
    access_level: level,
    access_level_description: descriptions[level] ?? '',
    user_id: null,
    group_id: null,
    deploy_key_id: null,
  };
}

/** Rule on branches → JSON. */
export function presentProtectedBranch(ref: ProtectedRef): Static<typeof ProtectedBranch> {
  return {
    id: ref.id,
    name: ref.name,
    push_access_levels: [presentLevel(ref.id, ref.pushLevel)],
    merge_access_levels: [presentLevel(ref.id, ref.mergeLevel)],
    allow_force_push: ref.allowForcePush,
    unprotect_access_levels: [],
    code_owner_approval_required: false,
    inherited: false,
  };
}

/** Rule on tags → JSON. */
export function presentProtectedTag(ref: ProtectedRef): Static<typeof ProtectedTag> {
  return { name: ref.name, create_access_levels: [presentLevel(ref.id, ref.pushLevel)] };
}

const Level = (description: string) =>
  Type.Optional(Type.Unsafe<number>({ type: 'integer', enum: [levels.none, levels.developer, levels.maintainer], description }));

const Allowed = (description: string) =>
  Type.Optional(Type.Unsafe<Record<string, unknown>[]>({ type: 'array', items: { type: 'object' }, description }));

export const BranchRules = {
  push_access_level: Level('Who may push: 0 no one, 30 from developers on, 40 (default) from maintainers on.'),
  merge_access_level: Level('Who may merge, likewise.'),
  allow_force_push: Type.Optional(Type.Boolean({ description: 'Whether those who may push may also rewrite history.' })),
  allowed_to_push: Allowed('The same as `push_access_level`, as `[{"access_level": 30}]`; the lowest counts.'),
  allowed_to_merge: Allowed('The same as `merge_access_level`.'),
};
const BranchRulesInput = Type.Object(BranchRules);

export const RefName = Type.String({ description: 'Name, or pattern with `*`.' });
export const NewProtectedBranch = Type.Object({ name: RefName, ...BranchRules });
export const BranchRulesChange = Type.Object(BranchRules);
export const NewProtectedTag = Type.Object({
  name: RefName,
  create_access_level: Level('Who may create it: 0 no one, 30 from developers on, 40 (default) from maintainers on.'),
  allowed_to_create: Allowed('The same as `create_access_level`, as `[{"access_level": 30}]`; the lowest counts.'),
});
export const ProtectedRefOf = Type.Object({ id: Type.String({ description: 'Id or URL-encoded path of the project.' }), name: RefName });

/** The rules that the input sets; absent ones are left out. Throws 400 for a rule for single users, groups or keys. */
export function branchRulesOf(
  input: Static<typeof BranchRulesInput>,
): Partial<Pick<ProtectedRef, 'pushLevel' | 'mergeLevel' | 'allowForcePush'>> {
  const pushLevel = input.push_access_level ?? lowestOf('allowed_to_push', input.allowed_to_push);
  const mergeLevel = input.merge_access_level ?? lowestOf('allowed_to_merge', input.allowed_to_merge);
  return {
    ...(pushLevel === undefined ? {} : { pushLevel }),
    ...(mergeLevel === undefined ? {} : { mergeLevel }),
    ...(input.allow_force_push === undefined ? {} : { allowForcePush: input.allow_force_push }),
  };
}

/** The level of a new rule on tags. Likewise. */
export function tagLevelOf(input: Static<typeof NewProtectedTag>): number {
  return input.create_access_level ?? lowestOf('allowed_to_create', input.allowed_to_create) ?? levels.maintainer;
}

/** Ignoring a rule for one user would protect less than was asked for, so it is refused. */
function lowestOf(name: string, allowed: Record<string, unknown>[] | undefined): number | undefined {
  if (allowed === undefined || allowed.length === 0) return undefined;
  const given = allowed.map((one) => Number(one['access_level']));
  if (given.some((level) => descriptions[level] === undefined))
    throw badParameter(`${name} is invalid: give {"access_level": 0, 30 or 40}; rules for single users, groups or keys are not supported`);
  return Math.min(...given);
}
