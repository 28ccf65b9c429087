import { expect, it } from 'vitest';
import { startLine } from '../../test/harness/line.ts';

it('passes artifacts on to the next stage, without what is excluded and with what git does not know', async () => {
  await using line = await startLine();
  const pipeline = await line.pipeline({
    files: { 'src/tracked.txt': 'tracked\n', '.gitignore': 'ignored/\n' },
    config: `
stages: [build, test]
compile:
  stage: build
  script:
    - mkdir -p dist/js ignored && echo one > dist/js/a.js && echo map > dist/js/a.js.map && echo "new" > untracked.txt
    - echo ign > ignored/file && ln -s js/a.js dist/link && chmod 755 dist/js/a.js && mkdir dist/empty
  artifacts: { name: "bundle-$CI_JOB_NAME", paths: [dist/], exclude: ["dist/**/*.map"], untracked: true, expire_in: 1 week }
check:
  stage: test
  script:
    - find . -path ./.git -prune -o -print | sort
    - test -x dist/js/a.js && test "$(readlink dist/link)" = js/a.js && cat dist/link untracked.txt ignored/file
alone:
  stage: test
  dependencies: []
  script: test ! -e dist
`,
  });
  expect(await pipeline.ended('check'), await pipeline.log('check')).toMatchObject({ status: 'success' });
  const log = await pipeline.log('check');
  expect(log).toContain('./dist/js/a.js\n');
  expect(log).not.toContain('a.js.map');
  expect(log).toContain('./dist/empty\n');
  expect(log).toContain('one\nnew\nign\n');
  expect(log).toContain('section_start:');
  expect((await pipeline.ended('alone')).status).toBe('success');
  const { artifacts } = await pipeline.job('compile');
  expect(artifacts.find((one) => one.file_type === 'archive')?.filename).toBe('bundle-compile.zip');
  expect(line.secretsLeft()).toEqual([]);
});

it('uploads 20 MB and fetches them again unharmed', async () => {
  await using line = await startLine();
  const pipeline = await line.pipeline({
    config: `
stages: [build, test]
make:
  stage: build
  script: ["head -c 20000000 /dev/urandom > large.bin", "sha256sum large.bin > sum.txt"]
  artifacts: { paths: [large.bin, sum.txt] }
check:
  stage: test
  script: sha256sum -c sum.txt
`,
  });
  expect((await pipeline.ended('check')).status).toBe('success');
  expect((await pipeline.job('make')).artifacts.find((one) => one.file_type === 'archive')?.size).toBeGreaterThan(20_000_000);
});

it('fails a job whose artifacts are larger than the server takes, at the first refusal', async () => {
  await using line = await startLine({ settings: { max_artifacts_size: 1 } });
  const pipeline = await line.pipeline({
    config: `
make:
  script: head -c 20000000 /dev/urandom > large.bin
  artifacts: { paths: [large.bin] }
`,
  });
  expect(await pipeline.ended('make')).toMatchObject({ status: 'failed', failure_reason: 'script_failure' });
  expect(await pipeline.log('make')).toContain('too large for the server');
  expect(await pipeline.log('make')).not.toContain('trying again');
});

it('uploads artifacts of failed jobs where they ask for it, and warns of paths that match nothing', async () => {
  await using line = await startLine();
  const pipeline = await line.pipeline({
    config: `
broken:
  script: ["echo why > why.txt", "exit 3"]
  artifacts: { paths: [why.txt, nothing/, ../out], when: on_failure }
fine:
  script: echo why > why.txt
  artifacts: { paths: [why.txt], when: on_failure }
`,
  });
  expect((await pipeline.ended('broken')).artifacts.map((one) => one.file_type)).toContain('archive');
  expect(await pipeline.log('broken')).toMatch(/nothing\/: no matching files[^]*..\/out: is not inside/);
  expect((await pipeline.ended('fine')).artifacts.map((one) => one.file_type)).not.toContain('archive');
});
