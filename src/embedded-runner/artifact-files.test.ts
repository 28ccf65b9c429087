import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findArtifactFiles } from './artifact-files.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-files-'));
  for (const path of [
    'a.txt',
    'b.log',
    '.hidden',
    'dist/app.js',
    'dist/app.js.map',
    'dist/deep/x.js',
    'dist/deep/.keep',
    '.git/config',
    'sp [1].txt',
  ]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
  mkdirSync(join(folder, 'empty'));
  symlinkSync('dist', join(folder, 'way'));
  symlinkSync('/etc', join(folder, 'etc'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function found(paths: string[], exclude: string[] = []): Promise<string[]> {
  return (await findArtifactFiles(folder, { paths, exclude })).files.map((file) => file.path);
}

const dist = ['dist', 'dist/app.js', 'dist/app.js.map', 'dist/deep', 'dist/deep/.keep', 'dist/deep/x.js'];

describe('findArtifactFiles', () => {
  it.each<[string[], string[]]>([
    [['a.txt'], ['a.txt']],
    [['dist/'], dist],
    [['./dist'], dist],
    [['dist/**'], dist.slice(1)],
    [
      ['*.txt', 'a.*'],
      ['a.txt', 'sp [1].txt'],
    ],
    [['**/*.js'], ['dist/app.js', 'dist/deep/x.js']],
    [['dist/*'], dist.slice(1)],
    [['{a,b}.{txt,log}'], ['a.txt', 'b.log']],
    [['sp \\[1\\].txt'], ['sp [1].txt']],
    [['empty'], ['empty']],
    [['.h*'], ['.hidden']],
    [['way'], ['way']],
    [['way/app.js', 'etc/passwd', 'way/*', 'etc/*'], []],
    [['.git/config'], ['.git/config']],
  ])('%j', async (paths, files) => {
    expect(await found(paths)).toEqual(files);
  });

  it('takes everything but .git for the folder itself', async () => {
    const all = ['.hidden', 'a.txt', 'b.log', ...dist, 'empty', 'etc', 'sp [1].txt', 'way'];
    for (const path of ['.', './', folder, '**', '*']) expect([path, await found([path])]).toEqual([path, all]);
  });

  it('takes away what is excluded, and nothing else', async () => {
    expect(await found(['dist'], ['dist/**/*.js'])).toEqual(['dist', 'dist/app.js.map', 'dist/deep', 'dist/deep/.keep']);
    expect(await found(['dist'], ['dist/**'])).toEqual(['dist']);
    expect(await found(['dist'], ['*.js'])).toEqual(dist);
  });

  it('stays inside of the folder, and says what it leaves out', async () => {
    const { files, warnings } = await findArtifactFiles(folder, { paths: ['../*', '/etc/passwd', 'none', 'a.txt'] });
    expect(files.map((file) => file.path)).toEqual(['a.txt']);
    expect(warnings).toEqual([
      "../*: is not inside of the project's folder, so it is left out",
      "/etc/passwd: is not inside of the project's folder, so it is left out",
      'none: no matching files',
    ]);
  });

  it('cannot list untracked files where there is no repository', async () => {
    await expect(findArtifactFiles(folder, { paths: [], untracked: true })).rejects.toThrow('git could not list the untracked files');
  });
});
