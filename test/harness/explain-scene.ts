import { deleteRunners } from '../../src/runners/store.ts';
import { forgetContact } from '../../src/runners/contact.ts';
import type { Explanation } from '../../src/queue/explain-api.ts';
import type { Project } from '../../src/namespaces/project.ts';
import { createAgents, type AgentOptions, type Agents } from './agents.ts';
import type { Client } from './client.ts';
import type { Engine } from './databases.ts';
import type { JobSpec, MadePipeline } from './pipelines-factory.ts';
import { createRunnersFactory, type RunnersFactory } from './runners-factory.ts';
import { startTestServer, type TestServer } from './server.ts';
import type { NewPipeline } from '../../src/pipelines/creation-store.ts';

/** What situations are made of, on one server without a runner at the beginning of each. */
export interface ExplainScene extends Agents, RunnersFactory {
  server: TestServer;
  /** A runner whose agent has just asked for a job in vain, so it is in contact. */
  idle(options?: AgentOptions): Promise<number>;
  /** A pending job named `work`; its id. */
  pending(job?: JobSpec, options?: Partial<NewPipeline> & { project?: Project }): Promise<number>;
  /** The explanation that a caller gets, an administrator unless given. */
  explain(job: number, as?: Client): Promise<Explanation>;
  jobOf(made: MadePipeline, name: string): number;
  /** Removes all runners. */
  clear(): Promise<void>;
}

export async function startExplainScene(engine: Engine): Promise<ExplainScene> {
  const server = await startTestServer({ engine });
  const { app } = server.baton;
  const agents = createAgents(server);
  return {
    server,
    ...agents,
    ...createRunnersFactory(app),
    async idle(options) {
      const { agent, runnerId } = await agents.agent(options);
      await agent.request();
      return runnerId;
    },
    async pending(job = {}, options = {}) {
      const made = await agents.pipeline({ work: job }, options);
      return (await made.job('work')).id;
    },
    async explain(job, as = server.root) {
      const reply = await as.get(`/baton/jobs/${job}/explain`);
      if (reply.status !== 200) throw new Error(`explain was answered with ${reply.status}: ${reply.bytes.toString()}`);
      return reply.body as Explanation;
    },
    jobOf(made, name) {
      const job = made.jobs[name];
      if (job === undefined) throw new Error(`no job ${name}`);
      return job.id;
    },
    async clear() {
      const ids = (await app.db.selectFrom('runners').select('id').execute()).map((row) => row.id);
      await app.write(async (tx) => {
        await tx.deleteFrom('pending_jobs').execute();
        await deleteRunners(tx, ids);
      });
      for (const id of ids) forgetContact(app.contacts, id);
    },
  };
}
