import { expect, it } from 'vitest';
import { trailersOf } from './trailers.ts';

it('reads the last paragraph of a message', () => {
  const message = 'Title\n\nBody: not a trailer\n\nSigned-off-by: Ada <a@example.com>\nReviewed-by : Bo\n and Cy\nSigned-off-by: Di\n';
  expect(trailersOf(message)).toEqual([
    { key: 'Signed-off-by', value: 'Ada <a@example.com>' },
    { key: 'Reviewed-by', value: 'Bo and Cy' },
    { key: 'Signed-off-by', value: 'Di' },
  ]);
});

it.each(['', 'fix: a title', 'Title\n\nSome text\nand: more', 'Title\n\nKey: value\n\nLast words\n', 'Title\n\n indented: first'])(
  'finds none in %j',
  (message) => expect(trailersOf(message)).toEqual([]),
);

it('takes long messages in no time', () => {
  const begin = performance.now();
  expect(trailersOf(`Title\n\n${'a'.repeat(1_000_000)}`)).toEqual([]);
  expect(trailersOf(`Title${'\n '.repeat(500_000)}\n\na: b`)).toHaveLength(1);
  expect(performance.now() - begin).toBeLessThan(1000);
});
