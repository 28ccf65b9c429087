import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';

import { compile } from './compile.ts';

/** A quarter of the largest file: enough to tell work that grows faster than the text. */
const largest = 512 * 1024;

/** The second that no file may take, as processor time in milliseconds; the files here are a quarter of the largest, to leave room on busy machines. */
const bound = 1000;

function repeat(part: string, before = '', after = ''): string {
  return before + part.repeat(Math.floor((largest - before.length - after.length) / part.length)) + after;
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');
}

/** As many numbered lines as fit into a file. */
function fill(line: (index: number) => string, before = ''): string {
  const parts = [before];
  for (let size = before.length, index = 0; ; index++) {
    const next = `${line(index)}\n`;
    size += next.length;
    if (size > largest) return parts.join('');
    parts.push(next);
  }
}

/** Compiles and asks for the merged text; returns the messages of errors and the processor time. */
function run(text: string): { messages: string[]; time: number } {
  const start = process.cpuUsage();
  const compiled = compile(text, { file: 'f' });
  const messages = compiled.ok ? [] : compiled.errors.map(({ message }) => message);
  if (compiled.ok) expect(compiled.mergedYaml.length).toBeGreaterThan(0);
  const { user, system } = process.cpuUsage(start);
  return { messages, time: (user + system) / 1000 };
}

const job = 'x: {script: x}\n';

