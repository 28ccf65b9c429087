import { describe, expect, it } from 'vitest';
import { decodePayload, PayloadError } from './strict-payload.ts';
import { samplePayload } from './sample-payload.ts';

/** The sample with the value at `path` replaced, or taken away when it is undefined. */
function broken(path: string, value: unknown): unknown {
  const copy = structuredClone(samplePayload()) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Record<string, unknown> = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

describe('decodePayload', () => {
  it('takes a full payload, as text or parsed, for every version', () => {
    for (const version of ['11.5.0', '13.12.0', '16.11.1', '19.3.0']) {
      expect(decodePayload(JSON.stringify(samplePayload()), version)).toEqual(samplePayload());
      expect(decodePayload(samplePayload(), version).id).toBe(8412);
    }
  });

  it('reads null and missing keys as nothing, and ignores unknown ones', () => {
    for (const key of ['variables', 'services', 'artifacts', 'cache', 'dependencies', 'credentials', 'features', 'image', 'hooks']) {
      expect(decodePayload(broken(key, null))).toBeDefined();
      expect(decodePayload(broken(key, undefined))).toBeDefined();
    }
    expect(decodePayload(broken('novelty', [1]))).toBeDefined();
    expect(decodePayload(broken('job_info.novelty', 'x'))).toBeDefined();
  });

  it.each<[string, unknown, string]>([
    ['id', '8412', 'payload.id must be an integer'],
    ['id', 1.5, 'payload.id must be an integer'],
    ['run', null, 'payload.run must be a string'],
    ['run', '', 'payload.run must be a list as JSON text'],
    ['run', [], 'payload.run must be a string'],
    ['secrets', [], 'payload.secrets must be an object'],
    ['policy_options', [], 'payload.policy_options must be an object'],
    ['cache', {}, 'payload.cache must be an array'],
    ['image', 'ruby', 'payload.image must be an object'],
    ['image.executor_opts', { podman: {} }, 'payload.image.executor_opts.podman is unknown to agents'],
    ['services.0.command', 'x', 'payload.services[0].command must be an array'],
    ['services.0.variables', {}, 'payload.services[0].variables must be an array'],
    ['steps.0.script', 'x', 'payload.steps[0].script must be an array'],
    ['steps.0.timeout', 3600.5, 'payload.steps[0].timeout must be an integer'],
    ['runner_info.timeout', '3600', 'payload.runner_info.timeout must be an integer'],
    ['git_info.depth', '20', 'payload.git_info.depth must be an integer'],
    ['git_info.sha', '5d1c9b0', 'payload.git_info.sha must be a full object id'],
    ['git_info.repo_url', '/dock/harbor.git', 'payload.git_info.repo_url must be an absolute URL'],
    ['variables.0.value', 1, 'payload.variables[0].value must be a string'],
    ['variables.0.masked', 'no', 'payload.variables[0].masked must be a boolean'],
    ['job_info.project_jobs_running_on_instance_runners_count', 0, 'must be a string'],
    ['dependencies.0.id', '1', 'payload.dependencies[0].id must be an integer'],
    ['features.failure_reasons', 'all', 'payload.features.failure_reasons must be an array'],
    ['inputs', [{ key: 'a', value: { content: null } }], 'payload.inputs[0].value.content must be present'],
  ])('refuses %s = %j', (path, value, message) => {
    expect(() => decodePayload(broken(path, value))).toThrow(PayloadError);
    expect(() => decodePayload(broken(path, value))).toThrow(message);
  });

  it('looks only at keys that the version knows', () => {
    expect(decodePayload(broken('secrets', []), '13.3.0')).toBeDefined();
    expect(decodePayload(broken('run', null), '18.8.0')).toBeDefined();
    expect(() => decodePayload(broken('run', []), '18.8.0')).toThrow(PayloadError);
    expect(decodePayload(broken('git_info.depth', '20'), '11.8.0')).toBeDefined();
  });

  it('refuses what is not JSON', () => {
    expect(() => decodePayload('<html>')).toThrow('the payload is not JSON');
    expect(() => decodePayload('[]')).toThrow('payload must be an object');
  });
});
