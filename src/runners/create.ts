import '../access/app.ts';
import { can } from '../access/can.ts';
import type { Actor } from '../access/user.ts';
import { badParameter, badRequest, forbidden } from '../http/errors.ts';
import type { App } from '../http/route.ts';
import { isGroup } from '../namespaces/namespace.ts';
import { findNamespace } from '../namespaces/namespace-store.ts';
import { findProject } from '../namespaces/project-store.ts';
import { groupFacts, projectFacts } from '../namespaces/subjects.ts';
import { addRunner, defaultsOf, silentAgent, type Registered, type RunnerInput } from './register.ts';
import { mustBeValidSentence, sentenceOf } from './rules.ts';
import type { RunnerType } from './runner.ts';
import { tokenExpiry } from './token-expiry.ts';

interface CreateInput extends RunnerInput {
  runner_type: RunnerType;
  group_id?: number | null;
  project_id?: number | null;
}

/**
 * Makes a runner on behalf of a user. Throws 400 for a missing or unknown group or project, 403 for a caller without the role, 400 for
 * what is wrong with the runner, in this order (runners API B.3).
 */
export async function createRunner(app: App, actor: Actor, input: CreateInput): Promise<Registered> {
  const place = await placeOf(app, actor, input);
  const values = defaultsOf(input);
  mustBeValidSentence({ ...values, tagsChanged: true });
  const now = app.clock.now();
  const made = await addRunner(app, (complaint) => badRequest(sentenceOf(complaint)), {
    ...values,
    ...place,
    type: input.runner_type,
    agent: silentAgent,
    ipAddress: null,
    creatorId: actor.user.id,
    registrationType: 'authenticated_user',
    tokenExpiresAt: await tokenExpiry(app.db, input.runner_type, place.projectId, now),
  });
  if (made === null) throw missingScope();
  return made;
}

async function placeOf(app: App, actor: Actor, input: CreateInput): Promise<{ groupId: number | null; projectId: number | null }> {
  if (input.runner_type === 'instance_type') {
    if (!can(actor, 'admin', { level: 0 })) throw forbidden('Insufficient permissions');
    return { groupId: null, projectId: null };
  }
  if (input.runner_type === 'group_type') {
    const group = await findNamespace(app.db, idOf(input.group_id, 'group_id'));
    if (group === null || !isGroup(group)) throw missingScope();
    if (!can(actor, 'group.createRunner', await groupFacts(app, group, actor))) throw forbidden('Insufficient permissions');
    return { groupId: group.id, projectId: null };
  }
  const project = await findProject(app.db, idOf(input.project_id, 'project_id'));
  if (project === null) throw missingScope();
  if (!can(actor, 'project.runners', await projectFacts(app, project, actor))) throw forbidden('Insufficient permissions');
  return { groupId: null, projectId: project.id };
}

function idOf(given: number | null | undefined, name: string): number {
  if (given === null || given === undefined) throw badParameter(`${name} is missing`);
  if (!Number.isSafeInteger(given)) throw missingScope();
  return given;
}

const missingScope = () => badRequest('Missing/invalid scope');
