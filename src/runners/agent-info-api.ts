import { Type } from 'typebox';
import { NullableString } from '../http/parameters.ts';

/** `info` of a call with a runner token; keys that are not declared are ignored (runner protocol 4.1). */
export const AgentInfoInput = Type.Object(
  {
    name: Type.Optional(NullableString({ description: 'Name of the agent.' })),
    version: Type.Optional(NullableString({ description: 'Its version.' })),
    revision: Type.Optional(NullableString({ description: 'Its revision.' })),
    platform: Type.Optional(NullableString({ description: 'Operating system.' })),
    architecture: Type.Optional(NullableString({ description: 'Processor.' })),
    executor: Type.Optional(NullableString({ description: '`shell`, `docker`, …' })),
    shell: Type.Optional(NullableString({ description: '`bash`, `pwsh`, …' })),
    features: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Feature flags that the agent has.' })),
    config: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Only `gpus` is kept.' })),
    labels: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Labels, at most 32.' })),
  },
  { description: 'What the agent says of itself.' },
);
