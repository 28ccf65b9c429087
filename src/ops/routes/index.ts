import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { showVersion } from './show-version.ts';

/** The endpoints about the server itself. */
export const opsRoutes: readonly Route<Guard>[] = [showVersion];
