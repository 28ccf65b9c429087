import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/dev/runner-protocol-proofs.md'), 'utf8');
const proofs = [...page.matchAll(/\| `(\S+\.test\.ts)`: (.+?) \|$/gm)].map(([, file = '', title = '']) => ({ file, title }));

describe('the proofs of the runner protocol', () => {
  it('are as many as the rows of their tables', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (---|#|agents) /.test(line));
    expect(proofs.length).toBe(rows.length);
    for (let line = 1; line <= 10; line += 1) expect(page).toMatch(new RegExp(`^\\| ${line} \\| .*test\\.ts`, 'm'));
  });

  it('name tests that are there', () => {
    const missing = proofs.filter(
      ({ file, title }) => !existsSync(join(root, file)) || !readFileSync(join(root, file), 'utf8').includes(`'${title}'`),
    );
    expect(missing).toEqual([]);
  });
});
