import { describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { startTestServer } from '../../test/harness/server.ts';

describe.each(engines)('the frame on %s', (engine) => {
  it('answers, refuses and shows the request id', async () => {
    await using server = await startTestServer({ engine });
    expect(await server.api.get('/version')).toMatchObject({ status: 401, body: { message: '401 Unauthorized' } });
    const reply = await server.root.get('/version', { headers: { 'X-Request-Id': 'abc123' } });
    expect(reply).toMatchObject({ status: 200, body: { version: '18.5.0' } });
    expect(reply.headers.get('x-request-id')).toBe('abc123');
    expect((await server.api.get('/nothing')).body).toEqual({ error: '404 Not Found' });
  });
});
