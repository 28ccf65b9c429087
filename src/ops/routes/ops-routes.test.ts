import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../test/harness/databases.ts';
import { createClient } from '../../../test/harness/client.ts';
import { startTestServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(engines)('the server about itself on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ engine });
  });
  afterAll(() => server.stop());

  it('tells its versions to whoever is signed in', async () => {
    const { api } = await server.build.person({ scopes: ['read_user'] });
    expect(await api.get('/version')).toMatchObject({
      status: 200,
      body: { version: '18.5.0', revision: expect.stringMatching(/^baton-/) },
    });
    expect(await api.get('/metadata')).toMatchObject({
      status: 200,
      body: {
        version: '18.5.0',
        kas: { enabled: false, externalUrl: null, externalK8sProxyUrl: null, version: null },
        enterprise: false,
      },
    });
    expect((await api.get('/baton/version')).body).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/), compatible_with: '18.5.0' });
  });

  it.each(['/version', '/metadata', '/baton/version'])('keeps %s from others', async (path) => {
    expect(await server.api.get(path)).toMatchObject({ status: 401, body: { message: '401 Unauthorized' } });
  });

  it('tells its health to everybody, outside of the API', async () => {
    const outside = createClient(server.url);
    expect(await outside.get('/-/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect((await outside.call('HEAD', '/-/health')).status).toBe(200);
  });
});
