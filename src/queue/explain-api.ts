import { Type, type Static } from 'typebox';
import { NullableInteger, NullableString, OneOf } from '../http/parameters.ts';
import { FailureEvidenceReply } from '../pipelines/job-api.ts';
import { jobStatuses } from '../pipelines/job-state.ts';
import { livenesses } from '../runners/liveness.ts';
import { runnerTypes } from '../runners/runner.ts';
import { conditions } from './can-run.ts';
import { explainCodeNames, suggestionCodeNames } from './explain-codes.ts';
import { unknownWaits } from './recent-waits.ts';

const time = (description: string) => NullableString({ description });

const OtherJob = Type.Object({
  id: Type.Integer({ description: 'Id of the job.' }),
  name: Type.String({ description: 'Its name.' }),
  stage: Type.String({ description: 'Its stage.' }),
  status: OneOf(jobStatuses, { description: 'Its status.' }),
});
export type OtherJob = Static<typeof OtherJob>;

const NearRunner = Type.Object({
  id: Type.Integer({ description: 'Id of the runner.' }),
  description: NullableString({ description: 'Its description.' }),
  runner_type: OneOf(runnerTypes, { description: 'What it serves.' }),
  tag_list: Type.Array(Type.String(), { description: 'Its tags.' }),
  liveness: OneOf(livenesses, { description: 'Whether a machine of it is there.' }),
  contacted_at: time('Its last contact.'),
  running_jobs: Type.Integer({ description: 'Jobs that it runs.' }),
  unmet: Type.Array(
    Type.Object({
      code: OneOf(conditions, { description: 'Stable code.' }),
      text: Type.String({ description: 'The same in words.' }),
    }),
    { description: 'What keeps the job from it; empty when it can take the job.' },
  ),
  missing_tags: Type.Array(Type.String(), { description: 'Tags of the job that it does not have.' }),
});
export type NearRunner = Static<typeof NearRunner>;

const Change = Type.Object({
  kind: OneOf(['request', 'configuration', 'machine'], {
    description: '`request`: a call of this API; `configuration`: of the CI configuration; `machine`: where the agent runs.',
  }),
  method: NullableString({ description: 'Method of a request.' }),
  path: NullableString({ description: 'Path of a request below `/api/v4`, or the file of the configuration.' }),
  parameters: Type.Object({}, { additionalProperties: true, description: 'What to send, or what to change to what.' }),
});
export type Change = Static<typeof Change>;

export const Suggestion = Type.Object({
  code: OneOf(suggestionCodeNames, { description: 'Stable code.' }),
  text: Type.String({ description: 'What to do, in words.' }),
  changes: Type.Array(Change, { description: 'The same for programs, one after the other; empty when there is nothing to call.' }),
});
export type Suggestion = Static<typeof Suggestion>;

const PausedRunner = Type.Object({
  runner_id: Type.Integer({ description: 'Id of the runner.' }),
  description: NullableString({ description: 'Its description.' }),
  paused_by: NullableString({ description: 'User name of who paused it; null when it is not known.' }),
  paused_at: time('When; null when it is not known.'),
  note: NullableString({ description: 'Its maintenance note; null when it has none, or for those who may not see it.' }),
});
export type PausedRunner = Static<typeof PausedRunner>;

const count = (description: string) => Type.Integer({ description });

const RunnerCounts = Type.Object({
  total: count('Runners that were looked at: those in scope, and others that the caller looks after.'),
  in_scope: count('Instance runners, those of the groups above the project, and those assigned to it.'),
  by_type: Type.Object({}, { additionalProperties: { type: 'integer' }, description: 'The same by type.' }),
  can_run: count('Of them, those that can take the job, in contact or not.'),
  in_contact: count('Of those, the ones in contact.'),
  free: count('Of those, the ones that have room.'),
  unmet: Type.Object({}, { additionalProperties: { type: 'integer' }, description: 'Runners by each condition that they do not meet.' }),
});

