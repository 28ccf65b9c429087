import { Type } from 'typebox';
import { route } from '../../access/route.ts';

declare module '../../http/route.ts' {
  interface App {
    /** The OpenAPI document of this server. */
    openApi(): Record<string, unknown>;
  }
}

export const showOpenApi = route({
  room: 'ops',
  operation: 'showOpenApi',
  method: 'GET',
  path: '/openapi.json',
  summary: 'This description of the API, in OpenAPI 3.1',
  auth: 'open',
  reply: Type.Object({}, { additionalProperties: true }),
  async handle({ app }) {
    return app.openApi();
  },
});
