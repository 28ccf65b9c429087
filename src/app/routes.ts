import { accessRoutes } from '../access/routes/index.ts';
import type { Guard } from '../access/route.ts';
import { artifactsRoutes } from '../artifacts/routes/index.ts';
import { gitRoutes } from '../git/routes/index.ts';
import type { Route } from '../http/route.ts';
import { namespacesRoutes } from '../namespaces/routes/index.ts';
import { opsRoutes } from '../ops/routes/index.ts';
import { pipelinesRoutes } from '../pipelines/routes/index.ts';
import { queueRoutes } from '../queue/routes/index.ts';
import { runnerApiRoutes } from '../runner-api/routes/index.ts';
import { runnersRoutes } from '../runners/routes/index.ts';
import { tracesRoutes } from '../traces/routes/index.ts';

/** All endpoints of the server. */
export const routes: readonly Route<Guard>[] = [
  ...opsRoutes,
  ...accessRoutes,
  ...namespacesRoutes,
  ...gitRoutes,
  ...runnersRoutes,
  ...pipelinesRoutes,
  ...tracesRoutes,
  ...artifactsRoutes,
  ...queueRoutes,
  ...runnerApiRoutes,
];
