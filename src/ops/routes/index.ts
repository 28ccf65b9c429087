import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { showHealth } from './show-health.ts';
import { showMetadata } from './show-metadata.ts';
import { showOpenApi } from './show-open-api.ts';
import { showOwnVersion } from './show-own-version.ts';
import { showVersion } from './show-version.ts';

/** The endpoints about the server itself. */
export const opsRoutes: readonly Route<Guard>[] = [showHealth, showMetadata, showOpenApi, showOwnVersion, showVersion];
