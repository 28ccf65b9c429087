import { expect, it } from 'vitest';
import { forbidden } from './errors.ts';
import { addressKey, FailureLimit, forWrongToken } from './failure-limit.ts';

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0DB8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('%s counts as %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key);
});

it('counts wrong tokens alone, by address', () => {
  const limit = new FailureLimit(1);
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  const wrong = forWrongToken(forbidden());
  expect(limit.answerTo(wrong, '10.0.0.1', at)).toBe(wrong);
  const refused = limit.answerTo(wrong, '10.0.0.1', at);
  expect(refused).toMatchObject({
    status: 429,
    body: { message: { error: 'This endpoint has been requested too many times. Try again later.' } },
    headers: { 'Retry-After': '60', 'RateLimit-ResetTime': 'Fri, 02 Jan 2026 03:05:05 GMT' },
  });
  expect(limit.answerTo(wrong, '10.0.0.2', at)).toBe(wrong);
  const other = forbidden();
  expect(limit.answerTo(other, '10.0.0.1', at)).toBe(other);
});
