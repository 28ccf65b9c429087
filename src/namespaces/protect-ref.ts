import { conflict, invalid, notFound } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { lockPlace } from './place.ts';
import { deleteProtectedRef, findProtectedRef, insertProtectedRef } from './protected-ref-store.ts';
import type { ProtectedRef } from './protected-ref.ts';

const words = { branch: 'Protected branch', tag: 'Protected tag' } as const;
const longestName = 255;

/** Adds a rule. Throws 400 for an impossible name and 409 for one that has a rule. */
export async function protectRef(app: App, ref: Omit<ProtectedRef, 'id' | 'createdAt'>): Promise<ProtectedRef> {
  if (ref.name.trim() === '') throw invalid({ name: ["can't be blank"] });
  if (ref.name.length > longestName) throw invalid({ name: [`is too long (maximum is ${longestName} characters)`] });
  // A pattern is a name as git allows it, with any text in place of each star.
  if (!app.isRefName(ref.name.replaceAll('*', 'x'))) throw invalid({ name: ['is invalid'] });
  try {
    return await app.write(async (tx) => {
      await lockPlace(tx, { kind: 'project', id: ref.projectId });
      return insertProtectedRef(tx, ref, app.clock.now());
    });
  } catch (error) {
    throw app.db.dialect.isDuplicate(error) ? conflict(`${words[ref.kind]} '${ref.name}' already exists`) : error;
  }
}

/** The rule of exactly this name. Throws 404 without one. */
export async function protectedRefNamed(app: App, projectId: number, kind: ProtectedRef['kind'], name: string): Promise<ProtectedRef> {
  const ref = await findProtectedRef(app.db, projectId, kind, name);
  if (ref === null) throw notFound();
  return ref;
}

/** Removes the rule of exactly this name. Throws 404 without one. */
export async function unprotectRef(app: App, projectId: number, kind: ProtectedRef['kind'], name: string): Promise<void> {
  if (!(await app.write((tx) => deleteProtectedRef(tx, projectId, kind, name)))) throw notFound();
}
