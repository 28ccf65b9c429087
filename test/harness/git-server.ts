import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Push, PushDecision } from '../../src/git/receive-pack.ts';
import type { Repository } from '../../src/git/repository.ts';
import { parseGitUrl } from '../../src/git/git-url.ts';
import { ServeSlots } from '../../src/git/serve-slots.ts';
import { serveGit } from '../../src/git/smart-http.ts';
import type { ServeOptions } from '../../src/git/smart-http.ts';
import { testRepositories } from './repositories.ts';
import { until } from './until.ts';

export interface GitServer extends AsyncDisposable {
  /** Clone URL. */
  url: string;
  repository: Repository;
  /** What `afterReceive` has heard. */
  pushes: Push[];
  /** Requests as `GET /g/p.git/info/refs?…`, with the headers that they came with. */
  requests: { line: string; headers: IncomingMessage['headers'] }[];
  /** What `serveGit` has rejected with. */
  faults: unknown[];
  /** How many exchanges are under way. */
  active(): number;
  /** What the next pushes meet; change it at will. */
  decide: (push: Push) => Promise<PushDecision>;
  after: (push: Push) => Promise<string[]>;
}

/** A bare `node:http` server with one repository that everybody may use, at `/g/p.git`. */
export async function startGitServer(limits: Partial<ServeOptions> = {}): Promise<GitServer> {
  const test = await testRepositories();
  const repository = await test.repositories.create(1);
  const slots = new ServeSlots(8);
  let active = 0;

  const http = createServer((req, res) => {
    server.requests.push({ line: `${req.method} ${req.url}`, headers: req.headers });
    const url = parseGitUrl(req.url ?? '');
    if (url?.kind === 'refused') {
      res.writeHead(403).end(url.message);
      return;
    }
    if (url?.kind !== 'service') {
      res.writeHead(404).end();
      return;
    }
    active += 1;
    const options: ServeOptions = {
      service: url.service,
      advertise: url.advertise,
      slots,
      maxPackBytes: 64 * 1024 * 1024,
      timeLimitMs: 60_000,
      beforeReceive: (push) => server.decide(push),
      afterReceive(push) {
        server.pushes.push(push);
        return server.after(push);
      },
      ...limits,
    };
    serveGit(repository, req, res, options)
      .catch((error: unknown) => server.faults.push(error))
      .finally(() => (active -= 1));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: GitServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/g/p.git`,
    repository,
    pushes: [],
    requests: [],
    faults: [],
    active: () => active,
    decide: () => Promise.resolve({ refusal: null, fastForwardOnly: [] }),
    after: () => Promise.resolve([]),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await until(() => active === 0, 'all exchanges to end');
      await test[Symbol.asyncDispose]();
    },
  };
  return server;
}
