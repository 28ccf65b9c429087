import { expect, it } from 'vitest';
import { startLine } from '../../test/harness/line.ts';

it('shows neither masked values nor tokens, and puts no secret on a command line', async () => {
  await using line = await startLine();
  const secret = 'masked-value-4711';
  const pipeline = await line.pipeline({
    variables: [
      { key: 'HIDDEN', value: secret, masked: true },
      { key: 'PLAIN', value: 'shown-value', masked: false },
    ],
    config: `
tell:
  script:
    - echo "value $HIDDEN token $CI_JOB_TOKEN plain $PLAIN"
    - printf 'masked-'; sleep 0.1; printf 'value-4711\\n'
    - echo "url $CI_REPOSITORY_URL"; git config --get remote.origin.url; cat .git/config
    - tr '\\0' ' ' < /proc/$PPID/cmdline; echo; ps -eo args | grep -cF -e "$HIDDEN" -e "$CI_JOB_TOKEN" || true
    - ls -A "$(dirname "$CI_PROJECT_DIR")" | sort; stat -c '%a' "$CI_PROJECT_DIR.tmp" "$CI_PROJECT_DIR.tmp"/* | sort -u
    - env | grep -c '^BATON_\\|^npm_' || true
`,
  });
  const job = await pipeline.ended('tell');
  const log = await pipeline.log('tell');
  expect(job.status, log).toBe('success');
  expect(log).toContain('value [MASKED] token [MASKED] plain shown-value');
  expect(log).not.toContain(secret);
  expect(log).not.toContain(line.runnerToken);
  // A prefix of tokens may show, the secret part behind it never.
  expect(log).not.toMatch(/glcbt-(?!\[MASKED\])[\w-]/);
  // The `ps` and its own grep: nobody but grep itself, which has them as patterns.
  expect(log).toMatch(/\n[01]\n/);
  expect(line.secretsLeft()).toEqual([]);
});

it('gives variables of type file as files, and leaves references of raw ones alone', async () => {
  await using line = await startLine();
  const pipeline = await line.pipeline({
    variables: [
      { key: 'KEY_FILE', value: 'line one\nline $two\n', variable_type: 'file' },
      { key: 'RAW', value: 'costs $PRICE', raw: true },
      { key: 'EXPANDED', value: 'costs $PRICE', raw: false },
    ],
    config: `
variables: { PRICE: five }
tell:
  script:
    - cat "$KEY_FILE"; stat -c 'mode %a' "$KEY_FILE"
    - echo "raw=$RAW expanded=$EXPANDED"
    - echo "dir=$(test "$PWD" = "$CI_PROJECT_DIR" && echo same) status=$CI_JOB_STATUS ci=$CI"
`,
  });
  expect((await pipeline.ended('tell')).status).toBe('success');
  const log = await pipeline.log('tell');
  expect(log).toContain('line one\nline $two\nmode 600\n');
  expect(log).toContain('raw=costs $PRICE expanded=costs five\n');
  expect(log).toContain('dir=same status=running ci=true\n');
});

it('keeps a long log within its limit and goes on with the job', async () => {
  await using line = await startLine({ outputLimit: 200_000 });
  const pipeline = await line.pipeline({ config: `loud: { script: ['head -c 3000000 /dev/zero | tr "\\0" x', 'test 1 = 1'] }\n` });
  expect((await pipeline.ended('loud')).status).toBe('success');
  const log = await pipeline.log('loud');
  expect(Buffer.byteLength(log)).toBeLessThan(200_500);
  expect(log).toContain('has reached its limit of 200000 bytes');
});
