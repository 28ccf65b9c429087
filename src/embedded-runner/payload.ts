import type { JobPayload } from '../runner-api/wire.ts';

/** The answer is no job: the runner forgets it and asks for the next one, as agents do (runner protocol 4.4). */
export class UnreadablePayload extends Error {
  override name = 'UnreadablePayload';
}

type Raw = Record<string, unknown>;

/**
 * A payload from the text of an answer. What may be null or missing becomes empty (runner protocol 5). Throws an UnreadablePayload
 * that names the first key of a wrong type.
 */
export function readPayload(text: string): JobPayload {
  const raw = objectAt(parse(text), 'the payload');
  mustBe(Number.isSafeInteger(raw['id']), 'id', 'an integer');
  mustBe(typeof raw['token'] === 'string' && raw['token'] !== '', 'token', 'a string');
  for (const key of ['job_info', 'git_info', 'runner_info']) objectAt(raw[key], key);
  const git = objectAt(raw['git_info'], 'git_info');
  for (const key of ['repo_url', 'sha']) mustBe(typeof git[key] === 'string', `git_info.${key}`, 'a string');
  const info = objectAt(raw['job_info'], 'job_info');
  const runner = objectAt(raw['runner_info'], 'runner_info');
  const features = raw['features'] ?? {};
  const payload = {
    ...raw,
    job_info: { ...info, name: info['name'] ?? '', project_id: info['project_id'] ?? 0 },
    git_info: { ...git, refspecs: textsAt(git['refspecs'], 'git_info.refspecs'), depth: integerAt(git['depth'], 'git_info.depth') },
    runner_info: { ...runner, timeout: integerAt(runner['timeout'], 'runner_info.timeout') },
    variables: listAt(raw['variables'], 'variables').map((one, at) => namedTexts(one, `variables[${at}]`, 'key', 'value')),
    steps: listAt(raw['steps'], 'steps').map((one, at) => ({ ...one, script: textsAt(one['script'], `steps[${at}].script`) })),
    hooks: listAt(raw['hooks'], 'hooks').map((one, at) => ({ ...one, script: textsAt(one['script'], `hooks[${at}].script`) })),
    artifacts: listAt(raw['artifacts'], 'artifacts').map((one, at) => ({
      ...one,
      paths: textsAt(one['paths'], `artifacts[${at}].paths`),
      exclude: textsAt(one['exclude'], `artifacts[${at}].exclude`),
    })),
    cache: listAt(raw['cache'], 'cache'),
    credentials: listAt(raw['credentials'], 'credentials'),
    dependencies: listAt(raw['dependencies'], 'dependencies'),
    features: { ...objectAt(features, 'features') },
  };
  return payload as unknown as JobPayload;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnreadablePayload('the answer is no JSON', { cause });
  }
}

function mustBe(fits: boolean, at: string, wanted: string): void {
  if (!fits) throw new UnreadablePayload(`${at} of the payload must be ${wanted}`);
}

function objectAt(value: unknown, at: string): Raw {
  mustBe(typeof value === 'object' && value !== null && !Array.isArray(value), at, 'an object');
  return value as Raw;
}

function listAt(value: unknown, at: string): Raw[] {
  if (value === null || value === undefined) return [];
  mustBe(Array.isArray(value), at, 'an array');
  return (value as unknown[]).map((one, index) => objectAt(one, `${at}[${index}]`));
}

function textsAt(value: unknown, at: string): string[] {
  if (value === null || value === undefined) return [];
  mustBe(Array.isArray(value) && value.every((one) => typeof one === 'string'), at, 'an array of strings');
  return value as string[];
}

function integerAt(value: unknown, at: string): number {
  mustBe(value === null || value === undefined || Number.isSafeInteger(value), at, 'an integer');
  return (value as number | null | undefined) ?? 0;
}

function namedTexts(value: Raw, at: string, ...keys: string[]): Raw {
  const texts = keys.map((key) => {
    const text = value[key] ?? '';
    mustBe(typeof text === 'string', `${at}.${key}`, 'a string');
    return [key, text] as const;
  });
  return { ...value, ...Object.fromEntries(texts) };
}
