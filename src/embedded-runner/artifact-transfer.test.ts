import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPeerRunner, withoutColours, type PeerRunner } from '../../test/harness/peer-runner.ts';
import { makeZip, readZip } from '../../test/harness/zip-bytes.ts';
import type { JobArtifact } from '../runner-api/wire.ts';

let place: PeerRunner;

beforeEach(async () => {
  place = await startPeerRunner();
});
afterEach(() => place[Symbol.asyncDispose]());

const archive: JobArtifact = { name: null, paths: ['out'], when: 'on_success', artifact_type: 'archive', artifact_format: 'zip' };
const script = [
  'mkdir -p out/deep && echo one > out/one.txt && echo two > out/deep/two.txt && chmod 755 out/one.txt && ln -s one.txt out/link',
];

describe('uploads', () => {
  it('send an archive with folders, permissions and links, its name and its time to live', async () => {
    const artifacts = [{ ...archive, name: 'bundle-$CI', expire_in: '1 week', exclude: ['out/**/two.txt'] }];
    const { job, end } = await place.run({ script, more: { artifacts } });
    expect(end.state).toBe('success');
    const [upload] = job.uploads;
    expect(upload).toMatchObject({
      filename: 'bundle-true.zip',
      query: { artifact_format: 'zip', artifact_type: 'archive', expire_in: '1 week' },
    });
    const [call] = place.peer.callsLike(/^POST \/jobs\/\d+\/artifacts/);
    expect(call?.path).toMatch(/\?artifact_format=zip&artifact_type=archive&expire_in=1\+week$/);
    expect(call?.headers).toMatchObject({ 'job-token': job.payload.token, 'transfer-encoding': 'chunked' });
    expect(call?.headers).not.toHaveProperty('content-length');
    const entries = await readZip(upload?.bytes ?? Buffer.alloc(0));
    expect(entries.map(({ name, mode, text }) => [name, mode.toString(8), text])).toEqual([
      ['out/', expect.stringMatching(/^40/), ''],
      ['out/deep/', expect.stringMatching(/^40/), ''],
      ['out/link', expect.stringMatching(/^12/), 'one.txt'],
      ['out/one.txt', '100755', 'one\n'],
    ]);
  });

  it('send reports as they are named, gzip ones with a member for each file', async () => {
    const { job } = await place.run({
      script: ['mkdir r && echo "<a/>" > r/a.xml && echo "<b/>" > r/b.xml && echo K=V > build.env && echo "{}" > sast.json'],
      more: {
        artifacts: [
          { name: 'junit.xml', paths: ['r/*.xml'], when: 'always', artifact_type: 'junit', artifact_format: 'gzip' },
          { name: '', paths: ['build.env'], when: 'always', artifact_type: 'dotenv', artifact_format: 'gzip' },
          { name: null, paths: ['sast.json'], when: 'always', artifact_type: 'sast', artifact_format: 'raw' },
        ],
      },
    });
    expect(job.uploads.map((upload) => upload.filename)).toEqual(['junit.xml.gz', '.env.gz', 'gl-sast-report.json']);
    const [junit, dotenv, sast] = job.uploads;
    const members = (junit?.bytes.toString('latin1') ?? '').split('\u001f\u008b').slice(1);
    expect(members.map((member) => member.slice(8).split('\0').slice(0, 2))).toEqual([
      ['a.xml', 'r/a.xml'],
      ['b.xml', 'r/b.xml'],
    ]);
    expect(gunzipSync(junit?.bytes ?? '').toString()).toBe('<a/>\n<b/>\n');
    expect(gunzipSync(dotenv?.bytes ?? '').toString()).toBe('K=V\n');
    expect(sast?.bytes.toString()).toBe('{}\n');
  });

  it('happen as the result asks for', async () => {
    const artifacts: JobArtifact[] = (['on_success', 'on_failure', 'always'] as const).map((when) => ({ ...archive, name: when, when }));
    const good = await place.run({ script, more: { artifacts } });
    expect(good.job.uploads.map((upload) => upload.filename)).toEqual(['on_success.zip', 'always.zip']);
    const bad = await place.run({ script: [...script, 'exit 7'], more: { artifacts } });
    expect(bad.job.uploads.map((upload) => upload.filename)).toEqual(['on_failure.zip', 'always.zip']);
    expect(bad.end).toMatchObject({ state: 'failed', exit_code: 7 });
  });

  it('of nothing are only warned about', async () => {
    const { job, end, log } = await place.run({
      script: ['true'],
      more: { artifacts: [{ ...archive, paths: ['none/*', '/etc/passwd', '../x'] }] },
    });
    expect(end.state).toBe('success');
    expect(job.uploads).toEqual([]);
    expect(log).toContain('none/*: no matching files');
    expect(log).toContain('/etc/passwd: is not inside');
  });

  it.each([
    [400, 3],
    [503, 6],
    [500, 3],
    [413, 1],
    [403, 1],
  ])('that are answered with %i are tried %i times, and fail the job', async (status, times) => {
    place.peer.intercept = (call) =>
      call.method === 'POST' && call.path.includes('/artifacts') ? { status, body: 'Invalid Format' } : null;
    const { end, log } = await place.run({ script, more: { artifacts: [archive] } });
    expect(end).toMatchObject({ state: 'failed', failure_reason: 'script_failure', exit_code: 1 });
    expect(place.peer.callsLike(/^POST .*artifacts/)).toHaveLength(times);
    if (status === 400) expect(log).toContain('Invalid Format');
  });

  it('go through when the trouble passes, also that of the connection', async () => {
    let tries = 0;
    place.peer.intercept = (call, request) => {
      if (call.method !== 'POST' || !call.path.includes('/artifacts') || ++tries === 3) return null;
      request.socket.destroy();
      return 'gone';
    };
    const { job, end } = await place.run({ script, more: { artifacts: [archive] } });
    expect(end.state).toBe('success');
    expect(job.uploads).toHaveLength(1);
    expect((await readZip(job.uploads[0]?.bytes ?? Buffer.alloc(0))).length).toBe(5);
  });

  it('go to another host when the server says so', async () => {
    await using other = await startPeerRunner();
    const { peer } = place;
    peer.intercept = (call) =>
      call.path.includes('/artifacts') ? { status: 307, headers: { Location: `${other.peer.url}/anything/else` } } : null;
    other.peer.intercept = (call) => (call.path.includes('/artifacts') ? { status: 201 } : null);
    const { end, job } = await place.run({ script, more: { artifacts: [archive] } });
    expect(end.state).toBe('success');
    expect(other.peer.callsLike(new RegExp(`^POST /jobs/${job.payload.id}/artifacts`))).toHaveLength(1);
  });

  it('of what git does not know include what is ignored, but not .git', async () => {
    const { job } = await place.run({
      script: ['echo new > new.txt; mkdir .cache; echo x > .cache/x; echo ignored.log > .gitignore; echo y > ignored.log'],
      more: { artifacts: [{ ...archive, paths: [], untracked: true }] },
    });
    const names = (await readZip(job.uploads[0]?.bytes ?? Buffer.alloc(0))).map((entry) => entry.name);
    expect(names).toEqual(['.cache/x', '.gitignore', 'ignored.log', 'new.txt']);
  });
});

