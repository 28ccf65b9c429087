import { Type, type Static } from 'typebox';
import { NullableInteger, NullableString, OneOf } from '../http/parameters.ts';
import { groupUrl } from './links.ts';
import type { Namespace } from './namespace.ts';

/** Where a project lives. */
export const BasicNamespace = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the namespace.' }),
    name: Type.String({ description: 'Name for people.' }),
    path: Type.String({ description: 'Last part of the full path.' }),
    kind: OneOf(['user', 'group'], { description: 'Whose namespace it is.' }),
    full_path: Type.String({ description: 'Paths from the root group down.' }),
    parent_id: NullableInteger({ description: 'Id of the group above.' }),
    avatar_url: NullableString({ description: 'Address of a picture; always null.' }),
    web_url: Type.String({ description: 'Page of the group or user.' }),
  },
  { title: 'BasicNamespace' },
);
export type BasicNamespace = Static<typeof BasicNamespace>;

/** Namespace → its form inside projects and in lists. */
export function presentNamespace(namespace: Namespace, url: string): BasicNamespace {
  return {
    id: namespace.id,
    name: namespace.name,
    path: namespace.path,
    kind: namespace.kind,
    full_path: namespace.fullPath,
    parent_id: namespace.parentId,
    avatar_url: null,
    web_url: namespace.kind === 'group' ? groupUrl(url, namespace) : `${url}/${namespace.path}`,
  };
}
