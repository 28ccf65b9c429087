import type { FastifyInstance } from 'fastify';
import multipart from '@fastify/multipart';
import { parse as parseForm } from 'qs';
import { badParameter, HttpError } from './errors.ts';
import { numberListKeys } from './list-keys.ts';

const mostParameters = 1000;
const formOptions = { depth: 5, parameterLimit: mostParameters, arrayLimit: mostParameters } as const;

/** Parses a query or form text as Rails does: `a[b]=1` is an object, `a[]=1` a list. */
export function parseFormText(text: string): Record<string, unknown> {
  return parseForm(numberListKeys(text), formOptions);
}

/**
 * Teaches the server the four encodings of parameters (runners API D3, D7, D8): JSON, form, multipart without files, and none.
 * A body of another type is refused with 415 unless it is empty; routes that take the body as a stream never come here.
 */
export async function readBodies(server: FastifyInstance): Promise<void> {
  server.removeAllContentTypeParsers();
  await server.register(multipart, { limits: { fieldSize: 1024 * 1024, fields: 200, parts: 200, files: 20 } });
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    parseJson(String(text)).then(
      (value) => done(null, value),
      (error: Error) => done(error),
    );
  });
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, text, done) => {
    // The parser would leave the rest out without a word.
    if (String(text).split('&', mostParameters + 1).length > mostParameters) {
      return done(badParameter(`a form may have up to ${mostParameters} parameters: send JSON instead`));
    }
    done(null, parseFormText(String(text)));
  });
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const type = request.headers['content-type'] ?? '';
    done(new HttpError(415, { error: `The provided content-type '${type}' is not supported.` }));
  });
}

async function parseJson(text: string): Promise<unknown> {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badParameter(malformedBody);
  }
}

/** Of bodies that do not look like JSON, or like multipart, though their type says so. */
export const malformedBody = 'message body does not match declared format';

/** What the parser of multipart bodies says of those; its errors have no codes. */
const brokenMultipart = /multipart data$|^Multipart: Boundary not found$|^The needle cannot/;

/** Whether an error is about a multipart body that breaks off, or whose boundary is no good. */
export function isBrokenMultipart(error: unknown): boolean {
  return error instanceof Error && brokenMultipart.test(error.message);
}

/** The fields of a multipart body as one record; parts with files are read away and count as absent. */
export async function multipartFields(request: { parts(): AsyncIterable<MultipartPart> }): Promise<Record<string, unknown>> {
  const pairs: string[] = [];
  for await (const part of request.parts()) {
    if (part.type === 'file') part.file.resume();
    else
      pairs.push(
        `${encodeURIComponent(part.fieldname).replaceAll('%5B', '[').replaceAll('%5D', ']')}=${encodeURIComponent(String(part.value))}`,
      );
  }
  return parseFormText(pairs.join('&'));
}

type MultipartPart = { type: 'file'; file: { resume(): unknown } } | { type: 'field'; fieldname: string; value: unknown };
