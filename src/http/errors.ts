/**
 * An answer that is not a success. Two families exist, as GitLab's clients know them: parameter errors have the key
 * `error` with a string; everything raised later has `message` with a string or an object (runners API A.3).
 */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(status: number, body: Record<string, unknown>, headers: Record<string, string> = {}) {
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** 400 with `{"error": text}`: a parameter is missing or malformed. */
export function badParameter(text: string): HttpError {
  return new HttpError(400, { error: text });
}

/** 400 with `{"message": …}`: a sentence, or texts by attribute as a model validation gives them. */
export function invalid(message: string | Record<string, string[]>): HttpError {
  return new HttpError(400, { message });
}

/** 400 with the sentence in GitLab's form, `400 Bad request - reason`. */
export function badRequest(reason: string): HttpError {
  return new HttpError(400, { message: `400 Bad request - ${reason}` });
}

/** 401: no user, or a token that is not known. */
export function unauthorized(): HttpError {
  return new HttpError(401, { message: '401 Unauthorized' });
}

/** 403, with a reason where the contract names one. */
export function forbidden(reason?: string): HttpError {
  return new HttpError(403, { message: reason === undefined ? '403 Forbidden' : `403 Forbidden - ${reason}` });
}

/** 404 for a thing that is not there or not to be seen: `notFound('Runner')` is `404 Runner Not Found`. */
export function notFound(thing?: string): HttpError {
  return new HttpError(404, { message: thing === undefined ? '404 Not found' : `404 ${thing} Not Found` });
}

/** 404 for a path that no endpoint has. */
export function unknownRoute(): HttpError {
  return new HttpError(404, { error: '404 Not Found' });
}

/** 409 with a sentence. */
export function conflict(message: string): HttpError {
  return new HttpError(409, { message });
}

/** 412: the record has changed since the time that the caller named. */
export function preconditionFailed(): HttpError {
  return new HttpError(412, { message: '412 Precondition Failed' });
}

/** 413: the body is larger than the endpoint takes. */
export function tooLarge(limit?: string): HttpError {
  return new HttpError(413, { message: limit === undefined ? '413 Request Entity Too Large' : `413 Request Entity Too Large - ${limit}` });
}

/** 503: a part of the server is away for now, so that agents come again (runner protocol 4.4). */
export function unavailable(): HttpError {
  const message = '503 Service Unavailable - the server is starting, stopping or its database is away, try again shortly';
  return new HttpError(503, { message }, { 'Retry-After': '5' });
}
