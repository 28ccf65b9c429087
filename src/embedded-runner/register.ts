import type { RegisterBody, RegisterReply } from '../runner-api/wire.ts';
import { apiUrl, sendJson } from './http-call.ts';
import type { TextAnswer } from './http-call.ts';
import { runnerInfo } from './runner-info.ts';

/** The server refused. `message` says what it said; `status` is its HTTP status. */
export class RunnerApiError extends Error {
  override name = 'RunnerApiError';
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface Registration {
  /** A registration token; or a token that begins with `glrt-`, of a runner that exists already and is only verified. */
  token: string;
  description?: string;
  tags?: string[];
  /** True when nothing is said and there are no tags. */
  runUntagged?: boolean;
  locked?: boolean;
  paused?: boolean;
  accessLevel?: 'not_protected' | 'ref_protected';
  /** Seconds, at least 600. */
  maximumTimeout?: number;
  maintenanceNote?: string;
  /** Which machine of a shared runner this is. */
  systemId?: string;
}

export interface RegisteredRunner {
  id: number;
  /** Runner authentication token: what `startRunner` needs. */
  token: string;
  /** RFC 3339, or null. */
  tokenExpiresAt: string | null;
}

/**
 * Makes a runner with a registration token, or verifies an existing one with its `glrt-` token (runner protocol 3.2).
 * Throws a RunnerApiError when the server refuses, NoAnswer when it cannot be reached.
 */
export async function registerRunner(url: string, registration: Registration): Promise<RegisteredRunner> {
  if (registration.token.startsWith('glrt-')) return verifyRunner(url, registration);
  return registered(await register(url, registration));
}

/** Asks whether the server knows a runner by its authentication token, of whatever kind (runner protocol 3.4). Throws as `registerRunner` does. */
export async function verifyRunner(url: string, { token, systemId }: Pick<Registration, 'token' | 'systemId'>): Promise<RegisteredRunner> {
  const body = { token, info: runnerInfo(), ...(systemId === undefined ? {} : { system_id: systemId }) };
  const answer = await sendJson('POST', apiUrl(url, '/runners/verify'), body, { headers: { 'RUNNER-TOKEN': token } });
  return registered(expect(answer, 200));
}

/**
 * Removes the runner; of one that several machines may share (`glrt-`) only the machine of `systemId` (runner protocol 3.5).
 * Throws as `registerRunner` does.
 */
export async function unregisterRunner(url: string, token: string, systemId: string): Promise<void> {
  const shared = token.startsWith('glrt-');
  const path = shared ? '/runners/managers' : '/runners';
  const body = { token, ...(shared ? { system_id: systemId } : {}) };
  expect(await sendJson('DELETE', apiUrl(url, path), body, { headers: { 'RUNNER-TOKEN': token } }), 204);
}

function registered(answer: TextAnswer): RegisteredRunner {
  const reply = JSON.parse(answer.text) as RegisterReply;
  return { id: reply.id, token: reply.token, tokenExpiresAt: reply.token_expires_at };
}

async function register(url: string, given: Registration): Promise<TextAnswer> {
  const tags = given.tags ?? [];
  const body: RegisterBody = {
    token: given.token,
    info: runnerInfo(),
    run_untagged: given.runUntagged ?? tags.length === 0,
    ...(tags.length === 0 ? {} : { tag_list: tags.join(',') }),
    ...(given.description === undefined ? {} : { description: given.description }),
    ...(given.locked === undefined ? {} : { locked: given.locked }),
    ...(given.paused === undefined ? {} : { paused: given.paused }),
    ...(given.accessLevel === undefined ? {} : { access_level: given.accessLevel }),
    ...(given.maximumTimeout === undefined ? {} : { maximum_timeout: given.maximumTimeout }),
    ...(given.maintenanceNote === undefined ? {} : { maintenance_note: given.maintenanceNote }),
  };
  return expect(await sendJson('POST', apiUrl(url, '/runners'), body), 201);
}

function expect(answer: TextAnswer, status: number): TextAnswer {
  if (answer.status === status) return answer;
  throw new RunnerApiError(`the server refused (${answer.status}): ${complaint(answer.text)}`, answer.status);
}

/** The server's own words: `message`, which may hold texts by field, or `error`. */
function complaint(text: string): string {
  try {
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: unknown };
    const said = message ?? error;
    return typeof said === 'string' ? said : JSON.stringify(said);
  } catch {
    return text.slice(0, 200);
  }
}
