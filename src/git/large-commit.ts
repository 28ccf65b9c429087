import { userByToken } from '../access/authenticate.ts';
import { can } from '../access/can.ts';
import { forbidden, notFound, unauthorized } from '../http/errors.ts';
import type { App, Entering } from '../http/route.ts';
import { findProjectByName } from '../namespaces/project-store.ts';
import { projectFacts } from '../namespaces/subjects.ts';

/**
 * Whether a request may bring files of more than a megabyte, asked before the server holds them: only whoever may push.
 * The token must be in a header or in the query, since the body has not come yet. Throws what the gate would throw.
 */
export async function mayCommitAtLength(app: App, { headers, given, params }: Entering): Promise<boolean> {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const token = [headers['private-token'], bearer, given['private_token'], given['access_token']].find(
    (value) => typeof value === 'string' && value !== '',
  );
  const actor = typeof token === 'string' ? await userByToken(app, token) : null;
  if (actor === null) throw unauthorized();
  const project = await findProjectByName(app.db, String(params['id']));
  const facts = project === null ? null : await projectFacts(app, project, actor);
  if (facts === null || !can(actor, 'project.read', facts)) throw notFound('Project');
  if (!actor.scopes.includes('api') || !can(actor, 'project.push', facts)) throw forbidden();
  return true;
}
