import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { NullableString } from '../../http/parameters.ts';
import { compatibleVersion, revision } from '../version.ts';

export const showMetadata = route({
  room: 'ops',
  operation: 'showMetadata',
  method: 'GET',
  path: '/metadata',
  summary: 'The GitLab version whose contract this server keeps, and what of GitLab it has',
  auth: 'user',
  scopes: ['read_user'],
  reply: Type.Object({
    version: Type.String({ description: 'GitLab version whose contract is kept.' }),
    revision: Type.String({ description: 'Revision of this server.' }),
    kas: Type.Object(
      {
        enabled: Type.Boolean({ description: 'Always false: there is no Kubernetes agent server.' }),
        externalUrl: NullableString({ description: 'Always null.' }),
        externalK8sProxyUrl: NullableString({ description: 'Always null.' }),
        version: NullableString({ description: 'Always null.' }),
      },
      { description: 'Kubernetes agent server.' },
    ),
    enterprise: Type.Boolean({ description: 'Always false.' }),
  }),
  errors: [401],
  async handle() {
    const kas = { enabled: false, externalUrl: null, externalK8sProxyUrl: null, version: null };
    return { version: compatibleVersion, revision, kas, enterprise: false };
  },
});
