import type { JobPayload } from '../../src/runner-api/wire.ts';

/**
 * Decodes a job payload as strictly as an agent does (runner protocol 5): one wrong type and the whole job is lost. Missing
 * and null are the zero value except where an agent refuses them; unknown keys, and keys that the agent's version does not
 * know yet, are ignored.
 */

/** The payload would be dropped by an agent. `message` says which key is wrong and what it should be. */
export class PayloadError extends Error {
  override name = 'PayloadError';
}

type Check = (value: unknown, at: string, version: number) => void;

/** Version text as a number that compares: `16.10.2` → 16010. Only major and minor count. */
export function versionNumber(version: string): number {
  const [major = '0', minor = '0'] = version.split('.');
  return Number(major) * 1000 + Number(minor);
}

function refuse(at: string, wanted: string, value: unknown): never {
  throw new PayloadError(`${at} must be ${wanted}, not ${JSON.stringify(value)?.slice(0, 80) ?? 'absent'}`);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function simple(wanted: string, fits: (value: unknown) => boolean): Check {
  return (value, at) => {
    if (!isAbsent(value) && !fits(value)) refuse(at, wanted, value);
  };
}

const text = simple('a string', (value) => typeof value === 'string');
const flag = simple('a boolean', (value) => typeof value === 'boolean');
const integer = simple('an integer', (value) => Number.isSafeInteger(value));
const number = simple('a number', (value) => typeof value === 'number');
const anyObject = simple('an object', isObject);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneOf(...values: string[]): Check {
  return simple(`one of ${values.join(', ')}`, (value) => typeof value === 'string' && values.includes(value));
}

function required(check: Check): Check {
  return (value, at, version) => {
    if (isAbsent(value)) refuse(at, 'present', value);
    check(value, at, version);
  };
}

function list(item: Check): Check {
  return (value, at, version) => {
    if (isAbsent(value)) return;
    if (!Array.isArray(value)) refuse(at, 'an array', value);
    for (const [index, entry] of value.entries()) item(entry, `${at}[${index}]`, version);
  };
}

function mapOf(item: Check): Check {
  return (value, at, version) => {
    if (isAbsent(value)) return;
    if (!isObject(value)) refuse(at, 'an object', value);
    for (const [key, entry] of Object.entries(value)) item(entry, `${at}.${key}`, version);
  };
}

function record(fields: Record<string, Check>): Check {
  return (value, at, version) => {
    if (isAbsent(value)) return;
    if (!isObject(value)) refuse(at, 'an object', value);
    for (const [key, check] of Object.entries(fields)) check(value[key], `${at}.${key}`, version);
  };
}

/** Checked only by agents from `version` on. */
function since(version: string, check: Check): Check {
  const first = versionNumber(version);
  return (value, at, agent) => {
    if (agent >= first) check(value, at, agent);
  };
}

const variable = record({ key: required(text), value: text, public: flag, file: flag, masked: flag, raw: since('12.10', flag) });

/** An unknown key is no error of decoding, but the agent fails the job for it (runner protocol 5.6). */
function onlyKeys(...keys: string[]): Check {
  return (value, at) => {
    if (!isObject(value)) return;
    const unknown = Object.keys(value).find((key) => !keys.includes(key));
    if (unknown !== undefined) throw new PayloadError(`${at}.${unknown} is unknown to agents, which fail the job for it`);
  };
}

function both(...checks: Check[]): Check {
  return (value, at, version) => {
    for (const check of checks) check(value, at, version);
  };
}

const executorOptions = both(
  onlyKeys('docker', 'kubernetes'),
  record({
    docker: both(onlyKeys('platform', 'user'), record({ platform: text, user: text })),
    kubernetes: both(onlyKeys('user'), record({ user: text })),
  }),
);

const image = record({
  name: text,
  alias: text,
  command: list(text),
  entrypoint: list(text),
  ports: since('12.0', list(record({ number: integer, protocol: text, name: text }))),
  variables: since('14.8', list(variable)),
  pull_policy: since('15.1', list(oneOf('always', 'if-not-present', 'never'))),
  executor_opts: since('16.6', executorOptions),
});

const whens = oneOf('on_success', 'on_failure', 'always');

const jobInfo = record({
  name: required(text),
  stage: required(text),
  project_id: required(integer),
  project_name: required(text),
  time_in_queue_seconds: since('16.4', number),
  project_jobs_running_on_instance_runners_count: since('16.4', text),
  queue_size: since('18.1', integer),
  queue_depth: since('18.1', integer),
  project_full_path: since('18.5', text),
  namespace_id: since('18.5', integer),
  root_namespace_id: since('18.5', integer),
  organization_id: since('18.5', integer),
  instance_id: since('18.5', text),
  instance_uuid: since('18.5', text),
  user_id: since('18.5', integer),
  scoped_user_id: since('18.5', integer),
  pipeline_id: since('19.0', integer),
});

/** The agent cuts the first eight characters off: a shorter id ends it in a panic (runner protocol 5.3). */
const objectId = simple('a full object id', (value) => typeof value === 'string' && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(value));
const repositoryUrl = simple(
  'an absolute URL without ..',
  (value) => typeof value === 'string' && URL.canParse(value) && !value.includes('..'),
);

const gitInfo = record({
  repo_url: required(repositoryUrl),
  ref: required(text),
  sha: required(objectId),
  before_sha: required(objectId),
  ref_type: required(oneOf('branch', 'tag')),
  refspecs: since('11.9', list(text)),
  depth: since('11.9', integer),
  repo_object_format: since('16.11', oneOf('sha1', 'sha256')),
  protected: since('18.3', flag),
});

/** `run` holds a list as JSON text; since 18.9 null and empty text are errors (runner protocol 5.1). */
const runSteps: Check = (value, at, version) => {
  const strict = version >= versionNumber('18.9');
  if (value === undefined || (!strict && (value === null || value === ''))) return;
  if (typeof value !== 'string') refuse(at, 'a string', value);
  try {
    if (!Array.isArray(JSON.parse(value))) refuse(at, 'a list as JSON text', value);
  } catch {
    refuse(at, 'a list as JSON text', value);
  }
};

const inputValue = record({ content: required(() => {}), type: text, sensitive: flag });

const payload = record({
  id: required(integer),
  token: required(text),
  allow_git_fetch: flag,
  job_info: required(jobInfo),
  git_info: required(gitInfo),
  runner_info: required(record({ timeout: integer, uuid: since('19.2', text) })),
  variables: list(variable),
  steps: required(list(record({ name: required(text), script: required(list(text)), timeout: integer, when: whens, allow_failure: flag }))),
  image,
  services: list(image),
  artifacts: list(
    record({
      name: text,
      untracked: flag,
      paths: list(text),
      exclude: since('13.1', list(text)),
      when: whens,
      expire_in: text,
      artifact_type: text,
      artifact_format: oneOf('zip', 'gzip', 'raw'),
    }),
  ),
  cache: list(
    record({
      key: text,
      untracked: flag,
      paths: list(text),
      policy: oneOf('pull-push', 'pull', 'push'),
      when: since('13.5', whens),
      fallback_keys: since('15.11', list(text)),
    }),
  ),
  credentials: list(record({ type: text, url: text, username: text, password: text })),
  dependencies: list(
    record({ id: required(integer), name: text, token: required(text), artifacts_file: record({ filename: text, size: integer }) }),
  ),
  features: record({
    trace_sections: flag,
    failure_reasons: since('14.0', list(text)),
    token_mask_prefixes: since('15.5', list(text)),
    tracing: since('19.0', anyObject),
  }),
  secrets: since('13.4', mapOf(anyObject)),
  hooks: since('15.9', list(record({ name: required(text), script: required(list(text)) }))),
  run: since('17.1', runSteps),
  policy_options: since('18.1', anyObject),
  inputs: since('18.7', list(record({ key: required(text), value: required(inputValue) }))),
  suspend_options: since('19.0', record({ suspend_on_success: flag, suspend_on_failure: flag, environment_key: text })),
});

/** The payload in `json` (text or parsed) as an agent of `version` reads it. Throws a PayloadError when it would drop the job. */
export function decodePayload(json: unknown, version = '19.3.0'): JobPayload {
  const value: unknown = typeof json === 'string' ? parse(json) : json;
  required(payload)(value, 'payload', versionNumber(version));
  return value as JobPayload;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new PayloadError('the payload is not JSON', { cause });
  }
}
