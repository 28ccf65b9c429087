import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { explainJob } from './explain-job.ts';

/** What is told of the queue. */
export const queueRoutes: readonly Route<Guard>[] = [explainJob];
