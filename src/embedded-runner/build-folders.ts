import { hash, randomInt } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPayload } from '../runner-api/wire.ts';

/** Where one job works. */
export interface JobFolders {
  /** Everything of this runner. */
  builds: string;
  /** The checkout: CI_PROJECT_DIR. It stays for the next job of the project in the same place. */
  project: string;
  /** Scripts, file variables and credentials: only while the job runs. */
  secrets: string;
  /** Number of the job among the running ones of this runner, from 0. */
  slot: number;
  /** The same among those of its project. */
  projectSlot: number;
}

/**
 * Gives running jobs their folders: one checkout for each (runner, project, number among the project's running jobs), so
 * that two jobs never share one, and a later job finds the objects of an earlier one.
 */
export class BuildFolders {
  readonly #builds: string;
  readonly #taken = new Map<JobFolders, number>();

  /** `key` keeps runners apart that share `folder`. */
  constructor(folder: string, key: string) {
    this.#builds = join(folder, hash('sha256', key, 'hex').slice(0, 8));
  }

  /** Makes the folders, and takes them until `release`. */
  async take(payload: JobPayload): Promise<JobFolders> {
    const id = payload.job_info.project_id;
    const slot = firstFree(Array.from(this.#taken.keys(), (folders) => folders.slot));
    const ofProject = [...this.#taken].filter(([, project]) => project === id);
    const projectSlot = firstFree(ofProject.map(([folders]) => folders.projectSlot));
    const place = join(this.#builds, String(projectSlot), projectPath(payload));
    const folders = { builds: this.#builds, project: place, secrets: `${place}.tmp`, slot, projectSlot };
    this.#taken.set(folders, id);
    try {
      await mkdir(folders.project, { recursive: true });
      // A job that was cut off may have left secrets behind.
      await rm(folders.secrets, { recursive: true, force: true });
      await mkdir(folders.secrets, { recursive: true, mode: 0o700 });
      await chmod(folders.secrets, 0o700);
    } catch (error) {
      this.#taken.delete(folders);
      throw error;
    }
    return folders;
  }

  /** Removes the job's secrets and frees its place. */
  async release(folders: JobFolders): Promise<void> {
    try {
      await rm(folders.secrets, { recursive: true, force: true });
    } finally {
      this.#taken.delete(folders);
    }
  }
}

/** The path of the project's URL, as people know it; its number when that path could lead elsewhere. */
function projectPath(payload: JobPayload): string {
  const { repo_url: repoUrl } = payload.git_info;
  const path = URL.canParse(repoUrl) ? new URL(repoUrl).pathname.replace(/\.git$/, '') : '';
  const parts = path.split('/').filter((part) => part !== '');
  const isPlain = parts.length > 0 && parts.every((part) => /^[\w.~+-]+$/.test(part) && !part.startsWith('.') && !part.endsWith('.tmp'));
  return isPlain ? join(...parts) : `project-${payload.job_info.project_id}`;
}

function firstFree(taken: readonly number[]): number {
  let number = 0;
  while (taken.includes(number)) number += 1;
  return number;
}

/** The machine's name towards the server (runner protocol 3.4: system_id), made at the first start and kept in `folder`. */
export async function keptSystemId(folder: string): Promise<string> {
  const file = join(folder, 'system-id');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (/^[sr]_[0-9a-zA-Z]{12}$/.test(kept)) return kept;
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const systemId = `r_${Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('')}`;
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${systemId}\n`);
  return systemId;
}
