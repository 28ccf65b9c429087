import { describe, expect, it } from 'vitest';

import { compile } from '../compile.ts';

/** The messages for a configuration; empty when it compiles. */
function messages(text: string): string[] {
  const compiled = compile(text, { file: '.gitlab-ci.yml' });
  return compiled.ok ? [] : compiled.errors.map(({ message }) => message);
}

/** The messages for a job `rspec` with a script and these further lines. */
function ofJob(lines: string): string[] {
  return messages(`rspec:\n  script: x\n${lines.replaceAll(/^/gm, '  ')}\n`);
}

const nested = 'should be a string or a nested array of strings up to 10 levels deep';
const tenLists = `${'['.repeat(10)}a${']'.repeat(10)}`;

describe('keywords of a job', () => {
  it.each([
    ['before_script: 1', [`jobs:rspec:before_script config ${nested}`]],
    ['before_script: [a, 1]', [`jobs:rspec:before_script config ${nested}`]],
    [`before_script: [${tenLists}]`, [`jobs:rspec:before_script config ${nested}`]],
    [`before_script: ${tenLists}`, []],
    ['after_script: {a: b}', [`jobs:rspec:after_script config ${nested}`]],
    ['after_script: [[]]', []],
    ['stage: [test]', ['jobs:rspec:stage config should be a string']],
    ['stage: 1', ['jobs:rspec:stage config should be a string']],
    ['tags: docker', ['jobs:rspec:tags config should be an array of strings']],
    ['tags: [1]', ['jobs:rspec:tags config should be an array of strings']],
    [`tags: [${'t, '.repeat(50)}]`, ['jobs:rspec:tags config must be less than the limit of 50 tags']],
    [`tags: [${'t, '.repeat(49)}]`, []],
    ['when: sometimes', ['jobs:rspec when should be one of: on_success, on_failure, always, manual, delayed']],
    ['when: never', ['jobs:rspec when should be one of: on_success, on_failure, always, manual, delayed']],
    ['when: [manual]', ['jobs:rspec when should be one of: on_success, on_failure, always, manual, delayed']],
    ['start_in: 1 day', ['jobs:rspec start in must be blank']],
    ['allow_failure: maybe', ['jobs:rspec allow failure should be a hash or a boolean value']],
    [
      'allow_failure: {codes: 1}',
      ['jobs:rspec:allow_failure config contains unknown keys: codes', "jobs:rspec:allow_failure exit codes can't be blank"],
    ],
    ['dependencies: a', ['jobs:rspec dependencies should be an array of strings']],
    ['dependencies: [1]', ['jobs:rspec dependencies should be an array of strings']],
    ['extends: {a: b}', ['jobs:rspec extends should be an array of strings or a string']],
    ['extends: [[a]]', ['jobs:rspec extends should be an array of strings or a string']],
    ['trigger: a/b', ['jobs:rspec config these keys cannot be used together: script, trigger', unsupported('trigger')]],
    ['run: []', [unsupported('run'), 'jobs:rspec config these keys cannot be used together: script, run']],
    ['needs: a', ['jobs:rspec:needs config can only be a hash or an array']],
    ['needs: [1]', ['jobs:rspec:needs:need has an unsupported type']],
    ['needs: [{}]', ['jobs:rspec:needs:need has an unsupported type']],
    ['needs: [~]', ['jobs:rspec:needs:need has an unsupported type']],
    ['needs: [""]', ["jobs:rspec:needs:need config can't be blank"]],
    ['needs: [{job: a, foo: 1}]', ['jobs:rspec:needs:need config contains unknown keys: foo']],
    ['needs: [{job: 1}]', ['jobs:rspec:needs:need job should be a string']],
    ['needs: [{job: }]', ["jobs:rspec:needs:need job can't be blank"]],
    ['needs: [{job: a, artifacts: 1}]', ['jobs:rspec:needs:need artifacts should be a boolean value']],
    ['needs: [{job: a, optional: x}]', ['jobs:rspec:needs:need optional should be a boolean value']],
    ['inherit: true', ['jobs:rspec:inherit config should be a hash']],
    ['inherit: {foo: 1}', ['jobs:rspec:inherit config contains unknown keys: foo']],
    ['inherit: {default: 1}', ['jobs:rspec:inherit:default should be a bool or array of strings']],
    ['inherit: {default: [image, foo]}', ['jobs:rspec:inherit:default config contains unknown values: foo']],
    ['inherit: {variables: {}}', ['jobs:rspec:inherit:variables should be a bool or array of strings']],
    ['foo: 1', ['jobs:rspec config contains unknown keys: foo']],
    ['foo: 1\nBar: 2', ['jobs:rspec config contains unknown keys: foo, bar']],
    ['artifacts: [a]', ['jobs:rspec:artifacts config should be a hash']],
    ['artifacts: {foo: 1, paths: [a]}', ['jobs:rspec:artifacts config contains unknown keys: foo']],
    ['artifacts: {paths: a}', ['jobs:rspec:artifacts paths should be an array of strings']],
    ['artifacts: {exclude: [1]}', ['jobs:rspec:artifacts exclude should be an array of strings']],
    ['artifacts: {name: 1}', ['jobs:rspec:artifacts name should be a string']],
    ['artifacts: {untracked: x}', ['jobs:rspec:artifacts untracked should be a boolean value']],
    ['artifacts: {when: manual}', ['jobs:rspec:artifacts when should be one of: on_success, on_failure, always']],
    ['artifacts: {expire_in: 7 elephants}', ['jobs:rspec:artifacts expire in should be a duration']],
    ['artifacts: {expire_in: [1]}', ['jobs:rspec:artifacts expire in should be a duration']],
  ])('%s', (lines, expected) => {
    expect(ofJob(lines)).toEqual(expected);
  });

  it.each([
    'rules: []',
    'only: [main]',
    'except: [main]',
    'cache: {}',
    'retry: 1',
    'timeout: 1h',
    'parallel: 2',
    'interruptible: true',
    'environment: x',
    'coverage: /x/',
    'resource_group: x',
    'release: {}',
    'id_tokens: {}',
    'secrets: {}',
    'pages: true',
    'publish: x',
    'hooks: {}',
    'inputs: {}',
    'manual_confirmation: x',
    'identity: x',
    'dast_configuration: {}',
  ])('refuses %s as not supported yet', (line) => {
    expect(ofJob(line)).toEqual([unsupported(line.replace(/:.*/, ''))]);
  });

  it.each([
    ['needs: [{job: a, parallel: {matrix: []}}]', ['jobs:rspec:needs:need config', 'parallel']],
    ['needs: [{pipeline: x, job: a}]', ['jobs:rspec:needs:need config', 'pipeline']],
    ['needs: {pipeline: x}', ['jobs:rspec:needs:need config', 'pipeline']],
    ['needs: [{project: x, job: a, ref: b, artifacts: true}]', ['jobs:rspec:needs:need config', 'project']],
    ['allow_failure: {exit_codes: 1}', ['jobs:rspec:allow_failure config', 'exit_codes']],
    ['artifacts: {reports: {junit: a}}', ['jobs:rspec:artifacts config', 'reports']],
    ['artifacts: {expose_as: a, paths: [b]}', ['jobs:rspec:artifacts config', 'expose_as']],
    ['artifacts: {public: false, paths: [b]}', ['jobs:rspec:artifacts config', 'public']],
    ['artifacts: {access: none, paths: [b]}', ['jobs:rspec:artifacts config', 'access']],
    ['when: delayed\nstart_in: 1 day', ['jobs:rspec config', 'when: delayed']],
  ])('refuses %s as not supported yet', (lines, [location, keyword]) => {
    expect(ofJob(lines)).toEqual([`${location} contains a keyword that this server does not support yet: ${keyword}`]);
  });

  it('takes null for a keyword that is not given', () => {
    const keywords = [
      'rules',
      'cache',
      'image',
      'services',
      'tags',
      'needs',
      'dependencies',
      'artifacts',
      'when',
      'variables',
      'stage',
      'extends',
    ];
    expect(ofJob(keywords.map((keyword) => `${keyword}:`).join('\n'))).toEqual([]);
  });

  it.each([
    ['a:\n  script: ""', ["jobs:a script can't be blank"]],
    ['a:\n  script: []', ["jobs:a script can't be blank"]],
    ['a:\n  script:', ["jobs:a script can't be blank"]],
    ['a:\n  script: [1]', [`jobs:a:script config ${nested}`]],
    ['a:\n  script: 5', [`jobs:a:script config ${nested}`]],
    ['a:\n  trigger: b', ['jobs:a config contains a keyword that this server does not support yet: trigger']],
    ['a:\n  run: []', ['jobs:a config contains a keyword that this server does not support yet: run']],
    ['10:\n  script: x', ['jobs:10 name should be a symbol']],
    ['true:\n  script: x', ['jobs:true name should be a symbol']],
    ['"":\n  script: x', ["jobs:job name can't be blank"]],
    [`${'n'.repeat(256)}:\n  script: x`, [`jobs:${'n'.repeat(256)} name is too long (maximum is 255 characters)`]],
    [`${'\u{1f600}'.repeat(255)}:\n  script: x`, []],
    [
      'A_b c:\n  stage: x',
      ['jobs a_b c config should implement the script:, run:, or trigger: keyword', 'jobs config should contain at least one visible job'],
    ],
    [
      'a: x',
      ['jobs a config should implement the script:, run:, or trigger: keyword', 'jobs config should contain at least one visible job'],
    ],
    ['a:\n  needs: [b]\nb:\n  script: x', ['jobs a config should implement the script:, run:, or trigger: keyword']],
    ['.a:\n  script: x', ['jobs config should contain at least one visible job']],
    ['stages: [a]', ['jobs config should contain at least one visible job']],
    ['.a: {}\nb:\n  script: x', ["jobs:.a config can't be blank"]],
    ['.a:\nb:\n  script: x', ["jobs:.a config can't be blank"]],
    ['.a: [anything, {goes: here}]\nb:\n  script: x', []],
    ['.a:\n  rules: x\n  foo: y\nb:\n  script: x', []],
  ])('%s', (text, expected) => {
    expect(messages(text)).toEqual(expected);
  });

  it('does not look into a job whose keys are wrong, but says all about the others', () => {
    const text = 'a:\n  script: x\n  tags: 1\n  foo: 1\nb:\n  script: x\n  stage: 1\n  services: 2\n  tags: 3\n  cache: {}\n';
    expect(messages(text)).toEqual([
      'jobs:a config contains unknown keys: foo',
      'jobs:b config contains a keyword that this server does not support yet: cache',
      'jobs:b:stage config should be a string',
      'jobs:b:services config should be a array',
      'jobs:b:tags config should be an array of strings',
    ]);
  });

  it('wants dependencies to be needed, when there are needs', () => {
    const jobs = 'a:\n  script: x\nb:\n  script: x\nc:\n  script: x\n';
    expect(messages(`${jobs}  needs: [a]\n  dependencies: [a, b]\n`)).toEqual(['jobs:c dependencies the b should be part of needs']);
    expect(messages(`${jobs}  needs: []\n  dependencies: [a, b]\n`)).toEqual([]);
    expect(messages(`${jobs}  needs: [a, b]\n  dependencies: [b]\n`)).toEqual([]);
  });
});

function unsupported(keyword: string): string {
  return `jobs:rspec config contains a keyword that this server does not support yet: ${keyword}`;
}
