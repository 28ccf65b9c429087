import { describe, expect, it } from 'vitest';

import { compile } from './compile.ts';
import { unsaidOfJob, type CompiledImage, type CompiledJob, type Plan } from './plan.ts';

function plan(text: string): Plan {
  const compiled = compile(text, { file: '.gitlab-ci.yml' });
  if (!compiled.ok) throw new Error(compiled.errors.map(({ message }) => message).join('\n'));
  return compiled.plan;
}

function job(text: string, name = 'job'): CompiledJob {
  const found = plan(text).jobs.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no job ${name}`);
  return found;
}

const plainJob: CompiledJob = {
  name: 'job',
  stage: 'test',
  stageIndex: 2,
  script: ['make'],
  beforeScript: [],
  afterScript: [],
  image: null,
  services: [],
  variables: [],
  tags: [],
  when: 'on_success',
  allowFailure: false,
  needs: null,
  dependencies: null,
  artifacts: null,
  ...unsaidOfJob,
};

const image: CompiledImage = {
  name: 'ruby:3',
  entrypoint: null,
  command: null,
  alias: null,
  pullPolicy: null,
  variables: {},
  docker: null,
  kubernetes: null,
};

const fullImage: CompiledImage = {
  ...image,
  entrypoint: ['', 'sh'],
  pullPolicy: ['always', 'never'],
  docker: { platform: 'linux/arm64', user: 'root' },
  kubernetes: { user: '1001:1001' },
};

const fullService: CompiledImage = {
  ...image,
  name: 'postgres',
  command: ['-c'],
  alias: 'db pg',
  pullPolicy: ['never'],
  variables: { A: 'b', B: '1' },
};

describe('compile', () => {
  it('makes a plan of the smallest file', () => {
    expect(compile('job: {script: make}', { file: 'f' })).toEqual({
      ok: true,
      warnings: [],
      plan: { stages: ['.pre', 'build', 'test', 'deploy', '.post'], jobs: [plainJob], variables: [], variableHelp: {} },
      mergedYaml: '---\njob:\n  script: make\n',
    });
  });

  it.each<[string, string, Partial<CompiledJob>]>([
    ['script lists in lists', 'script: [a, [b, [c]], "d\\ne"]', { script: ['a', 'b', 'c', 'd\ne'] }],
    [
      'before_script and after_script',
      'script: make\n  before_script: a\n  after_script: [b, [c]]',
      { beforeScript: ['a'], afterScript: ['b', 'c'] },
    ],
    ['a stage', 'script: make\n  stage: deploy', { stage: 'deploy', stageIndex: 3 }],
    ['tags', 'script: make\n  tags: [a, [b]]', { tags: ['a', 'b'] }],
    ['an image name', 'script: make\n  image: ruby:3', { image }],
    [
      'a whole image',
      `script: make
  image: {name: ruby:3, entrypoint: ["", sh], pull_policy: [always, never], docker: {platform: linux/arm64, user: root}, kubernetes: {user: 1001:1001}}`,
      { image: fullImage },
    ],
    [
      'services',
      `script: make
  services: [redis, {name: postgres, alias: db pg, command: [-c], pull_policy: never, variables: {A: b, B: 1}}]`,
      { services: [{ ...image, name: 'redis' }, fullService] },
    ],
    ['when', 'script: make\n  when: always', { when: 'always' }],
    ['manual, which may fail', 'script: make\n  when: manual', { when: 'manual', allowFailure: true }],
    ['manual, which may not fail', 'script: make\n  when: manual\n  allow_failure: false', { when: 'manual', allowFailure: false }],
    ['allow_failure', 'script: make\n  allow_failure: yes', { allowFailure: true }],
    ['no dependencies', 'script: make\n  dependencies: []', { dependencies: [] }],
    ['no needs', 'script: make\n  needs: []', { needs: [] }],
    [
      'needs',
      `script: make
  needs: [a, [{job: b, artifacts: false}], {job: c, optional: true}]
a: {script: x}
b: {script: x}`,
      {
        needs: [
          { job: 'a', artifacts: true, optional: false },
          { job: 'b', artifacts: false, optional: false },
          { job: 'c', artifacts: true, optional: true },
        ],
      },
    ],
    ['a single need', 'script: make\n  needs: {job: a}\na: {script: x}', { needs: [{ job: 'a', artifacts: true, optional: false }] }],
    [
      'artifacts',
      'script: make\n  artifacts: {name: n, paths: [a/**], exclude: [b], untracked: true, when: always, expire_in: 1 week}',
      {
        artifacts: {
          name: 'n',
          paths: ['a/**'],
          exclude: ['b'],
          untracked: true,
          when: 'always',
          expireIn: '1 week',
          expireInSeconds: 604_800,
        },
      },
    ],
    [
      'artifacts in short',
      'script: make\n  artifacts: {paths: [a], expire_in: never}',
      {
        artifacts: {
          name: null,
          paths: ['a'],
          exclude: [],
          untracked: false,
          when: 'on_success',
          expireIn: 'never',
          expireInSeconds: null,
        },
      },
    ],
    ['artifacts that keep nothing', 'script: make\n  artifacts: {expire_in: 3600}', { artifacts: null }],
  ])('compiles %s', (_, lines, expected) => {
    expect(job(`job:\n  ${lines}\n`)).toEqual({ ...plainJob, script: ['make'], ...expected });
  });

  it('gives variables their text and puts the job over the global ones', () => {
    const text = `
variables: {A: yes, B: 1.10, C: {value: 017, expand: false, description: why, options: []}, D: , E: e}
job: {script: x, variables: {B: own, F: {value: "$A", expand: false}, D: {}}}
other: {script: x}
`;
    const globals = [
      { key: 'A', value: 'true', raw: false },
      { key: 'B', value: '1.1', raw: false },
      { key: 'C', value: '15', raw: true },
      { key: 'D', value: '', raw: false },
      { key: 'E', value: 'e', raw: false },
    ];
    expect(plan(text).variables).toEqual(globals);
    expect(plan(text).variableHelp).toEqual({ C: { description: 'why', options: [] } });
    expect(job(text, 'other').variables).toEqual(globals);
    expect(job(text).variables).toEqual([
      globals[0],
      { key: 'B', value: 'own', raw: false },
      ...globals.slice(2),
      { key: 'F', value: '$A', raw: true },
    ]);
  });

  it('lets jobs inherit each key as a whole from default and from the top', () => {
    const text = `
image: ruby:3
before_script: [a]
default:
  after_script: [b]
  services: [s]
  tags: [t]
  artifacts: {paths: [p]}
variables: {V: v, W: w}
job: {script: x}
own: {script: x, image: other, before_script: [], after_script: c, services: [], tags: [], artifacts: {}}
null: {script: x}
empty: {script: x, image: , tags: }
none: {script: x, inherit: {default: false, variables: false}}
some: {script: x, inherit: {default: [image, tags], variables: [W]}}
`.replace('null: {script: x}\n', '');
    const inherited = { beforeScript: ['a'], afterScript: ['b'], services: [{ ...image, name: 's' }], tags: ['t'], image };
    const kept = { artifacts: { paths: ['p'] } };
    expect(job(text)).toMatchObject({ ...inherited, ...kept, variables: [{ key: 'V' }, { key: 'W' }] });
    expect(job(text, 'empty')).toMatchObject({ ...inherited, ...kept });
    expect(job(text, 'own')).toMatchObject({
      beforeScript: [],
      afterScript: ['c'],
      services: [],
      tags: [],
      image: { name: 'other' },
      artifacts: null,
    });
    expect(job(text, 'none')).toMatchObject({ ...plainJob, name: 'none', script: ['x'] });
    expect(job(text, 'some')).toMatchObject({ image, tags: ['t'], beforeScript: [], artifacts: null, variables: [{ key: 'W' }] });
  });

  it('applies anchors, merge keys, extends and references together', () => {
    const text = `
.scripts: {setup: [s1, s2]}
.base: &base
  variables: {A: base, B: base}
  tags: [linux]
.child:
  extends: .base
  variables: {B: child}
job:
  <<: *base
  extends: .child
  script: [!reference [.scripts, setup], make]
  variables: {C: job}
`;
    expect(job(text)).toMatchObject({ script: ['s1', 's2', 'make'], tags: ['linux'] });
    expect(job(text).variables.map(({ key, value }) => `${key}=${value}`)).toEqual(['A=base', 'B=child', 'C=job']);
  });

  it('shows the merged document', () => {
    const compiled = compile(
      'stages: [a]\n.b: &b {tags: [x]}\nj: {<<: *b, extends: .c, stage: a}\n.c: {script: !reference [.d]}\n.d: [y] # z\n',
      {
        file: 'f',
      },
    );
    expect(compiled.ok && compiled.mergedYaml).toBe(
      '---\nstages:\n- .pre\n- a\n- .post\n.b:\n  tags:\n  - x\nj:\n  script:\n  - "y"\n  tags:\n  - x\n  extends: .c\n  stage: a\n' +
        '.c:\n  script:\n  - "y"\n.d:\n- "y"\n',
    );
  });

  it('takes JSON and bytes', () => {
    expect(job('{"job": {"script": ["make"], "tags": ["a"]}}').tags).toEqual(['a']);
    expect(compile(Buffer.from('job: {script: make}'), { file: 'f' })).toMatchObject({ ok: true });
  });

  it('stops at the first problem of the document, but tells every problem of keywords with its place', () => {
    const stopped = compile('a: {extends: b}\nc: {script: 1}\n', { file: 'x.yml' });
    const error = { message: 'a: unknown keys in `extends` (b)', file: 'x.yml', line: 1, column: 14, kind: 'extends' };
    expect(stopped).toEqual({ ok: false, warnings: [], errors: [error] });
    const collected = compile('a:\n  script: x\n  Foo: 1\nb:\n  script: x\n  rules: []\n  tags: 1\n', { file: 'x.yml' });
    expect(collected).toEqual({
      ok: false,
      warnings: [],
      errors: [
        { message: 'jobs:a config contains unknown keys: foo', file: 'x.yml', line: 3, column: 3, kind: 'keyword' },
        {
          message: 'jobs:b config contains a keyword that this server does not support yet: rules',
          file: 'x.yml',
          line: 6,
          column: 3,
          kind: 'unsupported',
        },
        { message: 'jobs:b:tags config should be an array of strings', file: 'x.yml', line: 7, column: 9, kind: 'keyword' },
      ],
    });
  });

  it('finds the place of what was merged in', () => {
    const compiled = compile('.a: &a\n  tags: 1\n.b:\n  image: 1\nc:\n  script: x\n  extends: .b\n  <<: *a\n', { file: 'f' });
    expect(!compiled.ok && compiled.errors.map(({ message, line, column }) => [message, line, column])).toEqual([
      ['jobs:c:image config should be a hash or a string', 4, 10],
      ['jobs:c:tags config should be an array of strings', 2, 9],
    ]);
  });
});
