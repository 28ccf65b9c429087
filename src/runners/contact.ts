import '../access/app.ts';
import type { App } from '../http/route.ts';
import { saveContact, saveContactTimes, type ManagerDetails } from './manager-store.ts';
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
export const legacySystemId = '<legacy>';
/** A contact is written at most this often (ms). */
const writeEvery = 60_000;
/** So many machines are remembered; beyond that the oldest is asked for in the database again. */
const mostKnown = 200_000;

/** What is remembered of a manager: its last contact, what it said, and what was written. */
interface Known {
  managerId: number;
  runnerId: number;
  details: string;
  contactedAt: number;
  writtenAt: number;
}

/** Contacts of all managers that this process has seen. */
export interface Contacts {
  known: Map<string, Known>;
  /** Latest contact by runner (ms). */
  runners: Map<number, number>;
}

export function createContacts(): Contacts {
  return { known: new Map(), runners: new Map() };
}

/** `info` of a call as far as it was given. */
export interface AgentInfo {
  name?: string | null;
  version?: string | null;
  revision?: string | null;
  platform?: string | null;
  architecture?: string | null;
  executor?: string | null;
  features?: Record<string, unknown>;
  config?: Record<string, unknown>;
  labels?: Record<string, unknown>;
}

/** Who called, and from where. */
export interface Contact {
  systemId: string | null;
  info: AgentInfo;
  ip: string;
}

/**
 * Notes an authenticated call of a runner's agent. Finds or makes the manager of its machine and gives its id.
 */
export async function noteContact(app: App, runner: Runner, { systemId, info, ip }: Contact): Promise<Pick<RunnerManager, 'id'>> {
  const now = app.clock.now();
  const system = systemId === null || systemId === '' ? legacySystemId : systemId.slice(0, 64);
  const key = `${runner.id} ${system}`;
  const details = detailsOf(info);
  const text = JSON.stringify([details, ip]);
  const known = app.contacts.known.get(key);
  app.contacts.runners.set(runner.id, now);
  if (known !== undefined && now - known.writtenAt < writeEvery && (known.details === text || Object.keys(info).length === 0)) {
    known.contactedAt = now;
    return { id: known.managerId };
  }
  const manager = await app.write((tx) => saveContact(tx, runner.id, system, details, ip, now));
  app.contacts.known.delete(key);
  app.contacts.known.set(key, { managerId: manager.id, runnerId: runner.id, details: text, contactedAt: now, writtenAt: now });
  if (app.contacts.known.size > mostKnown) {
    const oldest = app.contacts.known.keys().next().value;
    if (oldest !== undefined) app.contacts.known.delete(oldest);
  }
  return manager;
}

/** Forgets a runner, or one machine of it, that is gone. */
export function forgetContact(contacts: Contacts, runnerId: number, systemId?: string): void {
  if (systemId !== undefined) {
    contacts.known.delete(`${runnerId} ${systemId}`);
    return;
  }
  contacts.runners.delete(runnerId);
  for (const [key, known] of contacts.known) if (known.runnerId === runnerId) contacts.known.delete(key);
}

/** A runner with the newest time of contact that is known. */
export function freshContact<R extends Pick<Runner, 'id' | 'contactedAt'>>(contacts: Contacts, runner: R): R {
  const kept = contacts.runners.get(runner.id);
  return kept === undefined || (runner.contactedAt !== null && runner.contactedAt >= kept) ? runner : { ...runner, contactedAt: kept };
}

/** A manager with the newest time of contact that is known. */
export function freshManager(contacts: Contacts, manager: RunnerManager): RunnerManager {
  const known = contacts.known.get(`${manager.runnerId} ${manager.systemId}`);
  return known?.managerId === manager.id && known.contactedAt > (manager.contactedAt ?? 0)
    ? { ...manager, contactedAt: known.contactedAt }
    : manager;
}

/** Writes all contacts that are newer than what was written; at the stop of the server. */
export async function flushContacts(app: App): Promise<void> {
  const unwritten = [...app.contacts.known.values()].filter((known) => known.contactedAt > known.writtenAt);
  if (unwritten.length === 0) return;
  const managers = new Map(unwritten.map((known) => [known.managerId, known.contactedAt]));
  const runners = new Map(unwritten.map((known) => [known.runnerId, app.contacts.runners.get(known.runnerId) ?? known.contactedAt]));
  await app.write((tx) => saveContactTimes(tx, runners, managers));
}

/** Texts longer than this say nothing about a machine. */
const longestText = 255;
const mostLabels = 32;

function detailsOf(info: AgentInfo): ManagerDetails {
  const details: ManagerDetails = {};
  for (const key of ['name', 'version', 'revision', 'platform', 'architecture', 'executor'] as const) {
    const value = info[key];
    if (typeof value === 'string') details[key] = value.slice(0, longestText);
  }
  if (info.features !== undefined)
    details.features = JSON.stringify(Object.fromEntries(Object.entries(info.features).filter(([, value]) => value === true)));
  const gpus = info.config?.['gpus'];
  if (typeof gpus === 'string') details.config = JSON.stringify({ gpus: gpus.slice(0, longestText) });
  if (info.labels !== undefined) {
    const labels = Object.entries(info.labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    details.labels = JSON.stringify(Object.fromEntries(labels.slice(0, mostLabels)));
  }
  return details;
}