/** Why a job waits, or what became of it. */
export const Explanation = Type.Object(
  {
    job: Type.Object({
      id: Type.Integer({ description: 'Id of the job.' }),
      name: Type.String({ description: 'Its name.' }),
      stage: Type.String({ description: 'Its stage.' }),
      status: OneOf(jobStatuses, { description: 'Its status.' }),
      ref: Type.String({ description: 'Branch or tag.' }),
      tag_list: Type.Array(Type.String(), { description: 'Its tags.' }),
      pipeline_id: Type.Integer({ description: 'Its pipeline.' }),
      project: Type.Object({
        id: Type.Integer({ description: 'Id of the project.' }),
        path_with_namespace: Type.String({ description: 'Its path.' }),
      }),
      created_at: Type.String({ description: 'When it was made.' }),
      queued_at: time('Since when it waits for a runner.'),
      web_url: Type.String({ description: 'Its page.' }),
    }),
    code: OneOf(explainCodeNames, { description: 'The main reason, as a stable code.' }),
    state: Type.String({ description: 'The same in words.' }),
    suggestion: Type.Union([Suggestion, Type.Null()], {
      description: 'The smallest change that would let it run; null when there is none.',
    }),
    runners: Type.Union([RunnerCounts, Type.Null()], { description: 'How many runners meet what; null unless the job is pending.' }),
    nearest: Type.Array(NearRunner, { description: 'At most five runners that lack least, of those that the caller may see.' }),
    near_tags: Type.Array(
      Type.Object({
        tag: Type.String({ description: 'A tag of the job that no runner has.' }),
        near: Type.String({ description: 'A tag that runners have.' }),
        kind: OneOf(['case', 'typo'], { description: '`case`: capitals and separators differ; `typo`: one or two characters.' }),
      }),
      { description: 'Tags that nearly match.' },
    ),
    paused: Type.Array(PausedRunner, {
      description: 'Paused runners that could take the job otherwise, of those that the caller may see.',
    }),
    position: Type.Union(
      [
        Type.Object({
          place: Type.Integer({ description: '1 for the job that is taken next.' }),
          of: Type.Integer({ description: 'Jobs that wait for the same runners.' }),
          order: OneOf(['oldest_first', 'fair'], { description: '`fair`: the project with the fewest running jobs first.' }),
        }),
        Type.Null(),
      ],
      { description: 'Place in the order of its runners; null when none can take it.' },
    ),
    expected_wait: Type.Union(
      [
        Type.Object({
          from: Type.Integer({ description: 'Seconds from now.' }),
          to: Type.Integer({ description: 'Seconds from now.' }),
          jobs: Type.Integer({ description: 'From how many jobs with the same tags that is known.' }),
        }),
        Type.Null(),
      ],
      { description: 'In how many seconds eight of ten such jobs have started lately; null when that is not known.' },
    ),
    expected_wait_unknown: Type.Union([OneOf([...unknownWaits, 'cannot_run', 'not_pending']), Type.Null()], {
      description: 'Why no wait can be expected.',
    }),
    waits_for: Type.Array(OtherJob, { description: 'Jobs that have to end first, at most 20.' }),
    scheduled_at: time('When a delayed job is due.'),
    resource: Type.Union(
      [
        Type.Object({
          key: Type.String({ description: 'The resource group.' }),
          process_mode: OneOf(['unordered', 'oldest_first', 'newest_first', 'newest_ready_first'], { description: 'Who gets it next.' }),
          held_by: Type.Union([OtherJob, Type.Null()], { description: 'The job that holds it.' }),
          ahead: Type.Integer({ description: 'Jobs that get it before this one.' }),
        }),
        Type.Null(),
      ],
      { description: 'What a job waits for that needs a resource.' },
    ),
    runner: Type.Union(
      [
        Type.Object({
          id: Type.Integer({ description: 'Id of the runner.' }),
          description: NullableString({ description: 'Its description.' }),
          liveness: OneOf(livenesses, { description: 'Whether a machine of it is there.' }),
          contacted_at: time('Its last contact.'),
        }),
        Type.Null(),
      ],
      { description: 'The runner that has it.' },
    ),
    failure: Type.Union(
      [
        Type.Object({
          reason: NullableString({ description: 'Reason of the failure.' }),
          exit_code: NullableInteger({ description: 'Exit code of the script.' }),
          evidence: Type.Union([FailureEvidenceReply, Type.Null()], {
            description: 'What was known when the server ended the job by itself.',
          }),
        }),
        Type.Null(),
      ],
      { description: 'Why it failed.' },
    ),
  },
  { title: 'JobExplanation' },
);
export type Explanation = Static<typeof Explanation>;

/** What an explanation has to say besides the job; everything else is empty. */
export type Finding = Pick<Explanation, 'code' | 'state'> & Partial<Omit<Explanation, 'job'>>;

/** An explanation in full. */
export function presentExplanation(job: Explanation['job'], { code, state, ...finding }: Finding): Explanation {
  return {
    job,
    code,
    state,
    suggestion: null,
    runners: null,
    nearest: [],
    near_tags: [],
    paused: [],
    position: null,
    expected_wait: null,
    expected_wait_unknown: 'not_pending',
    waits_for: [],
    scheduled_at: null,
    resource: null,
    runner: null,
    failure: null,
    ...finding,
  };
}
