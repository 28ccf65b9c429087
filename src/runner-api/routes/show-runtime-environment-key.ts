import { route } from '../../access/route.ts';
import { notFound } from '../../http/errors.ts';
import { JobIdInPath } from '../api.ts';

export const showRuntimeEnvironmentKey = route({
  room: 'runner-api',
  operation: 'showRuntimeEnvironmentKey',
  method: 'GET',
  path: '/jobs/:id/runtime_environment_key',
  summary: 'The environment that a suspended job would be taken up in again: jobs here are not suspended, so there is none',
  auth: 'job',
  params: JobIdInPath,
  status: 200,
  errors: [403, 404],
  async handle() {
    throw notFound('Runtime Environment Key');
  },
});
