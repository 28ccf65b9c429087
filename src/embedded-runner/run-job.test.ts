import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPeerRunner, runnerToken, withoutColours, type PeerRunner } from '../../test/harness/peer-runner.ts';
import { until } from '../../test/harness/until.ts';

let place: PeerRunner;

beforeAll(async () => {
  place = await startPeerRunner({}, { 'README.md': 'hello\n', 'bin/tool.sh': '#!/bin/sh\necho "tool says $1"\n' });
});
afterAll(() => place[Symbol.asyncDispose]());

describe('a job', () => {
  it('runs its lines in a checkout of its commit and succeeds', async () => {
    const { job, end, log } = await place.run({ script: ['cat README.md history.txt', 'bin/tool.sh hi', 'git rev-parse HEAD'] });
    expect(end).toMatchObject({ state: 'success', token: job.payload.token });
    expect(end).not.toHaveProperty('exit_code');
    expect(end).not.toHaveProperty('failure_reason');
    const text = withoutColours(log);
    expect(text).toContain(
      `$ cat README.md history.txt\nhello\nSecond\n$ bin/tool.sh hi\ntool says hi\n$ git rev-parse HEAD\n${place.peer.repository.sha}\n`,
    );
    expect(text).toContain('Job succeeded\n');
    expect(end.output).toEqual({ bytesize: job.log.length, checksum: `crc32:${crc32(job.log).toString(16).padStart(8, '0')}` });
  });

  it('says that it runs before it does anything else', async () => {
    const { job } = await place.run({ script: ['true'] });
    const first = place.peer.calls.find((call) => call.path.startsWith(`/jobs/${job.payload.id}`));
    expect(first?.method).toBe('PUT');
    expect(job.updates[0]).toMatchObject({ state: 'running', info: { name: 'baton-runner', executor: 'shell' } });
  });

  it('fails with the exit code of the line that fails, and runs no other', async () => {
    const { end, log } = await place.run({ script: ['echo before', '(exit 3)', 'echo never'] });
    expect(end).toMatchObject({ state: 'failed', failure_reason: 'script_failure', exit_code: 3 });
    expect(withoutColours(log)).toContain('ERROR: Job failed: exit code 3\n');
    expect(log).not.toContain('never');
  });

  it('fails when any part of a pipe fails, or a signal ends it', async () => {
    expect((await place.run({ script: ['false | cat'] })).end).toMatchObject({ state: 'failed', exit_code: 1 });
    expect((await place.run({ script: ['kill -KILL $$'] })).end).toMatchObject({ state: 'failed', exit_code: 137 });
  });

  it('keeps what programs write to both outputs in order, and shows only the first of several lines', async () => {
    const { log } = await place.run({ script: ['echo one; echo two >&2; echo three', 'for i in a b; do\n  echo "$i"\ndone'] });
    expect(log).toContain('one\ntwo\nthree\n');
    expect(withoutColours(log)).toContain('$ for i in a b; do # and 2 more lines\na\nb\n');
  });

  it('gives programs nothing to read', async () => {
    const { end, log } = await place.run({ script: ['cat', 'echo after cat'] });
    expect(end.state).toBe('success');
    expect(log).toContain('after cat');
  });

  it('runs after_script in a shell of its own, whatever became of the script', async () => {
    const good = await place.run({ script: ['X=1'], after: ['echo "status $CI_JOB_STATUS ${X:-gone}"', 'false'] });
    expect(good.end.state).toBe('success');
    expect(good.log).toContain('status success gone\n');
    expect(good.log).toContain('after_script failed, but the job goes on');
    const bad = await place.run({ script: ['exit 4'], after: ['echo "status $CI_JOB_STATUS"'] });
    expect(bad.end).toMatchObject({ state: 'failed', exit_code: 4 });
    expect(bad.log).toContain('status failed\n');
  });

  it('marks sections only for a server that folds them', async () => {
    const marks = await place.run({ script: ['true'], more: { features: { trace_sections: true } } });
    expect(marks.log.replaceAll('\u001b[0K', '<end>')).toMatch(
      /section_start:\d+:step_script\r<end>[^]*section_end:\d+:step_script\r<end>/,
    );
    const none = await place.run({ script: ['true'], more: { features: {} } });
    expect(none.log).not.toContain('section_');
  });

  it('shows every command when it is to be debugged, and tells the server', async () => {
    const { job, log } = await place.run({
      script: ['echo "$((40 + 2))"'],
      more: { variables: [{ key: 'CI_DEBUG_TRACE', value: 'true' }] },
    });
    expect(log).toContain('+ echo 42');
    expect(place.peer.callsLike(new RegExp(`^PATCH /jobs/${job.payload.id}/trace\\?debug_trace=true$`)).length).toBeGreaterThan(0);
  });

  it('refuses what a shell cannot give', async () => {
    const { end, log } = await place.run({ script: ['echo never'], more: { secrets: { TOKEN: { vault: {} } }, run: '[]' } });
    expect(end).toMatchObject({ state: 'failed', failure_reason: 'script_failure' });
    expect(log).toContain('the built-in runner knows no secrets from a vault and no steps of `run`');
    expect(log).not.toContain('$ echo never');
  });

  it('leaves no programs and no secrets behind', async () => {
    const { end, log } = await place.run({
      script: ['sleep 600 & echo "child $!"', 'echo "file $KEY"'],
      more: { variables: [{ key: 'KEY', value: 'secret', file: true }] },
    });
    expect(end.state).toBe('success');
    const pid = Number(/child (\d+)/.exec(log)?.[1]);
    await until(() => !isAlive(pid), 'the child to end');
    expect(existsSync(/file (\S+)/.exec(log)?.[1] ?? '')).toBe(false);
    expect(readdirSync(place.buildsDir, { recursive: true }).filter((name) => String(name).includes('.tmp'))).toEqual([]);
  });
});

