import '../access/app.ts';
import { badParameter, forbidden, HttpError, invalid } from '../http/errors.ts';
import type { Tx } from '../db/tx.ts';
import { forWrongToken } from '../http/failure-limit.ts';
import type { App } from '../http/route.ts';
import { newToken } from '../lib/ids.ts';
import { findRegistrationScope, type RegistrationScope } from '../namespaces/registration-token-store.ts';
import { readSettings, type ApplicationSettings } from '../namespaces/settings.ts';
import { agentOf, detailsOf, type AgentInfo } from './agent-info.ts';
import { countRegistered, lockPlace, type Place } from './assignment-store.ts';
import { mustBeValid } from './rules.ts';
import { staleAfter, tokenPrefix, type AccessLevel, type Runner, type RunnerType } from './runner.ts';
import { insertRunner, type NewRunner } from './store.ts';
import { tokenExpiry } from './token-expiry.ts';

/** What can be said of a runner when it is made; the API's names. */
export interface RunnerInput {
  description?: string | null;
  active?: boolean;
  paused?: boolean;
  tag_list?: string[];
  run_untagged?: boolean;
  locked?: boolean;
  access_level?: AccessLevel;
  maximum_timeout?: number | null;
  maintenance_note?: string | null;
  maintainer_note?: string | null;
}

export const defaultsOf = (input: RunnerInput) => ({
  description: input.description ?? null,
  maintenanceNote: input.maintenance_note ?? input.maintainer_note ?? null,
  active: input.paused === undefined ? (input.active ?? true) : !input.paused,
  locked: input.locked ?? false,
  runUntagged: input.run_untagged ?? true,
  accessLevel: input.access_level ?? ('not_protected' as const),
  maximumTimeout: input.maximum_timeout ?? null,
  tags: input.tag_list ?? [],
});

/** Throws 400 when two names of one thing are given (runners API B.6, B.10). */
export function mustNotBothBeGiven(given: Record<string, unknown>, ...pair: [string, string]): void {
  if (pair.every((name) => given[name] !== undefined)) throw badParameter(`${pair.join(', ')} are mutually exclusive`);
}

/** A new runner with the token that its agent uses from now on. */
export interface Registered {
  runner: Runner;
  token: string;
}

/**
 * Registers a runner with a registration token, which decides what it serves. Throws 410 when that is switched off, 403 for an unknown
 * token, 400 for what is wrong with the runner; then nothing is made (runners API A.12, B.10).
 */
export async function registerRunner(
  app: App,
  registrationToken: string,
  input: RunnerInput,
  agent: { info: AgentInfo; ip: string },
): Promise<Registered> {
  const settings = await readSettings(app.db);
  if (!settings.allowRunnerRegistrationToken && registrationToken !== '')
    throw new HttpError(410, { message: '410 Gone - runner registration disallowed' });
  const scope = registrationToken === '' ? null : await findRegistrationScope(app.db, app.secrets, registrationToken);
  if (scope === null || !mayRegister(scope, settings)) throw badToken();
  const values = defaultsOf(input);
  mustBeValid({ ...values, tagsChanged: true });
  const now = app.clock.now();
  const type = typeOf(scope);
  const projectId = type === 'project_type' ? scope.subjectId : null;
  const groupId = type === 'group_type' ? scope.subjectId : null;
  const registered = await addRunner(app, invalid, {
    ...values,
    type,
    groupId,
    projectId,
    agent: { ...silentAgent, ...agentOf(detailsOf(agent.info)) },
    ipAddress: agent.ip,
    creatorId: null,
    registrationType: 'registration_token',
    tokenExpiresAt: await tokenExpiry(app.db, type, projectId, now),
  });
  if (registered === null) throw badToken();
  return registered;
}

const badToken = () => forWrongToken(forbidden('invalid token supplied'));

/** An agent that has said nothing yet. */
export const silentAgent = { name: null, version: null, revision: null, platform: null, architecture: null };

/**
 * Makes a runner and its token; null when its group or project has been removed meanwhile. Throws what `refuse` makes of the complaint
 * when the group or project has as many runners as it may have.
 */
export async function addRunner(
  app: App,
  refuse: (complaint: Record<string, string[]>) => HttpError,
  runner: NewRunner,
): Promise<Registered | null> {
  const token = newToken(tokenPrefix(runner.type, runner.registrationType));
  const { registeredRunnersLimit } = await readSettings(app.db);
  const made = await app.write(async (tx) => {
    if (!(await lockPlace(tx, runner))) return null;
    const complaint = await limitComplaint(tx, runner, registeredRunnersLimit, app.clock.now());
    if (complaint !== null) throw refuse(complaint);
    return insertRunner(tx, app.secrets, runner, token, app.clock.now());
  });
  return made === null ? null : { runner: made, token };
}

function mayRegister({ scope }: RegistrationScope, settings: ApplicationSettings): boolean {
  return scope === 'instance' || settings.validRunnerRegistrars.includes(scope);
}

function typeOf({ scope }: RegistrationScope): RunnerType {
  if (scope === 'instance') return 'instance_type';
  return scope === 'group' ? 'group_type' : 'project_type';
}

/**
 * What is wrong with one more runner of a project or group, by attribute; null below the limit, of which 0 is none (runners API B.10).
 * `now` in ms.
 */
export async function limitComplaint(
  tx: Tx,
  { groupId, projectId }: Place,
  limit: number,
  now: number,
): Promise<Record<string, string[]> | null> {
  const of = projectId !== null ? { projectId } : groupId !== null ? { groupId } : null;
  if (limit === 0 || of === null) return null;
  if ((await countRegistered(tx, of, now - staleAfter)) < limit) return null;
  const [attribute, kind] = 'projectId' in of ? ['runner_projects.base', 'project'] : ['runner_namespaces.base', 'group'];
  return { [attribute]: [`Maximum number of ci registered ${kind} runners (${limit}) exceeded`] };
}
