import { PktLineError, PktLineParser } from './pkt-line.ts';
import { isRefName } from './ref-name.ts';
import type { RefUpdate } from './refs.ts';

/** The head of a push: what it wants to change, before the objects. */
export interface PushRequest {
  updates: RefUpdate[];
  /** What both sides may use: `report-status`, `side-band-64k`, `push-options`, … */
  capabilities: Set<string>;
  /** Texts given with `git push -o`. */
  pushOptions: string[];
  /** The bytes that were read, which git must see as well. */
  bytes: Buffer;
}

/** A push with more commands and options than this is refused (about 40,000 refs). */
const MAX_HEAD_BYTES = 4 * 1024 * 1024;

/** A request to receive-pack that is not of git's form. */
export class PushRequestError extends Error {
  override readonly name = 'PushRequestError';
}

/**
 * Reads the head of a push from a request's body and leaves the rest of it unread: commands up to a flush and, where
 * both sides know them, push options up to another. Every line must be of the known form: what this function does not
 * understand would be done by git without having been allowed, as with signed pushes, which we do not offer.
 */
export async function readPushRequest(body: AsyncIterator<Uint8Array>): Promise<PushRequest> {
  const parser = new PktLineParser();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const nextPacket = async () => {
    for (;;) {
      const packet = parser.next();
      if (packet !== undefined) return packet;
      const { value, done } = await body.next();
      if (done) throw new PushRequestError('the request ends in the middle of its commands');
      chunks.push(value);
      size += value.length;
      if (size - value.length > MAX_HEAD_BYTES) throw new PushRequestError('too many refs in one push; push fewer at a time');
      parser.push(value);
    }
  };

  try {
    const request: PushRequest = { updates: [], capabilities: new Set(), pushOptions: [], bytes: Buffer.alloc(0) };
    for (let line = await nextPacket(); line !== null; line = await nextPacket()) readCommand(line, request);
    if (request.capabilities.has('push-options')) {
      for (let line = await nextPacket(); line !== null; line = await nextPacket()) request.pushOptions.push(chomp(line.toString('utf8')));
    }
    return { ...request, bytes: Buffer.concat(chunks) };
  } catch (error) {
    if (error instanceof PktLineError) throw new PushRequestError(error.message, { cause: error });
    throw error;
  }
}

/** `<before> <after> <ref>`, the first with a NUL and the capabilities behind it; or `shallow <oid>` from a shallow clone. */
function readCommand(packet: Buffer, request: PushRequest): void {
  const [command = '', capabilities] = decodeLine(packet).split('\0', 2);
  if (capabilities !== undefined) {
    // Git would take capabilities from any command; only the first may have them, so that both sides read the same.
    if (request.updates.length > 0) throw new PushRequestError('only the first command may name capabilities');
    for (const capability of chomp(capabilities).split(' ')) if (capability !== '') request.capabilities.add(capability);
  }
  const line = chomp(command);
  if (/^shallow [0-9a-f]{40,64}$/.test(line)) return;
  const found = /^(?<before>[0-9a-f]{40}|[0-9a-f]{64}) (?<after>[0-9a-f]{40}|[0-9a-f]{64}) (?<ref>.+)$/.exec(line)?.groups;
  const { before = '', after = '', ref = '' } = found ?? {};
  if (!isRefName(ref)) throw new PushRequestError(`"${line.slice(0, 200)}" is not a command that can be pushed here`);
  request.updates.push({ ref, before, after });
}

/** A name that is not UTF-8 would reach the checks as another name than git's. */
function decodeLine(packet: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(packet);
  } catch (cause) {
    throw new PushRequestError('names of refs must be UTF-8', { cause });
  }
}

function chomp(line: string): string {
  return line.endsWith('\n') ? line.slice(0, -1) : line;
}

/** What the options of a push say about its pipelines. */
export interface CiPushOptions {
  /** `ci.skip`: make no pipeline. */
  skip: boolean;
  /** `ci.variable="KEY=value"`: variables of the pipeline. */
  variables: { key: string; value: string }[];
}

/** Reads `git push -o ci.skip -o ci.variable="KEY=value"`. Other options are none of ours. */
export function ciPushOptions(options: readonly string[]): CiPushOptions {
  const variables: CiPushOptions['variables'] = [];
  for (const option of options) {
    const found = /^ci\.variable=(?<quote>"?)(?<key>\w+)=(?<value>.*)\k<quote>$/s.exec(option)?.groups;
    if (found !== undefined) variables.push({ key: found['key'] ?? '', value: found['value'] ?? '' });
  }
  return { skip: options.includes('ci.skip'), variables };
}
