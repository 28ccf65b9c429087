import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FLUSH, PktLineError, PktLineParser, pktLine, sideBand } from './pkt-line.ts';
import { ciPushOptions, PushRequestError, readPushRequest } from './push-request.ts';
import { ZERO_OID } from './ref-name.ts';

const ONE = '1'.repeat(40);
const TWO = '2'.repeat(40);

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (bytes: Buffer, size = 1000) => readPushRequest(pieces(bytes, size));

it('reads commands, capabilities and options, in whatever pieces they come, and keeps the bytes', async () => {
  const head = Buffer.concat([
    pktLine(`shallow ${ONE}`),
    pktLine(`${ONE} ${TWO} refs/heads/main\0 report-status side-band-64k push-options agent=git/2.39`),
    pktLine(`${ZERO_OID} ${TWO} refs/tags/ü\n`),
    FLUSH,
    pktLine('ci.skip'),
    pktLine('x y\n'),
    FLUSH,
  ]);
  const bytes = Buffer.concat([head, Buffer.from('PACK....')]);
  for (const size of [1, 3, 50, 1000]) {
    const source = pieces(bytes, size);
    const request = await readPushRequest(source);
    expect(request.updates).toEqual([
      { ref: 'refs/heads/main', before: ONE, after: TWO },
      { ref: 'refs/tags/ü', before: ZERO_OID, after: TWO },
    ]);
    expect([...request.capabilities]).toEqual(['report-status', 'side-band-64k', 'push-options', 'agent=git/2.39']);
    expect(request.pushOptions).toEqual(['ci.skip', 'x y']);
    const rest: Uint8Array[] = [];
    for await (const chunk of source) rest.push(chunk);
    expect(Buffer.concat([request.bytes, ...rest])).toEqual(bytes);
  }
});

it('takes the empty push that git sends to try its credentials', async () => {
  expect((await read(FLUSH)).updates).toEqual([]);
});

it('refuses whatever it does not understand, because git might', async () => {
  const command = `${ONE} ${TWO} refs/heads/main\0report-status`;
  const bad = [
    [pktLine('push-cert\0report-status\n'), FLUSH],
    [pktLine(`${ONE} ${TWO} HEAD`), FLUSH],
    [pktLine(`${ONE} ${TWO} refs/heads/../x`), FLUSH],
    [pktLine(`${ONE} ${TWO}`), FLUSH],
    [pktLine(Buffer.from(`${ONE} ${TWO} refs/heads/\xff`, 'latin1')), FLUSH],
    [pktLine(command), pktLine(`${ONE} ${TWO} refs/heads/b\0push-options`), FLUSH],
    [Buffer.from('0001')],
    [Buffer.from('zzzz')],
    [pktLine(command)],
    [Buffer.from('00')],
    [],
  ];
  for (const packets of bad) await expect(read(Buffer.concat(packets)), String(packets[0])).rejects.toThrow(PushRequestError);
});

it('refuses a head without end', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let index = 0; ; index += 1) yield pktLine(`${ONE} ${TWO} refs/heads/${index}`);
  }
  await expect(readPushRequest(endless())).rejects.toThrow('too many refs in one push');
});

it('fails in no other way on any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (garbage, framed) => {
      const bytes = Buffer.concat([framed ? pktLine(garbage) : garbage, FLUSH]);
      await read(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(PushRequestError));
    }),
    { numRuns: 300 },
  );
});

it('cuts what it frames into the same packets again', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.uint8Array({ maxLength: 80 }))), fc.integer({ min: 1, max: 20 }), (packets, size) => {
      const bytes = Buffer.concat(packets.map((packet) => (packet === null ? FLUSH : pktLine(packet))));
      const parser = new PktLineParser();
      const found: (number[] | null)[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        parser.push(bytes.subarray(at, at + size));
        for (let packet = parser.next(); packet !== undefined; packet = parser.next()) found.push(packet === null ? null : [...packet]);
      }
      expect(found).toEqual(packets.map((packet) => (packet === null ? null : [...packet])));
    }),
  );
  expect(() => {
    const parser = new PktLineParser();
    parser.push(Buffer.from('fff9'));
    parser.next();
  }).toThrow(PktLineError);
});

it('splits long messages over several packets of a band', () => {
  const parser = new PktLineParser();
  parser.push(sideBand(2, 'x'.repeat(100_000)));
  const packets = [parser.next(), parser.next(), parser.next()];
  expect(packets.map((packet) => packet?.[0])).toEqual([2, 2, undefined]);
  expect(packets.reduce((sum, packet) => sum + (packet?.length ?? 1) - 1, 0)).toBe(100_000);
});

it('reads what push options say about pipelines', () => {
  expect(ciPushOptions(['ci.skip', 'ci.variable=A=1', 'ci.variable="B=x=y z"', 'ci.variable=', 'ci.variable=no', 'mr.create'])).toEqual({
    skip: true,
    variables: [
      { key: 'A', value: '1' },
      { key: 'B', value: 'x=y z' },
    ],
  });
  expect(ciPushOptions([])).toEqual({ skip: false, variables: [] });
});
