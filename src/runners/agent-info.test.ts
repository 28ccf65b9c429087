import { describe, expect, it } from 'vitest';
import { agentOf, detailsOf, saysMore } from './agent-info.ts';

describe('what an agent says of itself', () => {
  it('is kept as far as it is given', () => {
    expect(detailsOf({})).toEqual({});
    expect(detailsOf({ version: null, name: null, features: null, config: null, labels: null })).toEqual({});
    expect(
      detailsOf({
        name: 'gitlab-runner',
        version: '17.0.0',
        executor: 'docker',
        features: { trace: true, cancelable: true, off: false, odd: 'yes' },
        config: { gpus: 'all', secret: 'x' },
        labels: { zone: 'eu', count: 3 },
      }),
    ).toEqual({
      name: 'gitlab-runner',
      version: '17.0.0',
      executor: 'docker',
      features: '{"trace":true,"cancelable":true}',
      config: '{"gpus":"all"}',
      labels: '{"zone":"eu"}',
    });
  });

  it('is bounded', () => {
    const labels = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`label${index}`, 'x']));
    const details = detailsOf({ version: 'v'.repeat(1000), config: { gpus: 'g'.repeat(1000) }, labels });
    expect(details.version).toBe('v'.repeat(255));
    expect(details.config).toBe(JSON.stringify({ gpus: 'g'.repeat(255) }));
    expect(Object.keys(JSON.parse(details.labels ?? '{}') as object).length).toBe(32);
  });

  it('goes to the runner as far as the runner shows it', () => {
    expect(agentOf(detailsOf({ version: '1', platform: 'linux', executor: 'shell', features: { trace: true } }))).toEqual({
      version: '1',
      platform: 'linux',
    });
  });

  it('is news when it differs from what is known, not when it says less', () => {
    expect(saysMore({ version: '1', executor: 'shell' }, {})).toBe(false);
    expect(saysMore({ version: '1', executor: 'shell' }, { version: '1' })).toBe(false);
    expect(saysMore({ version: '1' }, { version: '2' })).toBe(true);
    expect(saysMore({ version: '1' }, { executor: 'shell' })).toBe(true);
    expect(saysMore({ features: '{"a":true}' }, { features: '{}' })).toBe(true);
  });
});
