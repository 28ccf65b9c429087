import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../../src/namespaces/project.ts';
import type { Client } from './client.ts';
import { GitClient, type GitResult } from './git-client.ts';
import type { TestServer } from './server.ts';

/** Clone URL of a project for the holder of a token; without one for nobody. */
export function remoteOf(server: TestServer, project: Project, token: string | null, user = 'anybody'): string {
  const url = new URL(`${server.url}/${project.fullPath}.git`);
  if (token !== null) [url.username, url.password] = [user, token];
  return url.href;
}

/** Commits files (path → text) over the API and gives the commit's id. */
export async function commitOver(api: Client, project: Project, files: Record<string, string>, branch = 'main'): Promise<string> {
  const actions = Object.entries(files).map(([path, content]) => ({ action: 'create', file_path: path, content }));
  const { status, body } = await api.post(`/projects/${project.id}/repository/commits`, {
    json: { branch, commit_message: 'Add files', actions },
  });
  if (status !== 201) throw new Error(`the commit was answered with ${status}: ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

/** A folder in which somebody works with git. */
export interface WorkCopy extends AsyncDisposable {
  git(...args: string[]): Promise<string>;
  attempt(...args: string[]): Promise<GitResult>;
  /** Writes a file, commits it and gives the commit's id. */
  commit(path: string, text?: string): Promise<string>;
}

/** A clone of a remote, empty ones included, on the branch `main`. */
export async function cloneOf(remote: string): Promise<WorkCopy> {
  const client = await GitClient.create();
  await client.run('clone', '--quiet', remote, 'work');
  const git = (...args: string[]) => client.run('-C', 'work', ...args);
  return {
    git,
    attempt: (...args) => client.attempt(['-C', 'work', ...args]),
    async commit(path, text = path) {
      await writeFile(join(client.folder, 'work', path), text);
      await git('add', path);
      await git('commit', '--quiet', '-m', `Add ${path}`);
      return git('rev-parse', 'HEAD');
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
