import { expect, it } from 'vitest';
import { BASIC_CHALLENGE, parseBasicAuth } from './basic-auth.ts';
import { parseGitUrl } from './git-url.ts';

it('recognises what git asks for', () => {
  const service = (url: string) => parseGitUrl(url);
  expect(service('/g/p.git/info/refs?service=git-upload-pack')).toEqual({
    kind: 'service',
    projectPath: 'g/p',
    service: 'git-upload-pack',
    advertise: true,
  });
  expect(service('/g/sub/p%2Dx.git/git-receive-pack')).toEqual({
    kind: 'service',
    projectPath: 'g/sub/p-x',
    service: 'git-receive-pack',
    advertise: false,
  });
  expect(service('/g/p/info/refs?service=git-receive-pack')).toEqual({
    kind: 'redirect',
    projectPath: 'g/p',
    location: '/g/p.git/info/refs?service=git-receive-pack',
  });
  for (const dumb of ['/g/p.git/info/refs', '/g/p.git/HEAD', '/g/p.git/objects/12/34', '/g/p.git/info/refs?service=git-upload-archive']) {
    expect(service(dumb), dumb).toMatchObject({ kind: 'refused', projectPath: 'g/p' });
  }
  for (const other of ['/', '/g/p', '/g/p.git', '/p.git/info/refs?service=git-upload-pack', '/api/v4/x', '/g/p/HEAD', '/%ff/p.git/HEAD']) {
    expect(service(other), other).toBeNull();
  }
});

it('reads Basic credentials', () => {
  const header = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  expect(parseBasicAuth(header('gitlab-ci-token:glcbt-1:2'))).toEqual({ user: 'gitlab-ci-token', password: 'glcbt-1:2' });
  expect(parseBasicAuth(header('ü:'))).toEqual({ user: 'ü', password: '' });
  expect(parseBasicAuth(header('a:b').replace('Basic', 'basic '))).toEqual({ user: 'a', password: 'b' });
  for (const bad of [undefined, '', 'Basic', 'Basic !!!', header('no colon'), 'Bearer abc', header('a:' + 'x'.repeat(9000))]) {
    expect(parseBasicAuth(bad)).toBeNull();
  }
  expect(BASIC_CHALLENGE.headers['WWW-Authenticate']).toBe('Basic realm="Baton"');
});
