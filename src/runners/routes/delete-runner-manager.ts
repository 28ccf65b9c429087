import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { notFound, preconditionFailed } from '../../http/errors.ts';
import { unmodifiedSince } from '../../http/headers.ts';
import { forgetContact, systemIdOf } from '../contact.ts';
import { deleteManager, findManager } from '../manager-store.ts';

export const deleteRunnerManager = route({
  room: 'runners',
  operation: 'deleteRunnerManager',
  method: 'DELETE',
  path: '/runners/managers',
  summary: 'An agent takes its machine away from a runner, which stays',
  auth: 'runner',
  input: Type.Object({
    token: Type.String({ description: 'Authentication token of the runner.' }),
    system_id: Type.String({ description: 'Which machine it is.' }),
  }),
  errors: [400, 403, 404, 412],
  async handle({ app, runner, input, headers }) {
    const systemId = systemIdOf(input.system_id);
    const manager = await findManager(app.db, runner.id, systemId);
    if (manager !== null && !unmodifiedSince(headers['if-unmodified-since'], manager.createdAt)) throw preconditionFailed();
    const found = manager !== null && (await app.write((tx) => deleteManager(tx, manager.id)));
    // The doubled words are GitLab's (runners API D35).
    if (!found) throw notFound('Runner manager not found');
    forgetContact(app.contacts, runner.id, systemId);
  },
});
