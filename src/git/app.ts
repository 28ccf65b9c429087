import type { Actor, User } from '../access/user.ts';
import type { Project } from '../namespaces/project.ts';
import type { Maintenance } from './maintenance.ts';
import type { RefUpdate } from './refs.ts';
import type { Repositories } from './repository.ts';
import type { ServeSlots } from './serve-slots.ts';

declare module '../http/route.ts' {
  interface App {
    /** The repositories of all projects. */
    repositories: Repositories;
    /** How many fetches and pushes are served at once. */
    gitSlots: ServeSlots;
    /** Packs repositories now and then. */
    gitMaintenance: Maintenance;

    /**
     * Told which refs of a project have moved, before whoever moved them hears that all is well: pipelines are made in
     * it. Gives lines that are shown to them.
     */
    refsUpdated(project: Project, user: User, push: MovedRefs): Promise<readonly string[]>;
    /** The user for whom the running job with this token acts, with the job; null for a token that is not, or no longer, good. */
    userByJobToken(token: string): Promise<Actor | null>;
  }
}

/** What a push, or a change over the API, has moved, and what it says about pipelines. */
export interface MovedRefs {
  updates: RefUpdate[];
  /** `git push -o ci.skip`: no pipeline. */
  skipCi: boolean;
  /** `git push -o ci.variable="KEY=value"`: variables of the pipeline. */
  variables: { key: string; value: string }[];
}
