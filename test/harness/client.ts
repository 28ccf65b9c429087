/** An answer of the API. `body` is parsed JSON, or text where the answer is something else; null when there is none. */
export interface Reply {
  status: number;
  headers: Headers;
  // eslint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
  body: any;
  bytes: Buffer;
}

export interface CallOptions {
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  form?: Record<string, string> | [string, string][];
  /** Sent as `multipart/form-data`. */
  multipart?: FormData | Record<string, string>;
  query?: Record<string, string | number | boolean> | [string, string][];
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/** Calls paths below a base URL over real HTTP. */
export interface Client {
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  get(path: string, options?: CallOptions): Promise<Reply>;
  post(path: string, options?: CallOptions): Promise<Reply>;
  put(path: string, options?: CallOptions): Promise<Reply>;
  delete(path: string, options?: CallOptions): Promise<Reply>;
  /** The same as the holder of a personal access token. */
  as(token: string): Client;
  /** The same with headers on every call. */
  with(headers: Record<string, string>): Client;
}

/** A client for `base`, such as `http://127.0.0.1:1234/api/v4`. */
export function createClient(base: string, headers: Record<string, string> = {}): Client {
  async function call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const query =
      options.query === undefined
        ? ''
        : `?${new URLSearchParams(Array.isArray(options.query) ? options.query : textValues(options.query)).toString()}`;
    const { body, type } = bodyOf(options);
    const response = await fetch(`${base}${path}${query}`, {
      method,
      redirect: 'manual',
      headers: { ...(type === null ? {} : { 'Content-Type': type }), ...headers, ...options.headers },
      ...(body === undefined ? {} : { body }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    const text = bytes.toString('utf8');
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      body: bytes.length === 0 ? null : isJson ? (JSON.parse(text) as unknown) : text,
    };
  }
  return {
    call,
    get: (path, options) => call('GET', path, options),
    post: (path, options) => call('POST', path, options),
    put: (path, options) => call('PUT', path, options),
    delete: (path, options) => call('DELETE', path, options),
    as: (token) => createClient(base, { ...headers, 'PRIVATE-TOKEN': token }),
    with: (more) => createClient(base, { ...headers, ...more }),
  };
}

function bodyOf(options: CallOptions): { body: string | FormData | Uint8Array<ArrayBuffer> | undefined; type: string | null } {
  if (options.json !== undefined) return { body: JSON.stringify(options.json), type: 'application/json' };
  if (options.form !== undefined) return { body: new URLSearchParams(options.form).toString(), type: 'application/x-www-form-urlencoded' };
  if (options.multipart instanceof FormData) return { body: options.multipart, type: null };
  if (options.multipart !== undefined) {
    const form = new FormData();
    for (const [key, value] of Object.entries(options.multipart)) form.append(key, value);
    return { body: form, type: null };
  }
  return { body: options.body, type: null };
}

function textValues(values: Record<string, string | number | boolean>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}
