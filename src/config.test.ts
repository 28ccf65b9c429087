import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, settings } from './config.ts';

describe('readConfig', () => {
  it('has defaults for everything', () => {
    const config = readConfig({}, { BATON_DATA: '/srv/baton' });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      url: null,
      data: '/srv/baton',
      inMemory: false,
      databaseUrl: 'sqlite:/srv/baton/baton.db',
      objectsUrl: 'file:/srv/baton/objects',
      rootToken: null,
      secretKey: null,
    });
  });

  it('prefers flags to the environment, and takes empty values as absent', () => {
    expect(readConfig({ port: '1' }, { BATON_PORT: '2', BATON_HOST: '' })).toMatchObject({ port: 1, host: '127.0.0.1' });
  });

  it('keeps nothing on the disk for a database in memory', () => {
    expect(readConfig({ databaseUrl: 'sqlite::memory:' })).toMatchObject({ inMemory: true, objectsUrl: 'memory:' });
  });

  it('takes slashes from the end of the URL', () => {
    expect(readConfig({ url: 'https://ci.example.com/baton//' }).url).toBe('https://ci.example.com/baton');
  });

  it.each<[Parameters<typeof readConfig>[0], string]>([
    [{ port: '70000' }, 'BATON_PORT is "70000": give a number from 0 to 65535'],
    [{ port: 'x' }, 'BATON_PORT is "x": give a number'],
    [{ url: 'ci.example.com' }, 'BATON_URL is "ci.example.com": give the address that agents use'],
    [{ rootToken: 'short' }, 'BATON_ROOT_TOKEN must have at least 20 characters'],
    [{ registrationToken: 'with a space in it, and long' }, 'BATON_REGISTRATION_TOKEN must have'],
    [{ secretKey: 'abc' }, 'BATON_SECRET_KEY must be 64 hexadecimal digits'],
  ])('refuses %j with a sentence', (given, text) => {
    expect(() => readConfig(given)).toThrow(ConfigError);
    expect(() => readConfig(given)).toThrow(text);
  });

  it('names flags after the environment variables', () => {
    for (const { env, flag } of Object.values(settings)) {
      expect(flag).toBe(
        `--${env
          .replace(/^BATON_/, '')
          .toLowerCase()
          .replaceAll('_', '-')}`,
      );
    }
  });
});
