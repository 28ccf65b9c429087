import type { Features, JobPayload } from '../../src/runner-api/wire.ts';
import type { Group } from '../../src/namespaces/namespace.ts';
import type { Project } from '../../src/namespaces/project.ts';
import type { NewPipeline } from '../../src/pipelines/creation-store.ts';
import { FakeRunner } from './fake-runner.ts';
import { createPipelinesFactory, type JobSpec, type MadePipeline } from './pipelines-factory.ts';
import type { TestServer } from './server.ts';

/** One agent of each era of the protocol (runner protocol 16). */
export const agentVersions = ['11.5.0', '13.12.0', '17.9.0', '19.3.0'] as const;

/** What a test says of a runner: an instance runner unless it names a group or a project. */
export interface AgentOptions {
  project?: Project;
  group?: Group;
  version?: string;
  features?: Features;
  tags?: string[];
  /** The runner's settings, in the API's names. */
  settings?: Record<string, unknown>;
}

/** An agent with a runner of its own. */
export interface Agent {
  agent: FakeRunner;
  runnerId: number;
}

/** A job that an agent has just been given. */
export interface RunningJob extends Agent {
  job: JobPayload;
  project: Project;
  made: MadePipeline;
}

/** Makes runners over the API and agents that use them, and the pipelines that they run. */
export interface Agents {
  agent(options?: AgentOptions): Promise<Agent>;
  /** A pipeline straight in the database, in a new project unless one is given. */
  pipeline(
    jobs: Record<string, JobSpec>,
    options?: Partial<NewPipeline> & { project?: Project },
  ): Promise<MadePipeline & { project: Project }>;
  /** A pipeline of one job named `work`, taken by a new agent. */
  running(options?: AgentOptions & { work?: JobSpec }): Promise<RunningJob>;
}

export function createAgents(server: TestServer): Agents {
  const factory = createPipelinesFactory(server.baton.app);

  async function agent(options: AgentOptions = {}): Promise<Agent> {
    const { project, group } = options;
    const scope =
      project !== undefined
        ? { runner_type: 'project_type', project_id: project.id }
        : group !== undefined
          ? { runner_type: 'group_type', group_id: group.id }
          : { runner_type: 'instance_type' };
    const json = { ...scope, run_untagged: true, tag_list: options.tags ?? [], ...options.settings };
    const reply = await server.root.post('/user/runners', { json });
    if (reply.status !== 201) throw new Error(`no runner was made: ${reply.bytes.toString()}`);
    const { id, token } = reply.body as { id: number; token: string };
    return {
      runnerId: id,
      agent: new FakeRunner({
        url: server.url,
        token,
        ...(options.version === undefined ? {} : { version: options.version }),
        ...(options.features === undefined ? {} : { features: options.features }),
      }),
    };
  }

  const pipeline: Agents['pipeline'] = async (jobs, { project: given, ...options } = {}) => {
    const project = given ?? (await server.build.project());
    return { ...(await factory.pipeline(project, jobs, options)), project };
  };

  return {
    agent,
    pipeline,
    async running({ work = {}, ...options } = {}) {
      const project = options.project ?? (await server.build.project());
      const made = await pipeline({ work }, { project });
      const taken = await agent({ ...options, project });
      return { ...taken, job: await taken.agent.nextJob(1), project, made };
    },
  };
}