describe('variables', () => {
  it('are expanded, raw ones are not, and file ones are paths', async () => {
    const { log } = await place.run({
      script: [
        'printf "%s\\n" "$A|$B|$RAW|$UNKNOWN|$LAST"',
        'cat "$KEY"; stat -c %a "$KEY"',
        'echo "$PATH_OF_KEY"',
        'printenv odd.name || true',
      ],
      more: {
        variables: [
          { key: 'A', value: '${B}-$$x-$NOBODY.' },
          { key: 'B', value: 'bee' },
          { key: 'RAW', value: '$B', raw: true },
          { key: 'KEY', value: 'line $A\n', file: true },
          { key: 'PATH_OF_KEY', value: '$KEY' },
          { key: 'odd.name', value: 'fits the environment' },
          { key: 'LAST', value: 'first' },
          { key: 'LAST', value: 'last' },
        ],
      },
    });
    expect(log).toContain('bee-$x-.|bee|$B||last\n');
    expect(log).toContain('line $A\n600\n');
    expect(log).toMatch(/harbor\.tmp\/files\/KEY\n/);
    expect(log).toContain('fits the environment\n');
  });

  it('know where the job is', async () => {
    const { log } = await place.run({
      script: ['echo "$PWD=$CI_PROJECT_DIR=$CACHE"', 'echo "[$CI_CONCURRENT_ID $CI_SERVER $CI_JOB_TIMEOUT $CI_RUNNER_SHORT_TOKEN]"'],
      more: { variables: [{ key: 'CACHE', value: '$CI_PROJECT_DIR/cache' }], runner_info: { timeout: 77 } },
    });
    expect(log).toMatch(/(\/\S+\/dock\/harbor)=\1=\1\/cache\n/);
    expect(log).toContain('[0 yes 77 runner-s]');
  });

  it('that are masked never reach the log, nor does a token, however the output is cut', async () => {
    const { log, job } = await place.run({
      script: [
        'printf %s "${SECRET:0:5}"; sleep 0.2; echo "${SECRET:5}"',
        'echo "$DOUBLE $CI_JOB_TOKEN"; echo "$JOINED"',
        `echo ${runnerToken.slice(0, 9)}; echo ${runnerToken}`,
        'git config --get remote.origin.url; git fetch --verbose origin main',
        'echo glpat-someoneelse_1',
      ],
      more: {
        variables: [
          { key: 'SECRET', value: 'hunter2-hunter2', masked: true },
          { key: 'OPEN', value: 'open-part' },
          { key: 'JOINED', value: '$OPEN-and-hidden', masked: true },
          { key: 'DOUBLE', value: '$SECRET+$SECRET', masked: true },
          { key: 'CI_JOB_TOKEN', value: 'glcbt-token-of-job-x', masked: true },
        ],
      },
    });
    expect(log).not.toContain('hunter2');
    expect(log).not.toContain('and-hidden');
    expect(log).not.toContain(job.payload.token);
    expect(log).not.toContain('runner-secret');
    expect(log).toContain('glpat-[MASKED]');
    expect(log).toMatch(/^\[MASKED\]$/m);
    expect(log).toMatch(/http:\/\/127\.0\.0\.1:\d+\/dock\/harbor\.git/);
  });

  it('that grow without end fail the job instead of the machine', async () => {
    const variables = Array.from({ length: 40 }, (_, at) => ({ key: `V${at}`, value: at === 0 ? 'xx' : `$V${at - 1}$V${at - 1}` }));
    const { end, log } = await place.run({ script: ['true'], more: { variables } });
    expect(end.state).toBe('failed');
    expect(log).toContain('grows beyond');
  });

  it('do not bring the settings of a server along', async () => {
    process.env['BATON_TEST_SECRET'] = 'of the server';
    const { log } = await place.run({ script: ['echo "[${BATON_TEST_SECRET:-nothing}]"'] });
    delete process.env['BATON_TEST_SECRET'];
    expect(log).toContain('[nothing]');
  });
});

