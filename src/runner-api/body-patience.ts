import type { Readable } from 'node:stream';
import { HttpError } from '../http/errors.ts';
import type { App, Part } from '../http/route.ts';
import { patiently, type Patience } from '../lib/patience.ts';

declare module '../http/route.ts' {
  interface App {
    /** How long agents may take over the body of a log or an artifact. */
    bodyPatience: Patience;
  }
}

/** A minute of nothing is a broken line; agents themselves give an upload up after an hour (runner protocol 13). */
export const agentPatience: Patience = { idleMs: 60_000, wholeMs: 65 * 60_000 };

/** 408, which agents take for a passing trouble and send again. */
function tooSlow(): HttpError {
  return new HttpError(408, { message: '408 Request Timeout' });
}

/** The chunks of a body, which stays open when the reader stops, because an answer has to be sent on its connection. Throws 408. */
export function chunksOf(app: App, body: Readable): AsyncIterable<Buffer> {
  return patiently(body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>, app.bodyPatience, tooSlow);
}

/** The parts of a body. Throws 408 when the next one does not come; the bytes of a file are waited for by who reads them. */
export function partsInTime(app: App, parts: AsyncIterable<Part>): AsyncIterable<Part> {
  return patiently(parts, app.bodyPatience, tooSlow);
}
