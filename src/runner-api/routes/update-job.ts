import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { content } from '../../http/route.ts';
import { JobIdInPath, JobUpdateInput } from '../api.ts';
import { updateState } from '../update-state.ts';

export const updateJob = route({
  room: 'runner-api',
  operation: 'updateJob',
  method: 'PUT',
  path: '/jobs/:id',
  summary: 'An agent says how its job stands',
  auth: 'job',
  params: JobIdInPath,
  input: JobUpdateInput,
  reply: Type.Integer({ description: 'The status code once more, as text.' }),
  status: 200,
  errors: [400, 403, 412, 413, 503],
  // Agents up to 11.10 send the whole log in here, escaped: six times its limit.
  bodyLimit: 6 * 100 * 1024 * 1024,
  async handle({ app, input, job, reply }) {
    for (const [name, value] of Object.entries(await updateState(app, job, input))) reply.header(name, value);
    return content('application/json', '200');
  },
});
