import type { RunnerInput } from './register.ts';
import type { RunnerChanges } from './store.ts';

/** The changes that parameters ask for: what was not given stays. */
export function changesOf(input: RunnerInput): RunnerChanges {
  const note = input.maintenance_note === undefined ? input.maintainer_note : input.maintenance_note;
  const active = input.paused === undefined ? input.active : !input.paused;
  return {
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(note === undefined ? {} : { maintenanceNote: note }),
    ...(active === undefined ? {} : { active }),
    ...(input.locked === undefined ? {} : { locked: input.locked }),
    ...(input.run_untagged === undefined ? {} : { runUntagged: input.run_untagged }),
    ...(input.access_level === undefined ? {} : { accessLevel: input.access_level }),
    ...(input.maximum_timeout === undefined ? {} : { maximumTimeout: input.maximum_timeout }),
    ...(input.tag_list === undefined ? {} : { tags: input.tag_list }),
  };
}
