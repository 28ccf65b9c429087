import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startLine } from '../../test/harness/line.ts';

it('gets the sources by the strategy that the job names', async () => {
  await using line = await startLine();
  const kept = createHash('sha1').update('blob 5\0kept\n').digest('hex');
  const pipeline = await line.pipeline({
    files: { 'a.txt': 'a' },
    config: `
stages: [one, two, three, four, five]
variables: { KEPT: ${kept} }
fetch: { stage: one, script: [test -f a.txt, touch left.txt .git/index.lock .git/refs/heads/main.lock, echo kept | git hash-object -w --stdin] }
again: { stage: two, script: [test -f a.txt, test ! -e left.txt, git cat-file -e $KEPT] }
clone: { stage: three, variables: { GIT_STRATEGY: clone }, script: [test -f a.txt, 'if git cat-file -e $KEPT; then exit 1; fi', touch stays.txt] }
none: { stage: four, variables: { GIT_STRATEGY: none }, script: [test -f stays.txt] }
empty: { stage: five, variables: { GIT_STRATEGY: empty }, script: ['test -z "$(ls -A)"'] }
wrong: { stage: five, variables: { GIT_STRATEGY: copy }, script: [echo never] }
`,
  });
  for (const name of ['fetch', 'again', 'clone', 'none', 'empty'])
    expect((await pipeline.ended(name)).status, await pipeline.log(name)).toBe('success');
  expect((await pipeline.ended('wrong')).status).toBe('failed');
  expect(await pipeline.log('wrong')).toContain('GIT_STRATEGY is copy: make it fetch, clone, none or empty');
});

it('fetches as much of the history as GIT_DEPTH says, and all of it later', async () => {
  await using line = await startLine();
  const pipeline = await line.pipeline({
    config: `
stages: [one, two]
shallow: { stage: one, variables: { GIT_DEPTH: "1" }, script: ['git rev-parse --is-shallow-repository'] }
whole: { stage: two, variables: { GIT_DEPTH: "0" }, script: ['git rev-parse --is-shallow-repository', 'git status --porcelain'] }
`,
  });
  await pipeline.ended('whole');
  expect((await pipeline.job('whole')).status, await pipeline.log('whole')).toBe('success');
});

it('checks out tags', async () => {
  await using line = await startLine();
  const pipeline = await line.pipeline({
    tag: 'v1.0',
    config: `tagged: { script: ['echo "tag $CI_COMMIT_TAG at $(git describe --tags)"', 'test "$(git rev-parse HEAD)" = "$CI_COMMIT_SHA"'] }\n`,
  });
  expect((await pipeline.ended('tagged')).status, await pipeline.log('tagged')).toBe('success');
  expect(await pipeline.log('tagged')).toContain('tag v1.0 at v1.0');
});

it('runs no program that an earlier job has planted in the checkout', async () => {
  await using line = await startLine();
  const mark = `${line.builds}/planted`;
  const pipeline = await line.pipeline({
    config: `
stages: [one, two]
plant:
  stage: one
  script:
    - printf '#!/bin/sh\\ntouch ${mark}\\n' > evil.sh && chmod +x evil.sh && mkdir -p ../evil && cp evil.sh ../evil/evil.sh
    - cp evil.sh .git/hooks/post-checkout 2>/dev/null || (mkdir -p .git/hooks && cp evil.sh .git/hooks/post-checkout)
    - git config core.fsmonitor "$PWD/../evil/evil.sh"
    - cp -r .git ../evil/git && git config --file ../evil/git/config --remove-section remote.origin && echo "$PWD/../evil/git" > .git/commondir
victim: { stage: two, script: [test ! -e ${mark}, test -f .gitlab-ci.yml] }
`,
  });
  expect((await pipeline.ended('victim')).status, await pipeline.log('victim')).toBe('success');
});

it('removes no lock files but those of the repository', async () => {
  await using line = await startLine();
  const elsewhere = join(line.builds, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'yarn.lock'), '');
  symlinkSync('.', join(elsewhere, 'one'));
  symlinkSync('.', join(elsewhere, 'two'));
  const pipeline = await line.pipeline({
    config: `
stages: [one, two]
plant: { stage: one, script: [ln -s ${elsewhere} .git/refs/way, touch .git/refs/heads/main.lock] }
next: { stage: two, script: [test -e ${elsewhere}/yarn.lock, test ! -e .git/refs/heads/main.lock] }
`,
  });
  expect((await pipeline.ended('next')).status, await pipeline.log('next')).toBe('success');
});

it('leaves the job token out of what git remembers for the user', async () => {
  await using line = await startLine();
  const home = `${line.builds}/home`;
  const pipeline = await line.pipeline({
    config: `
stages: [one, two]
prepare:
  stage: one
  variables: { GIT_STRATEGY: none }
  script: ["mkdir -p ${home} && printf '[credential]\\n\\thelper = store\\n' > ${home}/.gitconfig"]
fetch:
  stage: two
  variables: { HOME: ${home} }
  script: ['test "$(git config credential.helper)" = store', git fetch origin, 'test ! -e ${home}/.git-credentials']
`,
  });
  expect((await pipeline.ended('fetch')).status, await pipeline.log('fetch')).toBe('success');
});
