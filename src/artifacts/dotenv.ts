import { invalid } from '../http/errors.ts';
import type { DotenvVariable } from '../pipelines/dotenv-store.ts';
import { gzipMembers, GzipTooLarge, NotGzip } from './gzip-members.ts';

/** Bytes of a report, and variables in it, as in GitLab (runner protocol 8.2). */
const mostBytes = 5 * 1024;
const mostVariables = 20;
/** A report that is allowed is not longer than this when it is packed, however its headers look. */
const mostPacked = 64 * 1024;

/** A dotenv report as it came, and what is in it. */
export interface DotenvReport {
  packed: Buffer;
  variables: DotenvVariable[];
}

/** Reads a dotenv report that is being uploaded. Throws 400 with the contract's messages for one that cannot be used. */
export async function readDotenv(file: AsyncIterable<Buffer>): Promise<DotenvReport> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > mostPacked) throw tooBig();
    chunks.push(chunk);
  }
  const packed = Buffer.concat(chunks);
  return { packed, variables: parseDotenv(unpack(packed)) };
}

function unpack(packed: Buffer): Buffer[] {
  try {
    return gzipMembers(packed, mostBytes).map((member) => member.bytes);
  } catch (error) {
    if (error instanceof GzipTooLarge) throw tooBig();
    if (error instanceof NotGzip) throw invalidFormat();
    throw error;
  }
}

function tooBig(): Error {
  return invalid(`Dotenv Artifact Too Big. Maximum Allowable Size: ${mostBytes}`);
}

function invalidFormat(): Error {
  return invalid('Invalid Format');
}

/**
 * Variables of one or more files, each name once with its last value. A line is `KEY=VALUE` with spaces around both left out; quotes
 * and references stay as they are. Throws 400 for any other line, an empty one too, and for too many variables.
 */
export function parseDotenv(files: readonly Uint8Array[]): DotenvVariable[] {
  const values = new Map<string, string>();
  for (const file of files) {
    const lines = textOf(file).split('\n');
    // What follows the last line end is no line.
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) {
      const at = line.indexOf('=');
      if (at === -1 || line.includes('\0')) throw invalidFormat();
      const key = line.slice(0, at).trim();
      if (!/^\w+$/.test(key)) throw invalid("Validation failed: Key can contain only letters, digits and '_'.");
      values.set(key, line.slice(at + 1).trim());
    }
  }
  if (values.size > mostVariables) throw invalid(`Dotenv files cannot have more than ${mostVariables} variables`);
  return [...values].map(([key, value]) => ({ key, value }));
}

/** UTF-8, or UTF-16 with its mark, as PowerShell writes it. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidFormat();
  }
}
