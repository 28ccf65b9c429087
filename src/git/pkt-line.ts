/** Git's framing: four hexadecimal digits that count themselves and what follows; `0000` ends a section. */

/** The end of a section. */
export const FLUSH = Buffer.from('0000');

/** The most that a packet can carry. */
const MAX_PAYLOAD = 65_516;

/** Bytes that are not framed as they should be. */
export class PktLineError extends Error {
  override readonly name = 'PktLineError';
}

export function pktLine(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

/** `payload` on one band of a multiplexed answer, in as many packets as it takes. Bands: 1 data, 2 messages, 3 fatal. */
export function sideBand(band: 1 | 2 | 3, payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload);
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += MAX_PAYLOAD - 1) {
    packets.push(pktLine(Buffer.concat([Buffer.of(band), bytes.subarray(at, at + MAX_PAYLOAD - 1)])));
  }
  return Buffer.concat(packets);
}

/** A packet's payload, or null for a flush. */
type Packet = Buffer | null;

/** Cuts a stream of bytes into packets, whatever pieces it comes in. */
export class PktLineParser {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
  }

  /** The next packet; undefined when it has not come whole. Throws `PktLineError` for what is no packet. */
  next(): Packet | undefined {
    if (this.#rest.length < 4) return undefined;
    const digits = this.#rest.toString('latin1', 0, 4);
    const length = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
    if (length === 0) {
      this.#rest = this.#rest.subarray(4);
      return null;
    }
    if (length < 4 || length > MAX_PAYLOAD + 4) throw new PktLineError(`"${digits}" is not the length of a packet`);
    if (this.#rest.length < length) return undefined;
    const payload = this.#rest.subarray(4, length);
    this.#rest = this.#rest.subarray(length);
    return payload;
  }

  /** Bytes that have not been given out as packets. */
  get rest(): Buffer {
    return this.#rest;
  }
}
