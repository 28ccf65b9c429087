import '../access/app.ts';
import './app.ts';
import { forbidden } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { detailsOf, saysMore, type AgentInfo, type ManagerDetails } from './agent-info.ts';
import { deleteOldManagers, findLatestManager, findManagerById, saveContact, saveContactTimes } from './manager-store.ts';
import { livenessOf, lostAfter, type Liveness } from './liveness.ts';
import type { Runner, RunnerManager } from './runner.ts';

declare module '../http/route.ts' {
  interface App {
    contacts: Contacts;
  }
}

/*
 * Agents call every few seconds, and an idle call must cost no write. The times of contact are therefore kept here and written at
 * once only when something else about the manager has changed or it is new, else at most once a minute. Whoever shows a runner
 * puts the newer time over the stored one (`freshContact`).
 */

/** Requests without a system id belong to the manager of this name (runner protocol 3.6). */
const legacySystemId = '<legacy>';
const longestSystemId = 64;
/** A contact is written at most this often (ms). */
const writeEvery = 60_000;
/** Machines of one runner that are kept, those that called last; fleets have a few hundred, so more are made up. */
const mostManagers = 10_000;
/** After so many new machines of a runner it is looked whether there are too many. */
const lookEvery = 100;
/** So many machines are remembered; beyond that those of the runner whose contact was written longest ago are looked up again. */
const mostKnown = 200_000;

/** What is remembered of a manager: its last contact, what it said, and what was written. Times in ms. */
interface KnownManager {
  id: number;
  details: ManagerDetails;
  ip: string;
  contactedAt: number;
  writtenAt: number;
  /** The last request for a job, and the time between it and the one before; absent before the first, and the second. */
  askedAt?: number;
  interval?: number;
}

interface KnownRunner {
  /** The latest contact of any of its managers (ms). */
  contactedAt: number;
  managers: Map<string, KnownManager>;
}

/** Contacts that this process has seen, by the id of the runner; the one whose contact was written last comes last. */
export interface Contacts {
  runners: Map<number, KnownRunner>;
  /** Managers in all. */
  size: number;
}

export function createContacts(): Contacts {
  return { runners: new Map(), size: 0 };
}

/** The id under which a machine is known that names itself so, or not at all. */
export function systemIdOf(given: string | null): string {
  return (given ?? '').slice(0, longestSystemId) || legacySystemId;
}

/** Whether this process has heard of a machine of a runner. */
export function isKnown(contacts: Contacts, runnerId: number, systemId: string): boolean {
  return contacts.runners.get(runnerId)?.managers.has(systemId) === true;
}

/** Who called, and from where. */
export interface Contact {
  systemId: string | null;
  info: AgentInfo;
  ip: string;
  /** The call asks for a job, which ends the creation of a runner that a user made (runners API B.3). */
  asksForJob?: boolean;
}

/**
 * Notes an authenticated call of a runner's agent. Finds or makes the manager of its machine and gives its id. Throws 403 when the
 * runner has been removed meanwhile.
 */
export async function noteContact(app: App, runner: Runner, contact: Contact): Promise<Pick<RunnerManager, 'id'>> {
  const { contacts } = app;
  const now = app.clock.now();
  const systemId = systemIdOf(contact.systemId);
  const details = detailsOf(contact.info);
  const finishes = contact.asksForJob === true && runner.creationState === 'started';
  const known = contacts.runners.get(runner.id)?.managers.get(systemId);
  const rhythm = contact.asksForJob === true ? rhythmOf(known, now) : {};
  const isNews = known === undefined || known.ip !== contact.ip || saysMore(known.details, details) || finishes;
  if (!isNews && now - known.writtenAt < writeEvery) {
    remember(contacts, runner.id, systemId, { ...known, ...rhythm, contactedAt: now });
    return known;
  }
  const id = await app.write((tx) => saveContact(tx, { runnerId: runner.id, systemId, details, ip: contact.ip, finishes }, now));
  if (id === null) throw forbidden();
  remember(contacts, runner.id, systemId, {
    ...known,
    ...rhythm,
    id,
    details: { ...known?.details, ...details },
    ip: contact.ip,
    contactedAt: now,
    writtenAt: now,
  });
  const size = contacts.runners.get(runner.id)?.managers.size ?? 0;
  if (known === undefined && size % lookEvery === 0) await forgetOldManagers(app, runner.id);
  return { id };
}

/** A token in wrong hands may come with any number of system ids: beyond a bound those that called longest ago go, unless they run jobs. */
async function forgetOldManagers(app: App, runnerId: number): Promise<void> {
  const busy = await app.busyManagers(runnerId);
  const gone = await app.write((tx) => deleteOldManagers(tx, runnerId, mostManagers, busy));
  for (const systemId of gone) forgetContact(app.contacts, runnerId, systemId);
  if (gone.length > 0) app.log.warn({ runnerId, count: gone.length }, 'a runner had too many machines, the oldest were forgotten');
}

/** When a machine asked for a job, and how long it had not; one that was away begins anew. */
function rhythmOf(known: KnownManager | undefined, now: number): Pick<KnownManager, 'askedAt' | 'interval'> {
  const gap = known?.askedAt === undefined ? lostAfter : now - known.askedAt;
  return gap < lostAfter ? { askedAt: now, interval: gap } : { askedAt: now };
}

