import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { ping } from '../store.ts';

export const showHealth = route({
  room: 'ops',
  operation: 'showHealth',
  method: 'GET',
  path: '//-/health',
  summary: 'Whether the server answers and reaches its database; 503 when it does not',
  auth: 'open',
  reply: Type.Object({ status: Type.String({ description: 'Always `ok`.' }) }),
  errors: [503],
  async handle({ app }) {
    await ping(app.db);
    return { status: 'ok' };
  },
});
