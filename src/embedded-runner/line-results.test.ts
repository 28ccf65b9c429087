import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startLine } from '../../test/harness/line.ts';
import { until } from '../../test/harness/until.ts';

function isAlive(pid: number): boolean {
  // A process that has ended but was not fetched by its parent does nothing any more.
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return stat !== '' && !/\) [ZX] /.test(stat);
}

async function pidIn(file: string): Promise<number> {
  return until(() => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0), `a pid in ${file}`);
}

it('tells exit code 3, and runs after_script with the status and in a shell of its own', async () => {
  await using line = await startLine();
  const pipeline = await line.pipeline({
    config: `
broken:
  before_script: [export LEFT=over]
  script: [echo first, '(exit 3)', echo never]
  after_script: ['echo "after $CI_JOB_STATUS [$LEFT]"', exit 9]
`,
  });
  const job = await pipeline.ended('broken');
  expect(job).toMatchObject({ status: 'failed', failure_reason: 'script_failure' });
  const row = await line.server.baton.app.db.selectFrom('jobs').select('exit_code').where('id', '=', job.id).executeTakeFirstOrThrow();
  expect(row.exit_code).toBe(3);
  const log = await pipeline.log('broken');
  expect(log).toContain('first\n');
  expect(log).not.toContain('\nnever');
  expect(log).toContain('after failed []\n');
  expect(log).toMatch(/after_script failed[^]*Job failed: exit code 3/);
});

it('says success to after_script, and leaves services, images and programs in the background alone', async () => {
  await using line = await startLine();
  const pid = join(line.builds, 'background');
  const pipeline = await line.pipeline({
    config: `
fine:
  image: alpine:3
  services: [postgres:16]
  script: ['sleep 600 & echo $! > ${pid}', 'echo "image $CI_JOB_IMAGE"']
  after_script: ['echo "after $CI_JOB_STATUS"']
`,
  });
  expect((await pipeline.ended('fine')).status).toBe('success');
  expect(await pipeline.log('fine')).toMatch(/image alpine:3\n[^]*after success\n/);
  expect(isAlive(await pidIn(pid))).toBe(false);
});

it('stops the script of a canceled job, runs its after_script and ends it as canceled', async () => {
  await using line = await startLine({ keepAlive: 20 });
  const pid = join(line.builds, 'slow');
  const pipeline = await line.pipeline({
    config: `
slow:
  script: ['(sleep 600 & echo $! > ${pid}; wait)']
  after_script: ['echo "after $CI_JOB_STATUS"']
`,
  });
  const child = await pidIn(pid);
  const job = await pipeline.job('slow');
  await line.server.root.post(`/projects/${pipeline.project.id}/jobs/${job.id}/cancel`);
  expect((await pipeline.ended('slow')).status).toBe('canceled');
  expect(await pipeline.log('slow')).toContain('after canceled\n');
  expect(isAlive(child)).toBe(false);
});

it('ends after_script too when the server does not want the job any more', async () => {
  await using line = await startLine({ keepAlive: 20 });
  const [pid, after] = [join(line.builds, 'script'), join(line.builds, 'after')];
  const pipeline = await line.pipeline({
    config: `
stubborn:
  script: ['sleep 600 & echo $! > ${pid}; wait']
  after_script: ["bash -c 'trap : TERM; echo $$ > ${after}; while :; do sleep 0.1; done'"]
`,
  });
  await pidIn(pid);
  const cancel = `/projects/${pipeline.project.id}/jobs/${(await pipeline.job('stubborn')).id}/cancel`;
  expect((await line.server.root.post(cancel)).body).toMatchObject({ status: 'canceling' });
  const child = await pidIn(after);
  expect(isAlive(child)).toBe(true);
  expect((await line.server.root.post(cancel, { json: { force: true } })).body).toMatchObject({ status: 'canceled' });
  await until(() => !isAlive(child), 'the end of the child', 5000);
  await until(() => line.runner.running === 0, 'the runner to be free');
});

it('ends a job that takes longer than its timeout', async () => {
  await using line = await startLine();
  const { app } = line.server.baton;
  const pid = join(line.builds, 'late');
  // The project is made with its pipeline: a job in front holds the runner until the timeout is set.
  const pipeline = await line.pipeline({
    config: `
stages: [one, two]
first: { stage: one, script: 'until test -e ${line.builds}/go; do sleep 0.02; done' }
late: { stage: two, script: 'sleep 600 & echo $! > ${pid}; wait' }
`,
  });
  await app.write((tx) => tx.updateTable('projects').set({ build_timeout: 1 }).where('id', '=', pipeline.project.id).execute());
  writeFileSync(join(line.builds, 'go'), '');
  expect(await pipeline.ended('late')).toMatchObject({ status: 'failed', failure_reason: 'job_execution_timeout' });
  expect(await pipeline.log('late')).toContain('longer than its 1 seconds');
  expect(isAlive(await pidIn(pid))).toBe(false);
});

it('runs two jobs at a time, in folders of their own', async () => {
  await using line = await startLine({ concurrent: 2 });
  const meet = (own: string, other: string) =>
    `touch ${line.builds}/${own}; until test -e ${line.builds}/${other}; do sleep 0.02; done; echo "in $CI_PROJECT_DIR as $CI_CONCURRENT_PROJECT_ID"`;
  const pipeline = await line.pipeline({ config: `a: { script: '${meet('a', 'b')}' }\nb: { script: '${meet('b', 'a')}' }\n` });
  for (const name of ['a', 'b']) expect((await pipeline.ended(name)).status).toBe('success');
  const numbers = await Promise.all(['a', 'b'].map(async (name) => / as (\d)\n/.exec(await pipeline.log(name))?.[1]));
  expect(new Set(numbers)).toEqual(new Set(['0', '1']));
});

it('stops with a running job: nothing of it stays, and the server hears of it', async () => {
  await using line = await startLine();
  const pid = join(line.builds, 'cut');
  const pipeline = await line.pipeline({ config: `cut: { script: 'sleep 600 & echo $! > ${pid}; wait' }\n` });
  const child = await pidIn(pid);
  await line.runner.stop(0, 5000);
  expect(isAlive(child)).toBe(false);
  expect(await pipeline.job('cut')).toMatchObject({ status: 'failed', failure_reason: 'runner_interrupted' });
  expect(line.runner.running).toBe(0);
  expect(line.secretsLeft()).toEqual([]);
});
