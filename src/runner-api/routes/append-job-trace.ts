import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { content } from '../../http/route.ts';
import { JobIdInPath } from '../api.ts';
import { appendTrace } from '../append-trace.ts';

export const appendJobTrace = route({
  room: 'runner-api',
  operation: 'appendJobTrace',
  method: 'PATCH',
  path: '/jobs/:id/trace',
  summary: 'An agent sends the next bytes of a log',
  auth: 'job',
  params: JobIdInPath,
  input: Type.Object({ debug_trace: Type.Optional(Type.String({ description: '`true`: the log may hold secrets.' })) }),
  reply: Type.String({ description: 'The range that is here, `0-<size>`.' }),
  status: 202,
  errors: [400, 403, 408, 416, 503],
  body: 'stream',
  async handle({ app, input, job, jobToken, headers, raw, reply }) {
    const contentRange = headers['content-range'];
    const { headers: answer, size } = await appendTrace(app, { job, jobToken }, { contentRange, debug: input.debug_trace === 'true' }, raw);
    for (const [name, value] of Object.entries(answer)) reply.header(name, value);
    return content('text/plain', `0-${size}`);
  },
});