/** Notes that an agent has called about a job: a sign of life of the machine that runs it. One that is gone is no error. */
export async function noteJobCall(app: App, runnerId: number, managerId: number): Promise<void> {
  const { contacts } = app;
  const now = app.clock.now();
  const [systemId, known] = (await knownById(app, runnerId, managerId)) ?? [];
  if (systemId === undefined || known === undefined) return;
  const isDue = now - known.writtenAt >= writeEvery;
  if (isDue) await app.write((tx) => saveContactTimes(tx, new Map([[runnerId, now]]), new Map([[managerId, now]])));
  remember(contacts, runnerId, systemId, { ...known, contactedAt: now, writtenAt: isDue ? now : known.writtenAt });
}

async function knownById(app: App, runnerId: number, managerId: number): Promise<[string, KnownManager] | null> {
  for (const entry of app.contacts.runners.get(runnerId)?.managers ?? []) if (entry[1].id === managerId) return entry;
  const manager = await findManagerById(app.db, managerId);
  if (manager === null) return null;
  const contactedAt = manager.contactedAt ?? 0;
  return [manager.systemId, { id: managerId, details: {}, ip: manager.ipAddress ?? '', contactedAt, writtenAt: contactedAt }];
}

function remember(contacts: Contacts, runnerId: number, systemId: string, manager: KnownManager): void {
  const runner = contacts.runners.get(runnerId) ?? { contactedAt: 0, managers: new Map<string, KnownManager>() };
  runner.contactedAt = Math.max(runner.contactedAt, manager.contactedAt);
  if (!runner.managers.has(systemId)) contacts.size++;
  runner.managers.set(systemId, manager);
  if (manager.writtenAt === manager.contactedAt) contacts.runners.delete(runnerId);
  contacts.runners.set(runnerId, runner);
  while (contacts.size > mostKnown && contacts.runners.size > 1) {
    const oldest = contacts.runners.keys().next().value;
    if (oldest === undefined) return;
    forgetContact(contacts, oldest);
  }
}

/** Forgets a runner, or one machine of it, that is gone. */
export function forgetContact(contacts: Contacts, runnerId: number, systemId?: string): void {
  const runner = contacts.runners.get(runnerId);
  if (runner === undefined) return;
  if (systemId !== undefined) {
    if (runner.managers.delete(systemId)) contacts.size--;
    return;
  }
  contacts.size -= runner.managers.size;
  contacts.runners.delete(runnerId);
}

/** A runner with the newest time of contact that is known. */
export function freshContact<R extends Pick<Runner, 'id' | 'contactedAt'>>(contacts: Contacts, runner: R): R {
  const contactedAt = contacts.runners.get(runner.id)?.contactedAt ?? 0;
  return contactedAt > (runner.contactedAt ?? 0) ? { ...runner, contactedAt } : runner;
}

/** A manager with the newest time of contact that is known. */
export function freshManager<M extends Pick<RunnerManager, 'id' | 'runnerId' | 'systemId' | 'contactedAt'>>(
  contacts: Contacts,
  manager: M,
): M {
  const known = contacts.runners.get(manager.runnerId)?.managers.get(manager.systemId);
  return known?.id === manager.id && known.contactedAt > (manager.contactedAt ?? 0)
    ? { ...manager, contactedAt: known.contactedAt }
    : manager;
}

/** Whether a machine is there, as far as this process knows. `now` in ms. */
export function managerLiveness(contacts: Contacts, manager: RunnerManager, now: number): Liveness {
  const known = contacts.runners.get(manager.runnerId)?.managers.get(manager.systemId);
  const { contactedAt } = freshManager(contacts, manager);
  return livenessOf({ contactedAt, interval: known?.interval ?? null }, now);
}

/** The same of a runner: of that machine of it which is there most surely. */
export function runnerLiveness(contacts: Contacts, runner: Pick<Runner, 'id' | 'contactedAt'>, now: number): Liveness {
  const { contactedAt } = freshContact(contacts, runner);
  let interval = 0;
  for (const known of contacts.runners.get(runner.id)?.managers.values() ?? [])
    if (livenessOf(known, now) === 'online') interval = Math.max(interval, known.interval ?? 0);
  return livenessOf({ contactedAt, interval }, now);
}

/** When any machine of a runner last asked for a job (ms), as far as this process knows; null: not known. */
export function lastAskedAt(contacts: Contacts, runnerId: number): number | null {
  let latest: number | null = null;
  for (const { askedAt } of contacts.runners.get(runnerId)?.managers.values() ?? [])
    if (askedAt !== undefined) latest = Math.max(latest ?? 0, askedAt);
  return latest;
}

/** The manager with the latest contact, which speaks for its runner; null for none. */
export async function latestManager(app: App, runnerId: number): Promise<RunnerManager | null> {
  const written = await findLatestManager(app.db, runnerId);
  let latest: KnownManager | null = null;
  for (const known of app.contacts.runners.get(runnerId)?.managers.values() ?? [])
    if (known.contactedAt > (latest?.contactedAt ?? written?.contactedAt ?? 0)) latest = known;
  return latest === null || latest.id === written?.id ? written : ((await findManagerById(app.db, latest.id)) ?? written);
}

/** Writes all contacts that are newer than what was written; at the stop of the server. */
export async function flushContacts(app: App): Promise<void> {
  const runners = new Map<number, number>();
  const managers = new Map<number, number>();
  for (const [runnerId, runner] of app.contacts.runners) {
    for (const manager of runner.managers.values()) {
      if (manager.contactedAt === manager.writtenAt) continue;
      managers.set(manager.id, manager.contactedAt);
      runners.set(runnerId, runner.contactedAt);
    }
  }
  if (managers.size > 0) await app.write((tx) => saveContactTimes(tx, runners, managers));
}
