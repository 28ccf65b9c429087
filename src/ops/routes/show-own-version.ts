import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { batonVersion, compatibleVersion } from '../version.ts';

export const showOwnVersion = route({
  room: 'ops',
  operation: 'showOwnVersion',
  method: 'GET',
  path: '/baton/version',
  summary: 'The version of this server itself',
  auth: 'user',
  scopes: ['read_user'],
  reply: Type.Object({
    version: Type.String({ description: 'Version of this server.' }),
    compatible_with: Type.String({ description: 'GitLab version whose contract is kept.' }),
  }),
  errors: [401],
  async handle() {
    return { version: batonVersion, compatible_with: compatibleVersion };
  },
});
