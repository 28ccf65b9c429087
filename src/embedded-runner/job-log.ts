import { crc32 } from 'node:zlib';
import type { Masker } from './masker.ts';

/** Agents' own limit (runner protocol 13: log size). */
export const defaultOutputLimit = 4 * 1024 * 1024;

const green = '\u001b[32;1m';
const red = '\u001b[31;1m';
const yellow = '\u001b[33;1m';
const cyan = '\u001b[36;1m';
const plain = '\u001b[0;m';

/**
 * The whole log of one job: valid UTF-8, without secrets, not longer than its limit and a notice. It stays in memory until
 * the job is over, because a server may ask for all of it again (runner protocol 6.2: 412).
 */
export class JobLog {
  #masker: Masker;
  readonly #limit: number;
  #bytes = Buffer.alloc(16 * 1024);
  #size = 0;
  #checksum = 0;
  #full = false;

  /** `limit` in bytes. */
  constructor(masker: Masker, limit: number = defaultOutputLimit) {
    this.#masker = masker;
    this.#limit = limit;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** CRC-32 of all bytes so far as the protocol writes it. */
  get checksum(): string {
    return `crc32:${this.#checksum.toString(16).padStart(8, '0')}`;
  }

  /** A copy of the bytes from `from` up to, not including, `to`. */
  slice(from: number, to: number): Buffer {
    return Buffer.from(this.#bytes.subarray(from, Math.min(to, this.#size)));
  }

  /** Hides with another masker from here on. */
  mask(masker: Masker): void {
    this.end();
    this.#masker = masker;
  }

  write(text: string): void {
    if (!this.#full) this.#append(this.#masker.push(text));
  }

  /** A line of the runner's own. */
  line(text: string, colour: 'plain' | 'heading' | 'good' | 'bad' | 'warning' = 'plain'): void {
    const codes = { plain: '', heading: cyan, good: green, bad: red, warning: yellow };
    const code = codes[colour];
    this.write(code === '' ? `${text}\n` : `${code}${text}${plain}\n`);
  }

  /** An entry for bytes of a program; characters may be cut anywhere. Bytes that are no UTF-8 become U+FFFD. */
  entry(): { write(bytes: Uint8Array): void; end(): void } {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      write: (bytes) => {
        if (!this.#full) this.write(decoder.decode(bytes, { stream: true }));
      },
      end: () => this.write(decoder.decode()),
    };
  }

  /** Nothing more comes: gives out what the masker held back. */
  end(): void {
    if (!this.#full) this.#append(this.#masker.end());
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#size + bytes.length <= this.#limit) return this.#store(bytes);
    this.#full = true;
    this.#store(bytes.subarray(0, characterStart(bytes, this.#limit - this.#size)));
    const notice = `The log of this job has reached its limit of ${this.#limit} bytes: the job goes on, but what it says from here on is not kept.`;
    this.#store(Buffer.from(`\n${yellow}${notice}${plain}\n`));
  }

  #store(bytes: Buffer): void {
    const size = this.#size + bytes.length;
    if (size > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(size, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#size);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#size);
    this.#size = size;
    this.#checksum = crc32(bytes, this.#checksum);
  }
}

/** The largest position up to `at` where no character is cut. */
function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
