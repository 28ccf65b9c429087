import { expect, it } from 'vitest';
import { compiledJob } from '../../test/harness/pipelines-factory.ts';
import { expandTags } from './plan-checks.ts';

const layers = {
  predefined: [],
  user: [],
  settings: [],
  given: [{ key: 'WHERE', value: 'eu', public: false, file: false, masked: false, raw: false }],
};

it('puts variables into tags and the names of resources', () => {
  const job = compiledJob('a', {
    tags: ['$WHERE', 'eu', 'x'],
    resourceGroup: '$STAGE/$WHERE',
    variables: [{ key: 'STAGE', value: 'production', raw: false }],
  });
  expect(expandTags([job], () => layers)).toMatchObject([{ tags: ['eu', 'x'], resourceGroup: 'production/eu' }]);
});

it('leaves jobs alone in which nothing refers to a variable', () => {
  const jobs = [compiledJob('a', { tags: ['x'], resourceGroup: 'production' }), compiledJob('b')];
  expect(expandTags(jobs, () => layers)).toEqual(jobs);
});
