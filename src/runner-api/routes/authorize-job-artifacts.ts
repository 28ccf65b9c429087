import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { tooLarge } from '../../http/errors.ts';
import { NullableInteger } from '../../http/parameters.ts';
import { readSettings } from '../../namespaces/settings.ts';
import { JobIdInPath } from '../api.ts';

export const authorizeJobArtifacts = route({
  room: 'runner-api',
  operation: 'authorizeJobArtifacts',
  method: 'POST',
  path: '/jobs/:id/artifacts/authorize',
  summary: 'Whether an upload of a size would be taken',
  auth: 'job',
  params: JobIdInPath,
  input: Type.Object({
    filesize: Type.Optional(NullableInteger({ description: 'Bytes.' })),
    artifact_type: Type.Optional(Type.String({ description: '`archive`, or the type of a report.' })),
  }),
  reply: Type.Object({ MaximumSize: Type.Integer({ description: 'Bytes that an upload may have.' }) }),
  status: 200,
  errors: [400, 403, 413],
  async handle({ app, input }) {
    const { maxArtifactsSize } = await readSettings(app.db);
    const limit = maxArtifactsSize * 1024 * 1024;
    if ((input.filesize ?? 0) > limit) throw tooLarge();
    return { MaximumSize: limit };
  },
});
