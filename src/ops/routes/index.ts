import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { showOpenApi } from './show-open-api.ts';
import { showVersion } from './show-version.ts';

/** The endpoints about the server itself. */
export const opsRoutes: readonly Route<Guard>[] = [showOpenApi, showVersion];
