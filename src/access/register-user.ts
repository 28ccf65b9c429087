import type { App } from '../http/route.ts';
import { conflict, forbidden, invalid, notFound } from '../http/errors.ts';
import { codePoints } from '../lib/code-points.ts';
import './app.ts';
import { passwordProblem } from './password.ts';
import { namespacePathProblems } from './path-name.ts';
import { insertUser, type NewUser } from './store.ts';
import type { User } from './user.ts';
import { findUserByName, hasOtherAdmin, isEmailTaken, lockAdmins, lockUser, saveUser } from './user-store.ts';

const longestName = 255;
const emailForm = /^[^\s@<>()\\,;:"[\]]{1,64}@[^\s@<>()\\,;:"[\]]{1,190}$/;

/** Throws 400 with what is wrong with the given values, by attribute; absent ones are left alone. */
export function checkUser(given: { email?: string; username?: string; name?: string; password?: string }): void {
  const problems: Record<string, string[]> = {};
  function note(attribute: string, texts: string[]): void {
    if (texts.length > 0) problems[attribute] = texts;
  }
  if (given.email !== undefined) note('email', emailForm.test(given.email) ? [] : ['is invalid']);
  if (given.username !== undefined) note('username', namespacePathProblems(given.username, true));
  if (given.name !== undefined) note('name', nameProblems(given.name));
  const password = given.password === undefined ? null : passwordProblem(given.password);
  note('password', password === null ? [] : [password]);
  if (Object.keys(problems).length > 0) throw invalid(problems);
}

function nameProblems(name: string): string[] {
  if (name.trim() === '') return ["can't be blank"];
  return codePoints(name) > longestName ? [`is too long (maximum is ${longestName} characters)`] : [];
}

/** Adds a user with its namespace. Throws 409 for an address or name that is taken. */
export async function addUser(app: App, user: NewUser): Promise<User> {
  return refusingTaken(app, user.email, 0, () =>
    app.write(async (tx) => {
      if (await isEmailTaken(tx, user.email)) throw emailTaken();
      if ((await findUserByName(tx, user.username)) !== null) throw usernameTaken();
      const added = await insertUser(tx, user, app.clock.now());
      await app.addUserNamespace(tx, added);
      return added;
    }),
  );
}

export type UserChange = Partial<Pick<User, 'username' | 'name' | 'email' | 'state' | 'admin' | 'external'>>;

/**
 * Changes a user. Throws 404 for an unknown one, 409 for an address or name that is taken, and 403 when the change would
 * leave the server without an active administrator.
 */
export async function changeUser(app: App, id: number, change: UserChange, passwordHash: string | null): Promise<User> {
  return refusingTaken(app, change.email ?? '', id, () =>
    app.write(async (tx) => {
      if (change.admin === false || change.state === 'blocked') await lockAdmins(tx);
      const before = await lockUser(tx, id);
      if (before === null) throw notFound('User');
      const { username, name, email, state, admin, external } = { ...before, ...change };
      const isDemoted = before.admin && (!admin || state !== 'active');
      if (isDemoted && !(await hasOtherAdmin(tx, id))) throw forbidden('The last administrator must stay one');
      if (await isEmailTaken(tx, email, id)) throw emailTaken();
      const namesake = await findUserByName(tx, username);
      if (namesake !== null && namesake.id !== id) throw usernameTaken();
      const after = await saveUser(tx, { ...before, username, name, email, state, admin, external }, passwordHash, app.clock.now());
      if (after.username !== before.username || after.name !== before.name) await app.renameUserNamespace(tx, after);
      return after;
    }),
  );
}

/** A second writer may take a name after it was looked up; the unique indexes then say so. */
async function refusingTaken(app: App, email: string, exceptId: number, work: () => Promise<User>): Promise<User> {
  try {
    return await work();
  } catch (error) {
    if (!app.db.dialect.isDuplicate(error)) throw error;
    throw email !== '' && (await isEmailTaken(app.db, email, exceptId)) ? emailTaken() : usernameTaken();
  }
}

function emailTaken() {
  return conflict('Email has already been taken');
}

function usernameTaken() {
  return conflict('Username has already been taken');
}
