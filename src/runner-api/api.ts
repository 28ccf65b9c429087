import { Type } from 'typebox';
import { NullableInteger, NullableString } from '../http/parameters.ts';
import { AgentInfoInput } from '../runners/agent-info-api.ts';

export const JobIdInPath = Type.Object({ id: Type.Integer({ description: 'Id of the job.' }) });

/** `POST /jobs/request` (runner protocol 4.1). */
export const JobRequestInput = Type.Object({
  token: Type.String({ description: 'Authentication token of the runner.' }),
  system_id: Type.Optional(NullableString({ description: 'Which machine asks; one token may serve many.' })),
  last_update: Type.Optional(NullableString({ description: 'The last `X-GitLab-Last-Update` that was received.' })),
  info: Type.Optional(AgentInfoInput),
  session: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Terminal server of the agent; not used.' })),
  job_age: Type.Optional(NullableInteger({ description: 'Only jobs that have waited longer than this many seconds.' })),
});

/** `PUT /jobs/:id` (runner protocol 6.1). */
export const JobUpdateInput = Type.Object({
  token: Type.String({ description: 'Token of the job.' }),
  state: Type.Optional(
    Type.String({ description: '`running`, `success` or `failed`; `pending` from an agent that still prepares its job.' }),
  ),
  failure_reason: Type.Optional(NullableString({ description: 'Why it failed; an unknown reason counts as `unknown_failure`.' })),
  exit_code: Type.Optional(NullableInteger({ description: 'Exit status of the failing line.' })),
  checksum: Type.Optional(NullableString({ description: 'The same as `output.checksum`, from agents 13.4 to 13.6.' })),
  output: Type.Optional(
    Type.Object(
      {
        checksum: Type.Optional(NullableString({ description: '`crc32:` and 8 hexadecimal digits over the whole log.' })),
        bytesize: Type.Optional(NullableInteger({ description: 'Bytes of the whole log.' })),
      },
      { description: 'What the agent holds for the whole log.' },
    ),
  ),
  trace: Type.Optional(NullableString({ description: 'The whole log as text, from agents up to 11.10; replaces what is there.' })),
  info: Type.Optional(AgentInfoInput),
});