describe('downloads', () => {
  const dependency = { id: 7, name: 'compile', token: 'glcbt-dependency', artifacts_file: { filename: 'artifacts.zip', size: 1 } };
  const read = { script: ['cat dist/app.txt; stat -c %a dist/app.txt'], more: { dependencies: [dependency] } };

  it('unpack the archives of other jobs before the script runs', async () => {
    place.peer.archives.set(7, await makeZip([{ name: 'dist/app.txt', text: 'built\n', mode: 0o100750 }]));
    const { end, log } = await place.run(read);
    expect(end.state).toBe('success');
    expect(withoutColours(log)).toContain('built\n750\n');
    const [call] = place.peer.callsLike(/^GET \/jobs\/7\/artifacts\?direct_download=true$/);
    expect(call?.headers['job-token']).toBe('glcbt-dependency');
    expect(log).not.toContain('glcbt-dependency');
  });

  it('leave out jobs without an archive', async () => {
    const { artifacts_file: _none, ...without } = dependency;
    const { end } = await place.run({ script: ['true'], more: { dependencies: [without] } });
    expect(end.state).toBe('success');
    expect(place.peer.callsLike(/^GET/)).toEqual([]);
  });

  it.each([401, 403, 404])('that are answered with %i fail the job at once', async (status) => {
    place.peer.intercept = (call) => (call.method === 'GET' ? { status } : null);
    const { end } = await place.run(read);
    expect(end).toMatchObject({ state: 'failed', failure_reason: 'script_failure' });
    expect(place.peer.callsLike(/^GET/)).toHaveLength(1);
  });

  it('are tried again without the detour after any other trouble', async () => {
    place.peer.archives.set(7, await makeZip([{ name: 'dist/app.txt', text: 'built\n', mode: 0o100644 }]));
    place.peer.intercept = (call) => (call.path.includes('direct_download') ? { status: 500 } : null);
    expect((await place.run(read)).end.state).toBe('success');
    expect(place.peer.callsLike(/^GET/).map((call) => call.path)).toEqual(['/jobs/7/artifacts?direct_download=true', '/jobs/7/artifacts']);
  });

  it('follow to the object store, which never sees the token', async () => {
    const bytes = await makeZip([{ name: 'dist/app.txt', text: 'stored\n', mode: 0o100644 }]);
    const seen: IncomingHttpHeaders[] = [];
    const store = createServer((request, response) => {
      seen.push(request.headers);
      response.end(bytes);
    });
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(store.address() as AddressInfo).port}/bucket/key?signature=x`;
    place.peer.intercept = (call) => (call.method === 'GET' ? { status: 302, headers: { Location: location } } : null);
    const { log } = await place.run(read);
    store.closeAllConnections();
    store.close();
    expect(log).toContain('stored\n');
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toHaveProperty('job-token');
  });

  it('that are cut short are tried again', async () => {
    const bytes = await makeZip([{ name: 'dist/app.txt', text: 'whole\n', mode: 0o100644 }]);
    place.peer.archives.set(7, bytes);
    let tries = 0;
    place.peer.intercept = (call, request) => {
      if (call.method !== 'GET' || ++tries > 1) return null;
      request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\npart');
      return 'gone';
    };
    expect((await place.run(read)).log).toContain('whole\n');
  });

  it('that try to get out of the folder fail the job', async () => {
    place.peer.archives.set(7, await makeZip([{ name: 'xx/evil.txt', text: 'x', mode: 0o100644 }], { 'xx/evil': '../evil' }));
    const { end, log } = await place.run(read);
    expect(end.state).toBe('failed');
    expect(log).not.toContain('$ cat dist');
  });
});
