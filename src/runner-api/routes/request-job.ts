import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { HttpError } from '../../http/errors.ts';
import { tooManyRequests } from '../../http/failure-limit.ts';
import { isKnown, noteContact, systemIdOf } from '../../runners/contact.ts';
import { JobRequestInput } from '../api.ts';
import { awaitJob } from '../await-job.ts';
import { lastUpdateHeader } from '../wire.ts';

export const requestJob = route({
  room: 'runner-api',
  operation: 'requestJob',
  method: 'POST',
  path: '/jobs/request',
  summary: 'An agent asks for a job',
  auth: 'runner',
  input: JobRequestInput,
  reply: Type.Object(
    {},
    { additionalProperties: true, description: 'The job with everything that its agent needs (src/runner-api/wire.ts, JobPayload).' },
  ),
  status: 201,
  errors: [204, 400, 403, 409, 413, 429, 503],
  // A request is about a kilobyte (runner protocol 4.1).
  bodyLimit: 32 * 1024,
  async handle({ app, input, runner, ip, reply, isConnected }) {
    const systemId = systemIdOf(input.system_id ?? null);
    const wait = app.polls.take(`${runner.id} ${systemId}`, app.clock.now());
    if (wait > 0) throw tooManyRequests(wait, app.clock.now());
    const isFirst = !isKnown(app.contacts, runner.id, systemId);
    // Machines of agents before 15.8 have no name; their address has to do.
    const mayHold = app.dispatcher.mayHold(input.system_id ?? ip, runner.id) && !isFirst && (input.last_update ?? '') !== '';
    const contact = { systemId: input.system_id ?? null, info: input.info ?? {}, ip, asksForJob: true };
    const manager = await noteContact(app, runner, contact);
    const features = new Set(Object.entries(input.info?.features ?? {}).flatMap(([flag, on]) => (isTrue(on) ? [flag] : [])));
    const claimant = { runner, managerId: manager.id, features, jobAge: input.job_age ?? 0, isConnected };
    const { outcome, value } = await awaitJob(app, claimant, mayHold);
    if (outcome === 'lost') throw new HttpError(409, { message: '409 Conflict' });
    if (outcome !== 'none') return outcome;
    reply.status(204);
    reply.header(lastUpdateHeader, value);
    return undefined;
  },
});

/** A flag as JSON, or as the text of a form field. */
function isTrue(flag: unknown): boolean {
  return flag === true || flag === 'true' || flag === '1';
}
