import type { Route } from '../../http/route.ts';
import type { Guard } from '../route.ts';

/** The endpoints of users and their tokens. */
export const accessRoutes: readonly Route<Guard>[] = [];
