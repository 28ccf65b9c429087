import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExplainScene, type ExplainScene } from '../../test/harness/explain-scene.ts';
import { freePort } from '../../test/harness/free-port.ts';
import { explain, type ExplainFlags } from './explain.ts';

let scene: ExplainScene;
beforeAll(async () => {
  scene = await startExplainScene('sqlite');
});
afterAll(() => scene.server.stop());

async function told(job: string, flags: ExplainFlags, { isColored = false, environment = {} } = {}): Promise<string> {
  let text = '';
  await explain(
    job,
    { url: scene.server.url, token: scene.server.rootToken, ...flags },
    { environment, isColored, write: (more) => void (text += more) },
  );
  return text;
}

describe('baton explain', () => {
  it('says why a job waits, as a block of text', async () => {
    const runner = await scene.idle({ tags: ['docker'] });
    const job = await scene.pending({ tags: ['dokcer'] });
    const text = await told(String(job), {});
    expect(text.split('\n')).toEqual([
      `Job ${job} work (test) of root/project-1, main: pending`,
      '  tags       dokcer',
      '',
      '  No runner has "dokcer"; there is "docker".',
      '  code       tag_typo',
      '  to do      In .gitlab-ci.yml, write "docker" instead of "dokcer" in the tags of "work".',
      '             .gitlab-ci.yml: {"job":"work","tags":["docker"]}',
      '  runners    1 for the project, 0 can take it, 0 in contact, 0 free',
      '             1 × tags_missing',
      '  near tag   "docker" for "dokcer"',
      `  nearest    runner ${runner}, online: lacks dokcer`,
      `  page       ${scene.server.url}/root/project-1/-/jobs/${job}`,
      '',
    ]);
  });

  it('takes the address of a page, the environment and colours where they can be shown', async () => {
    const job = await scene.pending({ tags: ['docker'] });
    const { url, rootToken } = scene.server;
    let text = '';
    const terminal = {
      environment: { BATON_URL: `${url}/`, BATON_TOKEN: rootToken },
      isColored: true,
      write: (more: string) => void (text += more),
    };
    await explain(`${url}/root/x/-/jobs/${job}`, {}, terminal);
    expect(text).toContain('\u001B[32mqueued\u001B[0m');
    expect(text).toContain('position   1 of 1 (fair between projects)');
    expect(text).toContain('wait       not known yet');
    expect(await told(`#${job}`, {})).not.toContain('\u001B');
  });

  it('gives the answer of the server as it is', async () => {
    const job = await scene.pending();
    expect(JSON.parse(await told(String(job), { json: true }))).toEqual(await scene.explain(job));
  });

  it('lets no name steer the terminal', async () => {
    const made = await scene.pipeline({ 'a\u001B[2Jb\u0007\r\n': {} });
    const text = await told(String(scene.jobOf(made, 'a\u001B[2Jb\u0007\r\n')), {});
    expect(text.split('\n')[0]).toMatch(/^Job \d+ ab {3} \(test\)/);
    expect(text).not.toContain('\u001B');
  });

  it('tells of a job that is over', async () => {
    const { job, agent } = await scene.running();
    await agent.runJob(job, { exitCode: 3 });
    const text = await told(String(job.id), {});
    expect(text).toContain('script_failure, exit code 3');
    expect(text).toContain(`POST /api/v4/projects/`);
  });

  it.each<[string, string, ExplainFlags & { token?: string }, string]>([
    ['no number', 'work', {}, '"work" is no job: give its id'],
    ['zero', '0', {}, '"0" is no job: give its id'],
    ['an unknown job', '99999', {}, 'job 99999 is not there, or not for you'],
    ['a dead token', '1', { token: 'glpat-nobody' }, 'is not known to'],
    ['a port that is not for this', '1', { url: 'http://127.0.0.1:1' }, '(bad port): check --url or BATON_URL'],
    ['no address', '1', { url: 'nowhere' }, 'check --url or BATON_URL'],
  ])('says what to do about %s', async (_name, job, flags, message) => {
    await expect(told(job, flags)).rejects.toThrow(message);
  });

  it('says what to do where nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    await expect(told('1', { url })).rejects.toThrow(`no answer from ${url} (ECONNREFUSED): check --url or BATON_URL`);
  });

  it('asks for a token where nobody may read the job without', async () => {
    const terminal = { environment: {}, isColored: false, write: () => undefined };
    await expect(explain('1', { url: scene.server.url }, terminal)).rejects.toThrow('--token or BATON_TOKEN');
  });
});
