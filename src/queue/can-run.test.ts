import { describe, expect, it } from 'vitest';
import { cannotRun, unmetConditions, type Condition, type JobFacts, type RunnerFacts } from './can-run.ts';

const job: JobFacts = {
  projectId: 1,
  tags: [],
  protected: false,
  namespaceIds: [20, 10],
  sharedRunnersEnabled: true,
  groupRunnersEnabled: true,
  jobsEnabled: true,
};
const instance: RunnerFacts = {
  type: 'instance_type',
  active: true,
  protectedOnly: false,
  runUntagged: true,
  tags: new Set(['linux', 'docker']),
  groupId: null,
  projectIds: new Set(),
};
const group: RunnerFacts = { ...instance, type: 'group_type', groupId: 10 };
const project: RunnerFacts = { ...instance, type: 'project_type', projectIds: new Set([1]) };

describe('cannotRun', () => {
  it.each<[string, RunnerFacts, JobFacts, string | null]>([
    ['an instance runner takes any job', instance, job, null],
    ['a paused runner takes none', { ...instance, active: false }, job, 'runner_paused'],
    ['switched-off jobs', instance, { ...job, jobsEnabled: false }, 'jobs_disabled'],
    ['which other runners find, to fail them', project, { ...job, jobsEnabled: false }, null],
    ['switched-off shared runners', instance, { ...job, sharedRunnersEnabled: false }, 'shared_runners_disabled'],
    ['a group runner serves subgroups', group, job, null],
    ['and no other groups', { ...group, groupId: 11 }, job, 'not_in_group'],
    ['switched-off group runners', group, { ...job, groupRunnersEnabled: false }, 'group_runners_disabled'],
    ['a group runner does not mind switched-off shared runners', group, { ...job, sharedRunnersEnabled: false }, null],
    ['an assigned project runner', project, { ...job, sharedRunnersEnabled: false, groupRunnersEnabled: false }, null],
    ['a project runner of other projects', project, { ...job, projectId: 2 }, 'not_assigned'],
    ['a protected runner and an ordinary ref', { ...instance, protectedOnly: true }, job, 'ref_not_protected'],
    ['a protected runner and a protected ref', { ...instance, protectedOnly: true }, { ...job, protected: true }, null],
    ['an ordinary runner and a protected ref', instance, { ...job, protected: true }, null],
    ['untagged jobs where they are not allowed', { ...instance, runUntagged: false }, job, 'untagged_not_allowed'],
    ['a part of the tags', instance, { ...job, tags: ['linux'] }, null],
    ['all tags', { ...instance, runUntagged: false }, { ...job, tags: ['linux', 'docker'] }, null],
    ['a tag too many', instance, { ...job, tags: ['linux', 'gpu'] }, 'tags_missing'],
    ['tags differ by case', instance, { ...job, tags: ['Linux'] }, 'tags_missing'],
  ])('%s', (_name, runner, facts, condition) => {
    expect(cannotRun(runner, facts)).toBe(condition);
  });
});

describe('unmetConditions', () => {
  it.each<[string, Partial<RunnerFacts>, Partial<JobFacts>, Condition[]]>([
    ['nothing', {}, {}, []],
    [
      'everything at once, in the order of the conditions',
      { active: false, protectedOnly: true, features: new Set(), liveness: 'lost', atLimit: true },
      { jobsEnabled: false, sharedRunnersEnabled: false, tags: ['gpu'], neededFeatures: ['artifacts_exclude'] },
      [
        'runner_paused',
        'jobs_disabled',
        'shared_runners_disabled',
        'ref_not_protected',
        'tags_missing',
        'feature_missing',
        'offline',
        'at_limit',
      ],
    ],
    ['a runner that is late', { liveness: 'late' }, {}, []],
    ['one without any machine', { liveness: 'never_contacted' }, {}, ['never_contacted']],
    ['features that are there', { features: new Set(['a', 'b']) }, { neededFeatures: ['b'] }, []],
    ['features that nobody needs', { features: new Set() }, {}, []],
  ])('%s', (_name, ofRunner, ofJob, unmet) => {
    expect(unmetConditions({ ...instance, ...ofRunner }, { ...job, ...ofJob })).toEqual(unmet);
  });
});
