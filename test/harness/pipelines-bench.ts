import { openDatabase } from '../../src/db/open.ts';
import { TestClock } from '../../src/lib/clock.ts';
import { createSecretBox, type SecretBox } from '../../src/lib/secret-box.ts';
import { bootstrap } from '../../src/namespaces/bootstrap.ts';
import { findUserNamespace } from '../../src/namespaces/namespace-store.ts';
import { insertProject } from '../../src/namespaces/project-store.ts';
import type { Project } from '../../src/namespaces/project.ts';
import { assignResource } from '../../src/pipelines/resources.ts';
import type { Job } from '../../src/pipelines/job.ts';
import { newDatabase, type Engine } from './databases.ts';
import { createPipelinesFactory, type FactoryApp, type PipelinesFactory } from './pipelines-factory.ts';

/** A database with one project and no server, for what happens inside the room of pipelines. */
export interface Bench {
  app: FactoryApp;
  clock: TestClock;
  secrets: SecretBox;
  project: Project;
  build: PipelinesFactory;
  /** What the server would have been told after commits. */
  heard: { pending: number[]; finished: Job[] };
  /** Resolves when no resource is on its way to the next job. */
  handedOver(): Promise<void>;
  close(): Promise<void>;
}

export async function openBench(engine: Engine): Promise<Bench> {
  const place = await newDatabase(engine);
  const database = await openDatabase(place.url);
  const clock = new TestClock();
  const handOvers = new Set<Promise<boolean>>();
  const heard: Bench['heard'] = { pending: [], finished: [] };
  const app: FactoryApp = {
    db: database.read,
    write: database.write,
    clock,
    jobsPending: (ids) => void heard.pending.push(...ids),
    jobFinished: (job) => void heard.finished.push(job),
    resourcesFreed(ids) {
      for (const id of ids) handOvers.add(assignResource(app, id));
    },
  };
  const secrets = createSecretBox(Buffer.alloc(32, 1));
  await database.write((tx) => bootstrap(tx, secrets, { rootToken: null, registrationToken: null }, clock.now()));
  const namespace = await findUserNamespace(database.read, 1);
  if (namespace === null) throw new Error('the first user has no namespace');
  const project = await database.write((tx) =>
    insertProject(
      tx,
      {
        namespace,
        name: 'demo',
        path: 'demo',
        description: null,
        visibility: 'private',
        defaultBranch: 'main',
        creatorId: 1,
        sharedRunnersEnabled: true,
        groupRunnersEnabled: true,
      },
      clock.now(),
    ),
  );
  async function handedOver(): Promise<void> {
    for (const one of handOvers) {
      await one;
      handOvers.delete(one);
    }
  }
  return {
    app,
    clock,
    secrets,
    project,
    heard,
    build: createPipelinesFactory(app),
    handedOver,
    async close() {
      await handedOver();
      await database.close();
      await place.remove();
    },
  };
}
