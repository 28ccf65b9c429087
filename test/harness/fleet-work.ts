import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type Client, type Reply } from './client.ts';

/** Pipelines that come all the time, made over the API as people make them. */
export interface FleetWork {
  projectId: number;
  /** Jobs of the pipelines that were acknowledged. */
  made(): number;
  /** No more pipelines; resolves when the one under way is answered. */
  stop(): Promise<void>;
  /** The API as the administrator, at a server that answers. */
  root: { get(path: string): Promise<Reply>; post(path: string, json: unknown): Promise<Reply> };
}

export interface FleetWorkOptions {
  urls: string[];
  rootToken: string;
  jobsOfPipeline: number;
  /** Milliseconds between two pipelines. */
  every: number;
}

/** Makes a project whose pipelines have `jobsOfPipeline` jobs, and starts one after another until it is stopped. */
export async function startFleetWork({ urls, rootToken, jobsOfPipeline, every }: FleetWorkOptions): Promise<FleetWork> {
  const clients = urls.map((url) => createClient(`${url}/api/v4`).as(rootToken));
  let turn = 0;

  /** Repeats a call, at the next server each time, until one answers it. */
  async function insist(call: (client: Client) => Promise<Reply>): Promise<Reply> {
    for (;;) {
      const client = clients[turn++ % clients.length];
      const reply = client === undefined ? null : await call(client).catch(() => null);
      if (reply !== null && reply.status !== 503) return reply;
      await pause(50);
    }
  }

  const root: FleetWork['root'] = {
    get: (path) => insist((client) => client.get(path)),
    post: (path, json) => insist((client) => client.post(path, { json })),
  };
  const mustBe201 = (reply: Reply) => {
    if (reply.status !== 201) throw new Error(`expected 201, got ${reply.status}: ${reply.bytes.toString()}`);
    return reply;
  };
  const projectId = (mustBe201(await root.post('/projects', { name: 'fleet' })).body as { id: number }).id;
  const content = Array.from({ length: jobsOfPipeline }, (_, index) => `job ${index}:\n  script: [work]\n`).join('');
  const actions = [{ action: 'create', file_path: '.gitlab-ci.yml', content }];
  mustBe201(await root.post(`/projects/${projectId}/repository/commits`, { branch: 'main', commit_message: 'jobs', actions }));

  let made = jobsOfPipeline;
  let stopped = false;
  const making = (async () => {
    while (!stopped) {
      await pause(every);
      mustBe201(await root.post(`/projects/${projectId}/pipeline`, { ref: 'main' }));
      made += jobsOfPipeline;
    }
  })();
  // Whoever stops it hears of a failure; until then it must not end the process.
  making.catch(() => undefined);
  return {
    projectId,
    made: () => made,
    root,
    async stop() {
      stopped = true;
      await making;
    },
  };
}
