import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { content } from '../../http/route.ts';
import { mayUpdateAtLength } from '../admit-job.ts';
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
  errors: [400, 403, 409, 412, 413, 503],
  // Agents up to 11.10 send the whole log in here, escaped; theirs end at 4 MiB unless somebody has raised that.
  bodyLimit: 128 * 1024 * 1024,
  largeBody: mayUpdateAtLength,
  async handle({ app, input, job, jobToken, reply }) {
    for (const [name, value] of Object.entries(await updateState(app, { job, jobToken }, input))) reply.header(name, value);
    return content('application/json', '200');
  },
});
