import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

const path = '/application/settings';

describe.each(engines)('application settings on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  it('are shown whole, and changed one by one', async () => {
    const defaults = {
      allow_runner_registration_token: true,
      valid_runner_registrars: ['project', 'group'],
      shared_runners_enabled: true,
      shared_runners_text: '',
      runner_token_expiration_interval: null,
      group_runner_token_expiration_interval: null,
      project_runner_token_expiration_interval: null,
      default_project_visibility: 'private',
      default_branch_name: 'main',
      max_artifacts_size: 100,
      max_log_size: 100,
      default_artifacts_expire_in: '30 days',
      hide_runner_tokens: false,
      registered_runners_limit: 0,
      pending_job_timeout: 86_400,
      stuck_job_timeout: 3600,
      silent_job_timeout: 1800,
      job_lease: 300,
      overdue_job_grace: 900,
      stale_schedule_timeout: 3600,
    };
    expect(await server.root.get(path)).toMatchObject({ status: 200, body: defaults });
    const wishes: [string, unknown, unknown?][] = [
      ['allow_runner_registration_token', 'false', false],
      ['valid_runner_registrars', ['group']],
      ['valid_runner_registrars', []],
      ['shared_runners_enabled', false],
      ['shared_runners_text', 'ask us'],
      ['runner_token_expiration_interval', 3600],
      ['group_runner_token_expiration_interval', '60', 60],
      ['project_runner_token_expiration_interval', 1],
      ['default_project_visibility', 'internal'],
      ['default_branch_name', 'trunk'],
      ['max_artifacts_size', 5],
      ['max_log_size', 4],
      ['default_artifacts_expire_in', '2 weeks'],
      ['default_artifacts_expire_in', '0'],
      ['hide_runner_tokens', true],
      ['registered_runners_limit', 7],
      ['pending_job_timeout', 7200],
      ['stuck_job_timeout', 60],
      ['silent_job_timeout', 1200],
      ['job_lease', 180],
      ['job_lease', 0],
      ['overdue_job_grace', 61],
      ['stale_schedule_timeout', 86_400],
      ['runner_token_expiration_interval', '', null],
    ];
    let expected: Record<string, unknown> = defaults;
    for (const [name, given, kept = given] of wishes) {
      expected = { ...expected, [name]: kept };
      expect(await server.root.put(path, { json: { [name]: given } })).toMatchObject({ status: 200, body: expected });
    }
    expect((await server.root.get(path)).body).toEqual(expected);
    expect((await server.root.put(path, { json: defaults })).body).toEqual(defaults);
  });

  it.each([
    [{}, { error: expect.stringMatching(/^allow_runner_registration_token, .* are missing, at least one parameter must be provided$/) }],
    [{ signup_enabled: false }, { error: expect.stringContaining('at least one parameter') }],
    [{ valid_runner_registrars: ['everyone'] }, { error: 'valid_runner_registrars does not have a valid value' }],
    [{ default_project_visibility: 'x' }, { error: 'default_project_visibility does not have a valid value' }],
    [{ hide_runner_tokens: 'perhaps' }, { error: 'hide_runner_tokens is invalid' }],
    [{ max_log_size: 'big' }, { error: 'max_log_size is invalid' }],
    [{ max_log_size: 0 }, { message: { max_log_size: ['must be greater than 0'] } }],
    [{ max_artifacts_size: 99_999_999 }, { message: { max_artifacts_size: ['must be less than or equal to 16777216'] } }],
    [{ runner_token_expiration_interval: -5 }, { message: { runner_token_expiration_interval: ['must be greater than 0'] } }],
    [{ registered_runners_limit: -1 }, { message: { registered_runners_limit: ['must be greater than or equal to 0'] } }],
    [{ silent_job_timeout: 1199 }, { message: { silent_job_timeout: ['must be greater than or equal to 1200'] } }],
    [{ job_lease: 179 }, { message: { job_lease: ['must be greater than or equal to 180'] } }],
    [{ job_lease: -1 }, { message: { job_lease: ['must be greater than or equal to 180'] } }],
    [{ stuck_job_timeout: 0 }, { message: { stuck_job_timeout: ['must be greater than or equal to 60'] } }],
    [{ pending_job_timeout: 99_999_999 }, { message: { pending_job_timeout: ['must be less than or equal to 31622400'] } }],
    [{ default_branch_name: 'a b' }, { message: { default_branch_name: ['is not a valid branch name'] } }],
    [{ default_artifacts_expire_in: 'some day' }, { message: { default_artifacts_expire_in: ['is not a correct duration'] } }],
  ])('refuse %j', async (json, body) => {
    const before = (await server.root.get(path)).body;
    expect(await server.root.put(path, { json: { shared_runners_text: undefined, ...json } })).toMatchObject({ status: 400, body });
    expect((await server.root.get(path)).body).toEqual(before);
  });

  it('changed side by side are all kept', async () => {
    const names = ['max_log_size', 'max_artifacts_size', 'registered_runners_limit', 'runner_token_expiration_interval'];
    for (let round = 1; round <= 10; round++) {
      await Promise.all(names.map((name) => server.root.put(path, { json: { [name]: round } })));
      const expected = Object.fromEntries(names.map((name) => [name, round]));
      expect((await server.root.get(path)).body).toMatchObject(expected);
    }
  });

  it('are for administrators', async () => {
    const { api } = await server.build.person();
    expect((await api.get(path)).status).toBe(403);
    expect((await api.put(path, { json: { max_log_size: 1 } })).status).toBe(403);
    expect((await server.api.get(path)).status).toBe(401);
    expect((await server.api.put(path)).status).toBe(401);
  });
});
