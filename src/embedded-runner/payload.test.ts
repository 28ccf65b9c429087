import { describe, expect, it } from 'vitest';
import { samplePayload } from '../../test/harness/sample-payload.ts';
import { readPayload, UnreadablePayload } from './payload.ts';

function withKey(key: string, value: unknown): string {
  return JSON.stringify({ ...samplePayload(), [key]: value });
}

describe('readPayload', () => {
  it('gives a full payload as it is', () => {
    const sample = samplePayload();
    const read = readPayload(JSON.stringify(sample));
    expect(read).toMatchObject({ ...sample, artifacts: sample.artifacts });
  });

  it('reads null and missing lists as empty ones', () => {
    for (const key of ['variables', 'steps', 'cache', 'credentials', 'dependencies', 'hooks', 'artifacts'] as const) {
      expect(readPayload(withKey(key, null))[key]).toEqual([]);
      expect(readPayload(withKey(key, undefined))[key]).toEqual([]);
    }
    expect(readPayload(withKey('features', null)).features).toEqual({});
    expect(readPayload(withKey('variables', [{ key: 'A', value: null }])).variables).toEqual([{ key: 'A', value: '' }]);
  });

  it.each<[string, unknown, string]>([
    ['id', '1', 'id of the payload must be an integer'],
    ['token', '', 'token of the payload must be a string'],
    ['git_info', null, 'git_info of the payload must be an object'],
    ['steps', [{ name: 'script', script: 'x' }], 'steps[0].script of the payload must be an array of strings'],
    ['variables', [{ key: 'A', value: 1 }], 'variables[0].value of the payload must be a string'],
    ['runner_info', { timeout: '3600' }, 'runner_info.timeout of the payload must be an integer'],
    ['cache', {}, 'cache of the payload must be an array'],
  ])('refuses %s = %j', (key, value, message) => {
    expect(() => readPayload(withKey(key, value))).toThrow(UnreadablePayload);
    expect(() => readPayload(withKey(key, value))).toThrow(message);
  });

  it('refuses what is not JSON', () => {
    expect(() => readPayload('<html>')).toThrow('the answer is no JSON');
    expect(() => readPayload('null')).toThrow('the payload of the payload must be an object');
  });
});
