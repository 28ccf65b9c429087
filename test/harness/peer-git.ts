import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { GitClient } from './git-client.ts';

/** A bare repository that the protocol peer serves, with one commit on `main` and `refs/pipelines/1` at it. */
export interface PeerRepository {
  /** Path below the server's root, without `.git`. */
  path: string;
  sha: string;
}

/** Makes a bare repository `<root>/<path>.git` from files (path → text) and gives its newest commit. */
export async function makeRepository(root: string, path: string, files: Record<string, string>): Promise<PeerRepository> {
  await using git = await GitClient.create();
  const bare = join(root, `${path}.git`);
  await git.run('init', '--quiet', '--bare', '--initial-branch=main', bare);
  await git.run('init', '--quiet', '--initial-branch=main', 'work');
  for (const message of ['First', 'Second']) {
    for (const [name, text] of Object.entries({ ...files, 'history.txt': `${message}\n` })) {
      await mkdir(dirname(join(git.folder, 'work', name)), { recursive: true });
      await writeFile(join(git.folder, 'work', name), text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 });
    }
    await git.run('-C', 'work', 'add', '--all');
    await git.run('-C', 'work', 'commit', '--quiet', '--message', message);
  }
  await git.run('-C', 'work', 'push', '--quiet', bare, 'main:main', 'main:refs/pipelines/1');
  return { path, sha: await git.run('-C', 'work', 'rev-parse', 'HEAD') };
}

/** Answers one request of git's smart HTTP with git's own CGI program, for repositories below `root`. */
export function serveRepository(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://peer');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      HOME: root,
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: request.headers['git-protocol']?.toString(),
      REMOTE_USER: 'job',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => {}); // it may have answered without reading everything
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.once('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    const headers = output
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
    response.end(output.subarray(end + 4));
  });
}
