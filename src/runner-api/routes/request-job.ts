import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { HttpError } from '../../http/errors.ts';
import { tooManyRequests } from '../../http/failure-limit.ts';
import { noteContact, systemIdOf } from '../../runners/contact.ts';
import { findRunner } from '../../runners/store.ts';
import { JobRequestInput } from '../api.ts';
import '../../queue/dispatcher.ts';
import { assignJob } from '../assign.ts';
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
    const wait = app.polls.take(`${runner.id} ${systemIdOf(input.system_id ?? null)}`, app.clock.now());
    if (wait > 0) throw tooManyRequests(wait, app.clock.now());
    const { contacts } = app;
    const systemId = systemIdOf(input.system_id ?? null);
    const isFirst = contacts.runners.get(runner.id)?.managers.has(systemId) !== true;
    // Machines of agents before 15.8 have no name; their address has to do.
    const mayHold = app.dispatcher.mayHold(input.system_id ?? ip, runner.id) && !isFirst && (input.last_update ?? '') !== '';
    const contact = { systemId: input.system_id ?? null, info: input.info ?? {}, ip, asksForJob: true };
    const manager = await noteContact(app, runner, contact);
    // Taken before the search: a job that becomes pending meanwhile changes the value, and the agent asks again.
    let value = app.queueValue.of(runner);
    const features = new Set(Object.entries(input.info?.features ?? {}).flatMap(([flag, on]) => (isTrue(on) ? [flag] : [])));
    const claimant = { runner, managerId: manager.id, features, jobAge: input.job_age ?? 0, isConnected };
    const until = Date.now() + app.dispatcher.holdMs;
    let outcome = runner.active ? await assignJob(app, claimant) : 'none';
    while (outcome === 'none' && mayHold && runner.active && Date.now() < until) {
      const searchedAt = value;
      const isStale = () => app.queueValue.of(runner) !== searchedAt;
      if ((await app.dispatcher.wait({ runner, until, isConnected, isStale })) === 'nothing') break;
      const current = await findRunner(app.db, runner.id);
      // Whatever changed about the runner, or its token: its next request is admitted anew.
      if (current === null || current.updatedAt !== runner.updatedAt) break;
      value = app.queueValue.of(runner);
      const found = await assignJob(app, claimant);
      // Whoever waits and is too late for a job waits on; it is no conflict for the agent.
      outcome = found === 'lost' ? 'none' : found;
    }
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