describe('hostile files', () => {
  it.each([
    '[',
    '{',
    '- ',
    '? ',
    ': ',
    '[{',
    '[? ',
    '-\n',
    '?\n',
    '#\n',
    ',',
    "'",
    '"',
    '\'"',
    '!a ',
    '&a ',
    '*',
    '%Y\n',
    '\t',
    ' ',
    '\n',
    '\r\n',
    'a: b: c\n',
    '- a\nb: c\n',
    'a\n',
    '"a": ',
    '|\n',
    '---\n',
    '--- a\n',
    '...\n',
    '  a:\n b:\n',
    'a ',
    '\ufeff',
    '\u2028',
    '@',
    '`',
  ])('a file of %j alone', (part) => {
    const { messages, time } = run(repeat(part));
    expect(messages.length).toBeGreaterThan(0);
    expect(time).toBeLessThan(bound);
  });

  it.each([
    ['list items', repeat('a,', 'x: {script: [', ']}')],
    ['flow entries', repeat('a: b,', 'x: {script: x}\n.a: {', '}')],
    ['equal keys', repeat('a: b\n', job)],
    ['keys', fill((index) => `.k${index}: 1`, job)],
    ['anchors', fill((index) => `.k${index}: &a${index} 1`, job)],
    ['aliases', fill((index) => `.k${index}: *a`, `${job}.a: &a 1\n`)],
    ['nested keys', fill((index) => `${' '.repeat(index)}a:`, job)],
    ['lines of a plain scalar', repeat('b\n ', `${job}.a: `)],
    ['lines of a block', repeat(' x\n', `${job}.a: |\n`)],
    ['empty lines of a block', repeat('\n', `${job}.a: |\n`)],
    ['escapes', repeat('\\n', `${job}.a: "`, '"')],
    ['jobs', fill((index) => `j${index}: {script: x}`)],
    ['visible keys that are no jobs', fill((index) => `j${index}: x`)],
    ['unknown keys of a job', fill((index) => `  k${index}: x`, 'x:\n  script: x\n')],
    ['wrong variables', fill((index) => `  k${index}: []`, `${job}variables:\n`)],
    ['wrong services', repeat('{a: b},', 'x: {script: x, services: [', ']}')],
    ['tags', repeat('t,', 'x: {script: x, tags: [', ']}')],
    ['equal needs', repeat('x,', `${job}y: {script: x, needs: [`, ']}')],
    [
      'jobs in a ring of needs',
      fill((index) => `j${index}: {script: x, needs: [j${index === 0 ? 10_000 : index - 1}]}`)
        .split('\n')
        .slice(0, 10_001)
        .join('\n'),
    ],
    ['jobs in a chain of needs', fill((index) => `j${index}: {script: x${index > 0 ? `, needs: [j${index - 1}]` : ''}}`)],
    ['keys in a chain of extends', fill((index) => `.j${index}: {extends: .j${index + 1}}`, job)],
  ])('many %s', (_, text) => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(largest);
    expect(run(text).time).toBeLessThan(bound);
  });

  it.each([
    ['aliases of aliases', `.a0: &a0 [x,x,x,x,x,x,x,x,x]\n${lines(30, (i) => `.a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)}${job}`],
    ['aliases of a long text', fill((i) => `.j${i}: *s`, `${job}.s: &s ${'x'.repeat(300_000)}\n`)],
    [
      'aliases of deep lists',
      `.a0: &a0 ${'['.repeat(90)}${']'.repeat(90)}\n${lines(1000, (i) => `.a${i + 1}: &a${i + 1} [[[[*a${i}]]]]`)}${job}`,
    ],
    ['merge keys', fill((i) => `.b${i}: {<<: *a}`, `${job}.a: &a\n${lines(5000, (i) => `  k${i}: x`)}`)],
    ['extends of long scripts', fill((i) => `j${i}: {extends: .b}`, `.b:\n  script:\n${lines(1000, () => '    - a')}`)],
    [
      'extends of many variables',
      fill((i) => `j${i}: {extends: .b, variables: {A: x}}`, `.b:\n  script: x\n  variables:\n${lines(5000, (i) => `    V${i}: x`)}`),
    ],
    [
      'extends of many bases',
      lines(10, (l) =>
        lines(
          100,
          (i) => `.l${l}_${i}: {k${i}: x, extends: [${Array.from({ length: l === 9 ? 0 : 100 }, (_, k) => `.l${l + 1}_${k}`).join(', ')}]}`,
        ),
      ) + job,
    ],
    ['references to references', `${lines(15, (i) => `.r${i}: {a: [${`!reference [.r${i + 1}, a],`.repeat(50)}]}`)}.r15: {a: [b]}\n${job}`],
    ['a long chain of references', fill((i) => `.r${i}: {a: !reference [.r${i + 1}, a]}`, job)],
    [
      'global variables in all jobs',
      fill((i) => `j${i}: {script: x, variables: {A: b}}`, `variables:\n${lines(10_000, (i) => `  V${i}: x`)}`),
    ],
    [
      'chosen global variables',
      fill((i) => `j${i}: {script: x, inherit: {variables: [A]}}`, `variables:\n${lines(10_000, (i) => `  V${i}: x`)}`),
    ],
    ['inherited scripts', fill((i) => `j${i}: {script: x}`, `default:\n  before_script:\n${lines(50_000, () => '    - a')}`)],
  ])('growth by %s', (_, text) => {
    const { messages, time } = run(text);
    expect(messages[0]).toMatch(/too big|nested too deep|unknown keys/);
    expect(time).toBeLessThan(bound);
  });

  it('keeps errors few and short', () => {
    const { messages } = run(fill((index) => `j${index}: x`));
    expect(messages).toHaveLength(1001);
    expect(messages.at(-1)).toMatch(/^and \d+ more errors$/);
    expect(run(fill((index) => `  k${index}: x`, 'x:\n  script: x\n')).messages[0]).toHaveLength(2001);
  });
});

describe('speed', () => {
  it('compiles 1,000 jobs in a fraction of the time in which another library parses them', () => {
    const base = '.base:\n  image: ruby:3\n  before_script: [bundle install]\n  variables: {A: 1}\n';
    const body = (index: number) =>
      `job ${index}:\n  extends: .base\n  stage: test\n  variables: {X: ${index}, NAME: "value ${index}"}\n  script:\n    - echo ${index}\n    - make test` +
      `\n  tags: [docker, linux]${index > 3 ? `\n  needs: [job ${index - 1}, job ${index - 3}]` : ''}`;
    const text = base + lines(1000, body);
    const ratios: number[] = [];
    for (let round = 0; round < 7; round++) {
      const floorStart = performance.now();
      parseDocument(text, { version: '1.1', merge: true, uniqueKeys: false, prettyErrors: false }).toJS();
      const floor = performance.now() - floorStart;
      const start = performance.now();
      const compiled = compile(text, { file: 'f' });
      ratios.push((performance.now() - start) / floor);
      expect(compiled.ok && compiled.plan.jobs).toHaveLength(1000);
    }
    const median = ratios.toSorted((a, b) => a - b)[3] ?? Infinity;
    console.log(`compiling 1,000 jobs takes ${median.toFixed(2)} times the other library's parsing`);
    expect(median).toBeLessThan(1.5);
  });
});
