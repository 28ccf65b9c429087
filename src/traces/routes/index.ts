import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { showJobTrace } from './show-job-trace.ts';

/** The endpoints of users for logs. */
export const tracesRoutes: readonly Route<Guard>[] = [showJobTrace];
