import { Type } from 'typebox';
import { NullableString } from '../http/parameters.ts';

/** An empty map of an agent written in Go may arrive as null. */
const NullableRecord = (description: string) => Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'], description });

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
    features: Type.Optional(NullableRecord('Feature flags that the agent has.')),
    config: Type.Optional(NullableRecord('Only `gpus` is kept.')),
    labels: Type.Optional(NullableRecord('Labels, at most 32.')),
  },
  { description: 'What the agent says of itself.' },
);