describe('the folder', () => {
  it('is used again, cleaned, without hooks or settings that an earlier job made', async () => {
    const first = await place.run({
      script: [
        'touch left.txt && mkdir -p .git/hooks',
        'printf "#!/bin/sh\\necho planted\\n" > .git/hooks/post-checkout && chmod +x .git/hooks/post-checkout',
        'git config alias.planted status && touch .git/index.lock .git/objects/mark',
      ],
    });
    expect(first.end.state).toBe('success');
    const second = await place.run({ script: ['ls', 'ls .git/objects/mark', 'git config alias.planted || echo no alias'] });
    expect(second.end.state).toBe('success');
    expect(second.log).not.toContain('left.txt');
    expect(second.log).not.toContain('planted\n');
    expect(second.log).toContain('.git/objects/mark\n');
    expect(second.log).toContain('no alias');
    const third = await place.run({ script: ['ls .git/objects/mark || echo fresh'], more: { allow_git_fetch: false } });
    expect(third.log).toContain('fresh');
  });

  it('is made anew when its repository is broken', async () => {
    await place.run({ script: ['echo nonsense > .git/packed-refs'] });
    const { end, log } = await place.run({ script: ['cat README.md'] });
    expect(end.state).toBe('success');
    expect(log).toContain('trying again in an empty folder');
  });

  it('stays untouched with GIT_STRATEGY none, and is empty with empty', async () => {
    await place.run({ script: ['touch kept.txt'] });
    const variables = (value: string) => ({ variables: [{ key: 'GIT_STRATEGY', value }] });
    expect((await place.run({ script: ['ls kept.txt'], more: variables('none') })).end.state).toBe('success');
    expect((await place.run({ script: ['test -z "$(ls -A)"'], more: variables('empty') })).end.state).toBe('success');
    const wrong = await place.run({ script: ['true'], more: variables('svn') });
    expect(wrong.log).toContain('GIT_STRATEGY is svn: make it fetch, clone, none or empty');
  });

  it('holds as much history as was asked for', async () => {
    const script = ['git rev-list --count HEAD'];
    const one = await place.run({ script, git: { depth: 1 }, more: { allow_git_fetch: false } });
    expect(withoutColours(one.log)).toContain('--count HEAD\n1\n');
    const all = await place.run({ script, git: { depth: 0 } });
    expect(withoutColours(all.log)).toContain('--count HEAD\n2\n');
  });

  it('is entered through the hooks of the job', async () => {
    const { log } = await place.run({
      script: ['echo script'],
      more: {
        hooks: [
          { name: 'pre_get_sources_script', script: ['echo "before, $(ls -A | wc -l) files"'] },
          { name: 'post_get_sources_script', script: ['cat README.md'] },
        ],
        allow_git_fetch: false,
      },
    });
    expect(withoutColours(log)).toMatch(/before, 0 files\n[^]*\$ cat README.md\nhello\n[^]*\$ echo script\nscript\n/);
  });

  it('fails the job with what git says when the commit is not to be had', async () => {
    const { end, log } = await place.run({
      script: ['echo never'],
      after: ['echo tidy'],
      git: { refspecs: ['+refs/pipelines/9:refs/pipelines/9'] },
    });
    expect(end).toMatchObject({ state: 'failed', failure_reason: 'script_failure', exit_code: 128 });
    expect(log).toContain("couldn't find remote ref");
    expect(log).not.toContain('tidy');
  });
});

/** A child that has ended but was not collected yet is no program any more. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
