import { resolve } from 'node:path';

/** A setting that cannot be used; the message is one sentence that says what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

interface Setting {
  /** Environment variable. */
  env: string;
  /** Command line flag of the same name. */
  flag: string;
  /** Default as shown to people. */
  default: string;
  help: string;
  secret?: boolean;
}

/** All settings: the parser, the command line's help and docs/admin/configuration.md read this one table. */
export const settings = {
  host: { env: 'BATON_HOST', flag: '--host', default: '127.0.0.1', help: 'Address to listen on.' },
  port: { env: 'BATON_PORT', flag: '--port', default: '8080', help: 'Port to listen on; 0 takes a free one.' },
  url: {
    env: 'BATON_URL',
    flag: '--url',
    default: 'from host and port',
    help: 'External URL, as agents and people reach the server: used in links, clone URLs and job payloads.',
  },
  data: { env: 'BATON_DATA', flag: '--data', default: './data', help: 'Folder of the embedded database, objects, repositories and keys.' },
  databaseUrl: {
    env: 'BATON_DATABASE_URL',
    flag: '--database-url',
    default: 'SQLite in BATON_DATA',
    help: 'Where the database is: `sqlite::memory:`, `sqlite:/path` or `postgres://user:password@host/database`.',
    secret: true,
  },
  objectsUrl: {
    env: 'BATON_OBJECTS_URL',
    flag: '--objects-url',
    default: 'a folder in BATON_DATA',
    help: 'Where artifacts and finished logs are kept: `file:/path` or `s3://KEY:SECRET@host/bucket?region=…`.',
    secret: true,
  },
  rootToken: {
    env: 'BATON_ROOT_TOKEN',
    flag: '--root-token',
    default: 'random, printed once',
    help: 'Personal access token (scope `api`) of the first administrator `root`; read at the first start only.',
    secret: true,
  },
  registrationToken: {
    env: 'BATON_REGISTRATION_TOKEN',
    flag: '--registration-token',
    default: 'random',
    help: 'Registration token of the instance; read at the first start only.',
    secret: true,
  },
  secretKey: {
    env: 'BATON_SECRET_KEY',
    flag: '--secret-key',
    default: 'made at the first start, kept in BATON_DATA',
    help: 'Key of the encrypted columns: 64 hexadecimal digits. Without it they cannot be read again.',
    secret: true,
  },
  failuresPerMinute: {
    env: 'BATON_FAILURES_PER_MINUTE',
    flag: '--failures-per-minute',
    default: '60',
    help: 'Calls with unknown tokens that one address may make in a minute before it is answered 429; 0 for any number. Good tokens are always served.',
  },
  pollsPerMinute: {
    env: 'BATON_POLLS_PER_MINUTE',
    flag: '--polls-per-minute',
    default: '0',
    help: 'Requests for a job that one machine of a runner may make in a minute before it is answered 429; 0 for any number.',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

/** The checked settings of a server. */
export interface Config {
  host: string;
  port: number;
  /** External URL without a slash at the end; null: from host and port once it listens. */
  url: string | null;
  /** Absolute path. */
  data: string;
  /** Nothing is kept beyond this process: the database is in memory, and so are logs and artifacts. */
  inMemory: boolean;
  databaseUrl: string;
  objectsUrl: string;
  rootToken: string | null;
  registrationToken: string | null;
  /** 32 bytes, or null: made at the first start. */
  secretKey: Buffer | null;
  /** 0 for any number, like the next. */
  failuresPerMinute: number;
  pollsPerMinute: number;
}

/**
 * Checks settings given by name over those of the environment and gives the whole configuration.
 * Throws `ConfigError` for one that cannot be used.
 */
export function readConfig(given: Partial<Record<SettingName, string>>, env: Record<string, string | undefined> = {}): Config {
  function text(name: SettingName): string | null {
    const value = given[name] ?? env[settings[name].env] ?? '';
    return value === '' ? null : value;
  }
  const data = resolve(text('data') ?? './data');
  const databaseUrl = text('databaseUrl') ?? `sqlite:${data}/baton.db`;
  const inMemory = databaseUrl === 'sqlite::memory:';
  return {
    host: text('host') ?? '127.0.0.1',
    port: readPort(text('port') ?? '8080'),
    url: readUrl(text('url')),
    data,
    inMemory,
    databaseUrl,
    objectsUrl: text('objectsUrl') ?? (inMemory ? 'memory:' : `file:${data}/objects`),
    rootToken: readToken('rootToken', text('rootToken')),
    registrationToken: readToken('registrationToken', text('registrationToken')),
    secretKey: readKey(text('secretKey')),
    failuresPerMinute: readCount('failuresPerMinute', text('failuresPerMinute')),
    pollsPerMinute: readCount('pollsPerMinute', text('pollsPerMinute')),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new ConfigError(`BATON_PORT is "${text}": give a number from 0 to 65535`);
}

function readCount(name: 'failuresPerMinute' | 'pollsPerMinute', text: string | null): number {
  const { env, default: unsaid } = settings[name];
  const count = text ?? unsaid;
  if (/^\d{1,7}$/.test(count)) return Number(count);
  throw new ConfigError(`${env} is "${count}": give a whole number below ten million, or 0 for no limit`);
}

function readUrl(text: string | null): string | null {
  if (text === null) return null;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new ConfigError(`BATON_URL is "${text}": give the address that agents use, such as https://ci.example.com`);
  }
  return text.replace(/\/+$/, '');
}

function readToken(name: SettingName, text: string | null): string | null {
  if (text === null) return null;
  if (text.length < 20 || /[\s\p{Cc}]/u.test(text)) {
    throw new ConfigError(`${settings[name].env} must have at least 20 characters and no spaces: make one with \`openssl rand -hex 20\``);
  }
  return text;
}

function readKey(text: string | null): Buffer | null {
  if (text === null) return null;
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw new ConfigError(`${settings.secretKey.env} must be 64 hexadecimal digits: make one with \`openssl rand -hex 32\``);
  }
  return Buffer.from(text, 'hex');
}
