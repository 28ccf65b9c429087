import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { NullableString, OneOf } from '../../http/parameters.ts';
import { JobIdInPath } from '../api.ts';
import { receiveArtifacts } from '../receive-artifacts.ts';

export const uploadJobArtifacts = route({
  room: 'runner-api',
  operation: 'uploadJobArtifacts',
  method: 'POST',
  path: '/jobs/:id/artifacts',
  summary: 'An agent uploads what its job leaves behind',
  auth: 'job',
  params: JobIdInPath,
  input: Type.Object({
    artifact_type: Type.Optional(Type.String({ description: '`archive`, or the type of a report.' })),
    artifact_format: Type.Optional(Type.String({ description: '`zip`, `gzip` or `raw`; the type decides which.' })),
    expire_in: Type.Optional(NullableString({ description: 'How long it is kept, such as `1 week`, or `never`.' })),
    accessibility: Type.Optional(OneOf(['public', 'private'], { description: 'Whether it can be read without membership.' })),
  }),
  reply: Type.Object({ message: Type.String({ description: 'What happened.' }) }),
  status: 201,
  errors: [400, 403, 408, 413, 503],
  body: 'parts',
  async handle({ app, job, input, parts }) {
    await receiveArtifacts(app, job, input, parts());
    return { message: '201 Created' };
  },
});
