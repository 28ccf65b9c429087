import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { compatibleVersion, revision } from '../version.ts';

export const showVersion = route({
  room: 'ops',
  operation: 'showVersion',
  method: 'GET',
  path: '/version',
  summary: 'The GitLab version whose contract this server keeps',
  auth: 'user',
  scopes: ['read_user'],
  reply: Type.Object({
    version: Type.String({ description: 'GitLab version whose contract is kept.' }),
    revision: Type.String({ description: 'Revision of this server.' }),
  }),
  errors: [401],
  async handle() {
    return { version: compatibleVersion, revision };
  },
});
