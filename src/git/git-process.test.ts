import { expect, it } from 'vitest';
import { checkGit, firstLine, gitEnvironment, GitError, runGit } from './git-process.ts';

it('gives git nothing of our own environment but what it needs to be found', () => {
  process.env['BATON_SECRET_KEY'] = 'secret';
  process.env['GIT_DIR'] = '/elsewhere';
  try {
    const env = gitEnvironment({ settings: [['receive.hideRefs', 'refs/x']], env: { GIT_PROTOCOL: 'version=2' } });
    expect(env).toMatchObject({ GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', GIT_PROTOCOL: 'version=2' });
    expect(env['BATON_SECRET_KEY']).toBeUndefined();
    expect(env['GIT_DIR']).toBeUndefined();
    expect(env[`GIT_CONFIG_KEY_${Number(env['GIT_CONFIG_COUNT']) - 1}`]).toBe('receive.hideRefs');
  } finally {
    delete process.env['BATON_SECRET_KEY'];
    delete process.env['GIT_DIR'];
  }
});

it("carries the first line of git's own words in its errors", async () => {
  const failing = runGit(['--git-dir=/nonexistent', 'rev-parse', 'HEAD']);
  await expect(failing).rejects.toThrow(GitError);
  await expect(failing).rejects.toMatchObject({ message: "git rev-parse: not a git repository: '/nonexistent'", exitCode: 128 });
  expect(firstLine('\nerror: one\nfatal: two\n')).toBe('one');
});

it('ends what takes too long or says too much', async () => {
  await expect(runGit(['hash-object', '--stdin'], { timeoutMs: 0, input: ['x'.repeat(50_000_000)] })).rejects.toThrow(
    'took longer than 0 ms',
  );
  await expect(runGit(['help', '-a'], { maxOutputBytes: 100 })).rejects.toThrow('gave more than 100 bytes');
});

it('takes exit codes as answers where the caller says so', async () => {
  expect((await runGit(['check-ref-format', 'x'], { okCodes: [0, 1] })).code).toBe(1);
});

it('knows the version of git', async () => {
  expect(await checkGit()).toMatch(/^\d+\.\d+/);
});

it('says what to do when there is no git', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  try {
    await expect(checkGit()).rejects.toThrow('the program "git" was not found; install git');
  } finally {
    process.env['PATH'] = path;
  }
});
