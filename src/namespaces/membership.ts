import { can, type Facts } from '../access/can.ts';
import { refuseTogether, requireOneOf, dayParameter } from '../access/parameter-rules.ts';
import { levels, roleNames } from '../access/role.ts';
import { findUser, usersById } from '../access/store.ts';
import { findUserByName } from '../access/user-store.ts';
import { isExpired, type Actor, type User } from '../access/user.ts';
import type { Tx } from '../db/tx.ts';
import { conflict, forbidden, HttpError, invalid, notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { presentMember, type MemberReply } from './member-api.ts';
import { deleteMember, findMember, hasOtherOwner, inheritedLevel, updateMember, type Member } from './member-list-store.ts';
import { insertMember } from './member-store.ts';
import { lockPlace, type Place } from './place.ts';

/** The caller and the place whose members change. */
export interface MemberDeed {
  app: App;
  actor: Actor;
  facts: Facts;
  place: Place;
  /** External URL, for the answer. */
  baseUrl: string;
}

interface NewMember {
  user_id?: number;
  username?: string;
  access_level: number;
  expires_at?: string | null;
}

/** Makes a user a member. Throws 404 for an unknown user, 409 for one who is a member, 400 or 403 for an impossible level. */
export async function addMember(deed: MemberDeed, input: NewMember, given: Record<string, unknown>): Promise<MemberReply> {
  const { app, place, actor } = deed;
  requireOneOf(given, ['user_id', 'username']);
  refuseTogether(given, ['user_id', 'username']);
  const now = app.clock.now();
  const user = await userOf(app, input);
  const expiresAt = dayToCome(input.expires_at, now);
  refuseHigherLevel(deed, input.access_level);
  const direct = { place, inherited: false, now };
  try {
    const member = await app.write(async (tx) => {
      await lockPlace(tx, place);
      if ((await findMember(tx, direct, user.id)) !== null) throw memberExists();
      await refuseLowerThanInherited(tx, place, user.id, input.access_level, now);
      // A membership that ended is only a row that nobody sees any more.
      await deleteMember(tx, place, user.id);
      const row = { userId: user.id, accessLevel: input.access_level, expiresAt, createdBy: actor.user.id };
      await insertMember(tx, { source: place.kind, sourceId: place.id, ...row }, now);
      return findMember(tx, direct, user.id);
    });
    return await present(deed, member);
  } catch (error) {
    throw app.db.dialect.isDuplicate(error) ? memberExists() : error;
  }
}

/** Changes a direct membership. Throws 404 for someone who is none, 400 or 403 for an impossible level. */
export async function changeMember(
  deed: MemberDeed,
  userId: number,
  input: { access_level: number; expires_at?: string | null },
): Promise<MemberReply> {
  const { app, place } = deed;
  const now = app.clock.now();
  const day = dayToCome(input.expires_at, now);
  const direct = { place, inherited: false, now };
  refuseHigherLevel(deed, input.access_level);
  const member = await app.write(async (tx) => {
    await lockPlace(tx, place);
    const before = await findMember(tx, direct, userId);
    if (before === null) throw notFound('Member');
    refuseHigherLevel(deed, before.accessLevel);
    if (input.access_level < before.accessLevel) await refuseLosingOwner(tx, place, before, now);
    await refuseLowerThanInherited(tx, place, userId, input.access_level, now);
    const expiresAt = input.expires_at === undefined ? before.expiresAt : day;
    await updateMember(tx, place, userId, { accessLevel: input.access_level, expiresAt });
    return findMember(tx, direct, userId);
  });
  return present(deed, member);
}

/** Ends a direct membership; members may leave by themselves. Throws 403 without the right to, 404 for someone who is none. */
export async function removeMember(deed: MemberDeed, userId: number): Promise<void> {
  const { app, place, actor, facts } = deed;
  const isLeaving = userId === actor.user.id;
  if (!isLeaving && !can(actor, `${place.kind}.members`, facts)) throw forbidden();
  const now = app.clock.now();
  await app.write(async (tx) => {
    await lockPlace(tx, place);
    const before = await findMember(tx, { place, inherited: false, now }, userId);
    if (before === null) throw notFound('Member');
    if (!isLeaving) refuseHigherLevel(deed, before.accessLevel);
    await refuseLosingOwner(tx, place, before, now);
    await deleteMember(tx, place, userId);
  });
}

async function present({ app, baseUrl }: MemberDeed, member: Member | null): Promise<MemberReply> {
  if (member === null) throw notFound('Member');
  return presentMember(member, await usersById(app.db, member.createdBy === null ? [] : [member.createdBy]), baseUrl);
}

async function userOf(app: App, input: NewMember): Promise<User> {
  const user = input.user_id === undefined ? await findUserByName(app.db, input.username ?? '') : await findUser(app.db, input.user_id);
  if (user === null) throw notFound('User');
  return user;
}

function dayToCome(text: string | null | undefined, now: number): string | null {
  const day = dayParameter('expires_at', text);
  if (day !== null && isExpired(day, now)) throw invalid({ expires_at: ['cannot be a date in the past'] });
  return day;
}

/** Maintainers of a project neither make owners nor touch them. */
function refuseHigherLevel({ actor, facts, place }: MemberDeed, level: number): void {
  if (place.kind === 'project' && level >= levels.owner && !can(actor, 'project.assignOwner', facts)) throw forbidden();
}

/** A group without an owner could not be managed any more. */
async function refuseLosingOwner(tx: Tx, place: Place, member: Member, now: number): Promise<void> {
  if (place.kind !== 'group' || member.accessLevel < levels.owner) return;
  if (!(await hasOtherOwner(tx, place, member.user.id, now))) throw forbidden('The last owner of a group must stay one');
}

async function refuseLowerThanInherited(tx: Tx, place: Place, userId: number, level: number, now: number): Promise<void> {
  const above = await inheritedLevel(tx, place, userId, now);
  if (above === null || level >= above.level) return;
  const text = `should be greater than or equal to ${roleNames[above.level]} inherited membership from group ${above.groupName}`;
  throw invalid({ access_level: [text] });
}

function memberExists(): HttpError {
  return conflict('Member already exists');
}
