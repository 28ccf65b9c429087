import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  mkdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeZip, type ZipEntry } from '../../test/harness/zip-bytes.ts';
import { extractArchive } from './artifact-extract.ts';

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'baton-extract-'));
  folder = join(root, 'a', 'project');
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const file = (name: string, text = name): ZipEntry => ({ name, text, mode: 0o100644 });
const link = (name: string, target: string): ZipEntry => ({ name, text: target, mode: 0o120777 });

async function extract(entries: ZipEntry[], rename: Record<string, string> = {}): Promise<Awaited<ReturnType<typeof extractArchive>>> {
  const archive = join(root, 'archive.zip');
  writeFileSync(archive, await makeZip(entries, rename));
  return extractArchive(archive, folder, new AbortController().signal);
}

/** What stands beside the archive and beside the folder. */
function outsideOfFolder(): string[] {
  return [...readdirSync(root), ...readdirSync(join(root, 'a'))].filter((name) => !['a', 'archive.zip', 'project'].includes(name));
}

describe('extractArchive', () => {
  it('unpacks files, folders, permissions and links', async () => {
    const entries = [{ name: 'bin/', text: '', mode: 0o40755 }, { ...file('bin/run', 'go'), mode: 0o100755 }, link('run', 'bin/run')];
    expect(await extract(entries)).toEqual({ count: 3, skipped: [] });
    expect(readFileSync(join(folder, 'run'), 'utf8')).toBe('go');
    expect(statSync(join(folder, 'bin/run')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(folder, 'run'))).toBe('bin/run');
  });

  it('replaces what is there, and never writes through a link that is in the place of a file', async () => {
    writeFileSync(join(root, 'victim'), 'untouched');
    symlinkSync(join(root, 'victim'), join(folder, 'out.txt'));
    mkdirSync(join(folder, 'was-folder/x'), { recursive: true });
    writeFileSync(join(folder, 'was-file'), '');
    await extract([file('out.txt', 'new'), file('was-folder', 'file now'), file('was-file/inner', 'folder now')]);
    expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('untouched');
    expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe('new');
    expect(readFileSync(join(folder, 'was-folder'), 'utf8')).toBe('file now');
    expect(readFileSync(join(folder, 'was-file/inner'), 'utf8')).toBe('folder now');
    rmSync(join(root, 'victim'));
  });

  it.each([
    ['..', { xx: '..' }, 'xx/evil'],
    ['an absolute name', { 'x/evil': '//evil' }, 'x/evil'],
    ['a backslash', { 'xx/evil': 'xx\\evil' }, 'xx/evil'],
  ])('refuses %s', async (_what, rename, name) => {
    await expect(extract([file(name)], rename as unknown as Record<string, string>)).rejects.toThrow(/outside of|cannot be read/);
    expect(outsideOfFolder()).toEqual([]);
  });

  it('refuses to go through a link, of its own or of the checkout, and makes nothing on the other side', async () => {
    symlinkSync(join(root, 'a'), join(folder, 'door'));
    await expect(extract([file('door/sub/evil')])).rejects.toThrow('names a place outside of the project');
    await expect(extract([link('gate', '.'), file('gate/evil')])).rejects.toThrow('names a place outside of the project');
    expect(outsideOfFolder()).toEqual([]);
  });

  it('leaves out links that lead out of the folder', async () => {
    const result = await extract([
      link('up', '../other'),
      link('root', '/etc/passwd'),
      link('deep/up', '../../x'),
      link('ok', 'deep/../ok2'),
      file('last'),
    ]);
    expect(result).toEqual({ count: 2, skipped: ['up', 'root', 'deep/up'] });
    expect(existsSync(join(folder, 'last'))).toBe(true);
  });

  it('leaves the repository of the checkout alone', async () => {
    const result = await extract([file('.git/hooks/post-checkout'), file('.GIT/config'), file('sub/.git/config'), file('.gitignore')]);
    expect(result).toEqual({ count: 2, skipped: ['.git/hooks/post-checkout', '.GIT/config'] });
    expect(existsSync(join(folder, '.git'))).toBe(false);
  });

  it('refuses what is damaged, and what is no archive', async () => {
    const archive = join(root, 'archive.zip');
    const bytes = await makeZip([{ ...file('a', 'x'.repeat(1000)), mode: 0o100644 }]);
    const checksum = bytes.lastIndexOf(Buffer.from('504b0102', 'hex')) + 16;
    bytes.writeUInt32LE(1, checksum);
    writeFileSync(archive, bytes);
    await expect(extractArchive(archive, folder, new AbortController().signal)).rejects.toThrow('wrong checksum');
    writeFileSync(archive, 'no archive at all, but long enough to look into it');
    await expect(extractArchive(archive, folder, new AbortController().signal)).rejects.toThrow('cannot be read');
  });

  it('stops when it is told to', async () => {
    const archive = join(root, 'archive.zip');
    writeFileSync(archive, await makeZip([file('a')]));
    await expect(extractArchive(archive, folder, AbortSignal.abort(new Error('canceled')))).rejects.toThrow('canceled');
    expect(readdirSync(folder)).toEqual([]);
  });
});
