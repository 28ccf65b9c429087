/** Sign-in of git over HTTP: the token is the password of Basic authentication (runner protocol 10). */

export interface Credentials {
  user: string;
  password: string;
}

/** Longer headers than this are no credentials of ours. */
const MAX_HEADER = 8192;

/** Reads an `Authorization: Basic …` header. Null when it is absent, of another scheme or malformed. */
export function parseBasicAuth(header: string | undefined): Credentials | null {
  if (header === undefined || header.length > MAX_HEADER) return null;
  const encoded = /^basic +(?<encoded>[A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.groups?.['encoded'];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * The answer to a request that needs other credentials, or some at all: git asks anonymously first and sends what it has
 * only after a 401 with this challenge, so that any other status fails the clone (runner protocol 17, trap 15).
 */
export const BASIC_CHALLENGE = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Basic realm="Baton"', 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  body: 'HTTP Basic: Access denied\n',
} as const;
