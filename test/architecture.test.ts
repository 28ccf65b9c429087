import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

/** Room → rank, from the table of the page. */
const ranks = new Map<string, number>();
for (const [, rank, rooms] of page.matchAll(/^\| (\d+) \| ([^|]+) \|/gm)) {
  for (const [, room] of (rooms ?? '').matchAll(/`([\w-]+)`/g)) ranks.set(room ?? '', Number(rank));
}

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
);

function roomOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '');
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, 'src', file), 'utf8');
  const found = [...text.matchAll(/(?:from|import|declare module)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map((match) => match[1] ?? '');
  return found.map((target) => normalize(join(dirname(file), target)));
}

function complaint(file: string, target: string): string | null {
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === to || target.startsWith('../')) return null;
  if (from === 'embedded-runner')
    return to === 'lib' || target === 'runner-api/wire.ts' ? null : `${file} may import lib and runner-api/wire.ts only, not ${target}`;
  if (to === 'embedded-runner') return from === 'cli' ? null : `${file} must not import ${target}`;
  const [own, other] = [ranks.get(from), ranks.get(to)];
  if (own === undefined) return `${from} is not in the table of ARCHITECTURE.md`;
  return other !== undefined && other < own ? null : `${file} (rank ${own}) must not import ${target} (rank ${other})`;
}

it('knows all rooms', () => {
  const rooms = new Set(files.map(roomOf));
  rooms.delete('embedded-runner');
  expect([...rooms].filter((room) => !ranks.has(room))).toEqual([]);
});

it('lets rooms import lower ranks only', () => {
  const complaints = files.flatMap((file) => importsOf(file).map((target) => complaint(file, target)));
  expect(complaints.filter((text) => text !== null)).toEqual([]);
});

it('keeps the dialect inside db', () => {
  const outside = files.filter(
    (file) => roomOf(file) !== 'db' && /dialect\.name|'postgres'|'sqlite'/.test(readFileSync(join(root, 'src', file), 'utf8')),
  );
  expect(outside).toEqual([]);
});
