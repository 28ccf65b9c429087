import { describe, expect, it } from 'vitest';

import { compile } from '../compile.ts';

/** The messages for these lines and a job; empty when they compile. */
function messages(lines: string): string[] {
  const compiled = compile(`${lines}\nrspec:\n  script: x\n`, { file: '.gitlab-ci.yml' });
  return compiled.ok ? [] : compiled.errors.map(({ message }) => message);
}

const nested = 'should be a string or a nested array of strings up to 10 levels deep';
const nestedList = 'should be an array of strings or a nested array of strings up to 10 levels deep';
const notYet = 'config contains a keyword that this server does not support yet:';

describe('keywords at the top', () => {
  it.each([
    ['stages: test', [`stages config ${nestedList}`]],
    ['stages: [1]', [`stages config ${nestedList}`]],
    ['stages: [[a], [[test]]]', []],
    ['before_script: 1', [`before_script config ${nested}`]],
    ['after_script: {}', [`after_script config ${nested}`]],
    ['services: postgres', ['services config should be a array']],
    ['default: x', ['default config should be a hash']],
    ['default: {script: x}', []],
    ['default: {foo: 1, Bar: x, image: 1}', ['default config contains unknown keys: foo, bar']],
    ['default:', []],
    ['default: {before_script: 1}', [`default:before_script config ${nested}`]],
    ['default: {tags: x}', ['default:tags config should be an array of strings']],
    ['default: {artifacts: x}', ['default:artifacts config should be a hash']],
    ['default: {cache: {}}', [`default ${notYet} cache`]],
    ['default: {retry: 1, timeout: 1h}', [`default ${notYet} retry`, `default ${notYet} timeout`]],
    ['cache: {paths: [a]}', [`root ${notYet} cache`]],
    ['cache:', []],
    ['workflow: {rules: []}', [`root ${notYet} workflow`]],
    ['workflow: {script: x}', []],
    ['include: a.yml', [`root ${notYet} include`]],
    ['include:', []],
    ['types: [a]', ['jobs types config should implement the script:, run:, or trigger: keyword']],
    ['image: a\ndefault: {image: b}', ['image is defined in top-level and `default:` entry']],
    [
      'before_script: a\nservices: []\ndefault: {services: [], before_script: b}',
      ['before_script is defined in top-level and `default:` entry'],
    ],
    ['image:\ndefault: {image: b}', []],
  ])('%s', (lines, expected) => {
    expect(messages(lines)).toEqual(expected);
  });

  it('reports each wrong default once, however many jobs inherit it, and before the other keywords', () => {
    const text = 'a: {script: x}\nb: {script: x, tags: 1}\nvariables: 1\nstages: 1\nimage: 1\ndefault: {tags: 1}';
    expect(messages(text)).toEqual([
      'image config should be a hash or a string',
      'default:tags config should be an array of strings',
      'variables config should be a hash',
      `stages config ${nestedList}`,
      'jobs:b:tags config should be an array of strings',
    ]);
  });
});

describe('variables', () => {
  const neither = 'variable definition must be either a string or a hash';
  it.each([
    ['variables: [A]', ['variables config should be a hash']],
    ['variables: {A: [b]}', [neither]],
    ['variables: {A: 2001-12-14 21:59:43}', [neither]],
    ['variables: {on: b}', ['variables:true key must be an alphanumeric string']],
    ['variables: {10: b, A: , B: 1.5, C: no}', []],
    ['variables: {A_b: {foo: 1, Bar: 2}}', ['variables:a_b config uses invalid data keys: foo, bar']],
    ['variables: {A: {value: [b]}}', ['variables:a config value must be a scalar']],
    ['variables: {A: {value: b, description: [c]}}', ['variables:a config description must be an alphanumeric string']],
    ['variables: {A: {value: b, expand: c}}', ['variables:a config expand should be a boolean value']],
    ['variables: {A: {value: b, options: c}}', ['variables:a config options should be an array of strings']],
    ['variables: {A: {value: b, options: [c, d]}}', ['variables:a config value must be present in options']],
    ['variables: {A: {options: [c, d]}}', ['variables:a config value must be present in options']],
    ['variables: {A: {value: d, options: [c, d], description: 5, expand: false}}', []],
    ['variables: {A: {}}', []],
    ['j: {script: x, variables: {A: {value: b, expand: true}}}', []],
    ['j: {script: x, variables: {A: {value: b, description: c}}}', ['jobs:j:variables:a config uses invalid data keys: description']],
    ['j: {script: x, variables: x}', ['jobs:j:variables config should be a hash']],
    ['services: [{name: a, variables: {A: {value: b}}}]', ['services:service:variables:a config must be a string']],
    ['services: [{name: a, variables: {A: b}}]', []],
  ])('%s', (lines, expected) => {
    expect(messages(lines)).toEqual(expected);
  });
});

describe('images and services', () => {
  it.each([
    ['[a]', ['config should be a hash or a string']],
    ['5', ['config should be a hash or a string']],
    ['""', ["name can't be blank"]],
    ['{}', ["name can't be blank"]],
    ['{name: ""}', ["name can't be blank"]],
    ['{name: 5}', ['name should be a string']],
    ['{name: a, foo: 1}', ['config contains unknown keys: foo']],
    ['{name: a, ports: [80]}', ['config contains disallowed keys: ports']],
    ['{name: a, entrypoint: sh}', ['entrypoint should be an array of strings']],
    ['{name: a, pull_policy: often}', [':pull_policy config is not included in the list']],
    ['{name: a, pull_policy: [always, often]}', [':pull_policy config contains unknown values: often']],
    ['{name: a, pull_policy: []}', [":pull_policy config can't be blank"]],
    ['{name: a, pull_policy: {}}', [':pull_policy config should be an array of strings or a string']],
    ['{name: a, docker: x}', ["executor opts '/docker' must be a valid 'object'"]],
    ['{name: a, docker: {foo: x}}', ["executor opts '/docker/foo' must be a valid 'schema'"]],
    ['{name: a, docker: {user: 5}}', ["executor opts '/docker/user' must be a valid 'string'"]],
    ['{name: a, docker: {user: ""}}', ["executor opts '/docker/user' must be a valid 'minlength'"]],
    [`{name: a, docker: {platform: ${'x'.repeat(65)}}}`, ["executor opts '/docker/platform' must be a valid 'maxlength'"]],
    ['{name: a, kubernetes: {user: [x]}}', ["executor opts '/kubernetes/user' must be a valid 'string'"]],
    ['{name: a, kubernetes: {user: 1000}, docker: {user: root, platform: linux/arm64}}', []],
  ])('%s', (value, texts) => {
    const at = (location: string) => texts.map((text) => location + (text.startsWith(':') ? text : ` ${text}`));
    expect(messages(`image: ${value}`)).toEqual(at('image'));
    expect(messages(`services: [${value}]`)).toEqual(at('services:service'));
  });

  it.each([
    ['image: {name: a, command: [b]}', ['image config contains unknown keys: command']],
    ['image: {name: a, alias: b, variables: {}}', ['image config contains unknown keys: alias, variables']],
    ['services: [{name: a, command: b}]', ['services:service command should be an array of strings']],
    ['services: [{name: a, alias: [b]}]', ['services:service alias should be a string']],
    ['services: [~]', ['services:service config should be a hash or a string']],
    [
      'services: [1, {name: a}, {foo: 1}]',
      [
        'services:service config should be a hash or a string',
        "services:service name can't be blank",
        'services:service config contains unknown keys: foo',
      ],
    ],
  ])('%s', (lines, expected) => {
    expect(messages(lines)).toEqual(expected);
  });
});
