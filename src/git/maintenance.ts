import type { Logger } from '../access/app.ts';
import { maintainRepository, type Repository } from './repository.ts';

/** Every push leaves a pack; after so many of them git is asked whether packing is worth it. */
const pushesBetween = 20;

/** Packs repositories that many have pushed to, in the background and one at a time. */
export interface Maintenance {
  /** A push, or a change over the API, has moved refs of this repository. */
  note(repository: Repository): void;
}

export function createMaintenance(log: Pick<Logger, 'warn'>): Maintenance {
  const pushes = new Map<string, number>();
  let turn: Promise<void> = Promise.resolve();

  async function maintain(repository: Repository): Promise<void> {
    try {
      await maintainRepository(repository);
    } catch (error) {
      log.warn({ err: error, gitDir: repository.gitDir }, 'repository not packed');
    }
  }

  return {
    note(repository) {
      const count = (pushes.get(repository.gitDir) ?? 0) + 1;
      if (count < pushesBetween) {
        pushes.set(repository.gitDir, count);
        return;
      }
      pushes.delete(repository.gitDir);
      turn = turn.then(() => maintain(repository));
    },
  };
}
