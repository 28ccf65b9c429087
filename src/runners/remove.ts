import '../access/app.ts';
import type { App } from '../http/route.ts';
import { forgetContact } from './contact.ts';
import { deleteRunners } from './store.ts';

/** Removes a runner with its managers; jobs that it is running may finish (runner protocol 3.5). */
export async function removeRunner(app: App, id: number): Promise<void> {
  await app.write(async (tx) => {
    await deleteRunners(tx, [id]);
    tx.afterCommit(() => forgetContact(app.contacts, id));
  });
}
