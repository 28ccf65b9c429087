import { Type } from 'typebox';
import type { Tx } from '../db/tx.ts';
import { notFound } from '../http/errors.ts';
import type { Group } from './namespace.ts';
import type { Project } from './project.ts';
import { lockProject } from './project-store.ts';
import { lockNamespace } from './tree-store.ts';

/** A group or a project, where both are treated alike: members and variables hang on either. */
export interface Place {
  kind: 'group' | 'project';
  id: number;
  /** The group itself, or the namespace of the project: memberships of it and above are inherited. */
  namespaceId: number;
}

export function groupPlace(group: Group): Place {
  return { kind: 'group', id: group.id, namespaceId: group.id };
}

export function projectPlace(project: Project): Place {
  return { kind: 'project', id: project.id, namespaceId: project.namespaceId };
}

/** Keeps a place from being removed or changed until the commit. Throws 404 when it is gone. */
export async function lockPlace(tx: Tx, place: Pick<Place, 'kind' | 'id'>): Promise<void> {
  const found = place.kind === 'group' ? await lockNamespace(tx, place.id) : await lockProject(tx, place.id);
  if (found === null) throw notFound(place.kind === 'group' ? 'Group' : 'Project');
}

/** `:id` of a group or project. */
export const PlaceId = Type.Object({ id: Type.String({ description: 'Id or URL-encoded path.' }) });

/** Answer to removals that GitLab does later and this server at once. */
export const Accepted = Type.Object({ message: Type.String({ description: 'Always `202 Accepted`.' }) });
export const accepted = { message: '202 Accepted' };
