import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeZip, type ZipEntry } from '../../test/harness/zip-bytes.ts';
import { extractArchive, type Extracted } from './artifact-extract.ts';

let top: string;
let folder: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'baton-zip-')));
  folder = join(top, 'project');
  mkdirSync(folder);
  mkdirSync(join(top, 'outside'));
  writeFileSync(join(top, 'outside', 'victim.txt'), 'untouched');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

async function unpack(entries: ZipEntry[], rename: Record<string, string> = {}): Promise<Extracted> {
  const file = join(top, 'archive.zip');
  writeFileSync(file, await makeZip(entries, rename));
  return extractArchive(file, folder, new AbortController().signal);
}

function file(name: string, text = 'evil'): ZipEntry {
  return { name, text, mode: 0o100644 };
}

function link(name: string, target: string): ZipEntry {
  return { name, text: target, mode: 0o120777 };
}

function expectUntouched(): void {
  expect(readdirSync(top).filter((name) => name !== 'archive.zip')).toEqual(['outside', 'project']);
  expect(readdirSync(join(top, 'outside'))).toEqual(['victim.txt']);
  expect(readFileSync(join(top, 'outside', 'victim.txt'), 'utf8')).toBe('untouched');
}

describe('an archive', () => {
  it.each([
    ['another folder of the archive', [{ name: 'real/', text: '', mode: 0o40755 }, link('way', 'real'), file('way/evil')]],
    ['a place that is outside for the file system only', [link('a/b/c', '../..'), link('a/b/c/x', '../..'), file('a/b/c/x/evil')]],
    [
      'a target that leaves the folder through another link',
      [link('a/b/c', '../..'), link('way', 'a/b/c/../outside'), file('way/victim.txt')],
    ],
  ])('writes nothing through a link of its own to %s', async (_what, entries) => {
    await expect(unpack(entries)).rejects.toThrow('outside of the project');
    expectUntouched();
  });

  it('replaces a folder by a file and a file by a folder', async () => {
    mkdirSync(join(folder, 'was-folder', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'was-file'), '');
    await unpack([file('was-folder', 'now a file'), file('was-file/inner', 'now inside')]);
    expect(readFileSync(join(folder, 'was-folder'), 'utf8')).toBe('now a file');
    expect(readFileSync(join(folder, 'was-file', 'inner'), 'utf8')).toBe('now inside');
  });

  it.each(['.git/hooks/post-checkout', '.GIT/config', './.git/config'])('plants nothing as %s', async (name) => {
    const { skipped } = await unpack([file(name.startsWith('./') ? `x/${name.slice(2)}` : name)], { 'x/.git/config': './.git/config' });
    expect(skipped).toHaveLength(1);
    expect(existsSync(join(folder, '.git'))).toBe(false);
  });

  it('gives no special permissions', async () => {
    await unpack([{ name: 'tool', text: '#!/bin/sh', mode: 0o106755 }]);
    expect(lstatSync(join(folder, 'tool')).mode & 0o7777).toBe(0o755);
  });
});
