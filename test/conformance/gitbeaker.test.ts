import { Gitlab } from '@gitbeaker/rest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Project } from '../../src/namespaces/project.ts';
import { startTestServer, type TestServer } from '../harness/server.ts';

/*
 * The public JavaScript client drives every call of the Runners API that it has, unmodified, against a real server.
 */
describe('@gitbeaker/rest', () => {
  let server: TestServer;
  let api: InstanceType<typeof Gitlab<false>>;
  let project: Project;

  beforeAll(async () => {
    server = await startTestServer();
    api = new Gitlab({ host: server.url, token: server.rootToken });
    project = await server.build.project();
  });
  afterAll(() => server.stop());

  async function register(description: string) {
    return api.Runners.register(server.registrationToken, {
      description,
      tagList: ['a', 'b'],
      runUntagged: false,
      info: { name: 'gitlab-runner', version: '17.9.3' },
    });
  }

  /** The client's own type knows no token here, though the endpoint asks for nothing else. */
  const verify = (token: string) => api.Runners.verify({ token } as object);

  it('registers, verifies, shows, edits, lists and removes', async () => {
    const made = await register('first');
    expect(made).toMatchObject({ id: expect.any(Number), token: expect.stringMatching(/^\S{20,}$/) });
    await verify(made.token);
    const shown = await api.Runners.show(made.id);
    expect(shown).toMatchObject({
      description: 'first',
      tag_list: ['a', 'b'],
      run_untagged: false,
      online: true,
      status: 'online',
      is_shared: true,
    });
    const edited = await api.Runners.edit(made.id, { description: 'edited', tagList: ['c'], paused: true });
    expect(edited).toMatchObject({ description: 'edited', tag_list: ['c'], active: false, paused: true });
    const all = await api.Runners.all();
    expect(all.map((runner) => runner.id)).toContain(made.id);
    const filtered = await api.Runners.all({ status: 'paused', tagList: ['c'] });
    expect(filtered.map((runner) => runner.id)).toEqual([made.id]);
    await api.Runners.remove({ runnerId: made.id });
    await expect(api.Runners.show(made.id)).rejects.toThrow(/404 Runner Not Found/);
  });

  it('creates by its older name, and lists what is owned and what a group has', async () => {
    const made = await api.Runners.create(server.registrationToken, { description: 'created' });
    expect(made).toMatchObject({ id: expect.any(Number), token: expect.any(String) });
    expect(await api.Runners.all({ owned: true })).toEqual([]);
    const group = await server.build.group();
    const ofGroup = await api.Runners.all({ groupId: group.id });
    expect(ofGroup.map((runner) => runner.id)).toContain(made.id);
  });

  it('removes by authentication token', async () => {
    const made = await register('second');
    await api.Runners.remove({ token: made.token });
    await expect(api.Runners.show(made.id)).rejects.toThrow(/404 Runner Not Found/);
  });

  it('follows pages with their filters', async () => {
    for (let index = 0; index < 5; index++) await register(`paged ${index}`);
    const all = await api.Runners.all({ tagList: ['a', 'b'], perPage: 2 });
    expect(all.length).toBe(5);
  });

  it('creates a runner for a project, enables and disables it elsewhere, and lists by project', async () => {
    const made = await api.Users.createCIRunner('project_type', { projectId: project.id, description: 'mine', tagList: ['x'] });
    expect(made).toMatchObject({ token: expect.stringMatching(/^glrt-/) });
    const other = await server.build.project();
    const enabled = await api.Runners.enable(other.id, made.id);
    expect(enabled).toMatchObject({ id: made.id, is_shared: false, runner_type: 'project_type' });
    const listed = await api.Runners.all({ projectId: other.id });
    expect(listed.map((runner) => runner.id)).toContain(made.id);
    await api.Runners.disable(other.id, made.id);
    const after = await api.Runners.all({ projectId: other.id, type: 'project_type' });
    expect(after).toEqual([]);
  });

  it('lists the jobs of a runner', async () => {
    const made = await register('idle');
    expect(await api.Runners.allJobs(made.id)).toEqual([]);
  });

  it('resets the registration token, and runners keep theirs', async () => {
    const made = await register('reset');
    await verify(made.token);
    const instance = await api.Runners.resetRegistrationToken({ token: made.token });
    expect(instance).toMatchObject({ token: expect.stringMatching(/^GR1348941/) });
    await verify(made.token);
    await expect(register('with a dead token')).rejects.toThrow(/403/);
  });
});
