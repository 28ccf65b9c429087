import { expect, it } from 'vitest';
import { commitFiles, testRepositories } from '../../test/harness/repositories.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { findProject } from '../namespaces/project-store.ts';
import type { Project } from '../namespaces/project.ts';
import { defaultBranch } from './repository.ts';
import { refs } from './refs.ts';
import { repositoryAccess } from './project-repository.ts';

it('reads a repository that is not there as an empty one', async () => {
  await using test = await testRepositories();
  const access = repositoryAccess(test.repositories);
  const sha = 'a'.repeat(40);
  expect(await access.repositoryFacts({ id: 1, defaultBranch: 'main' } as Project)).toEqual({ empty: true, defaultBranch: 'main' });
  expect(await access.readRepositoryFile(1, sha, 'a')).toBeNull();
  expect(await access.findCommit(1, sha)).toBeNull();
  expect(await access.resolveRef(1, 'main')).toBeNull();
  await access.deletePipelineRefs(1, [1, 2]);
  await access.deleteRepository(1);
});

it('gives other rooms what they ask of a repository', async () => {
  await using test = await testRepositories();
  const access = repositoryAccess(test.repositories);
  const project = { id: 7, defaultBranch: 'main' } as Project;
  await access.createRepository(7, 'main');
  expect((await access.repositoryFacts(project)).empty).toBe(true);
  expect(await access.setDefaultBranch(7, 'trunk')).toBe(true);
  const repository = test.repositories.at(7);
  const { after } = await commitFiles(repository, { 'ci.yml': 'x', large: 'y'.repeat(2 * 1024 * 1024 + 1) }, { branch: 'trunk' });
  expect((await access.repositoryFacts(project)).empty).toBe(false);
  expect(Buffer.from((await access.readRepositoryFile(7, after, 'ci.yml')) ?? []).toString()).toBe('x');
  await expect(access.readRepositoryFile(7, after, 'large')).rejects.toThrow('more than the 2097152');
  expect((await access.findCommit(7, after))?.title).toBe('Add files');
  expect(await access.resolveRef(7, 'HEAD')).toMatchObject({ kind: 'branch', name: 'trunk', sha: after });
  await access.createPipelineRef(7, 3, after);
  expect((await refs(repository, ['refs/pipelines'])).map(({ name }) => name)).toEqual(['refs/pipelines/3']);
  await access.deletePipelineRefs(7, [3, 4]);
  expect(await refs(repository, ['refs/pipelines'])).toEqual([]);
  expect(await access.setDefaultBranch(7, 'no-such')).toBe(false);
  expect(await defaultBranch(repository)).toBe('trunk');
  await access.deleteRepository(7);
  expect((await access.repositoryFacts(project)).empty).toBe(true);
  expect([access.isRefName('a/b'), access.isRefName('a..b')]).toEqual([true, false]);
});

it('begins a project with a README', async () => {
  await using server = await startTestServer();
  const made = await server.root.post('/projects', { json: { name: 'My app', description: 'About it', initialize_with_readme: true } });
  expect(made).toMatchObject({ status: 201, body: { empty_repo: false, default_branch: 'main' } });
  const { id } = made.body as { id: number };
  const readme = await server.root.get(`/projects/${id}/repository/files/README.md/raw`);
  expect(readme.body).toBe('# My app\n\nAbout it\n');
  const { body } = await server.root.get(`/projects/${id}/repository/commits`);
  expect(body).toMatchObject([{ title: 'Initial commit', author_name: 'Administrator' }]);
  expect(await findProject(server.baton.app.db, id)).toMatchObject({ lastActivityAt: server.clock.now() });
});
