export const visibilities = ['private', 'internal', 'public'] as const;
export type Visibility = (typeof visibilities)[number];

export const sharedRunnersSettings = ['enabled', 'disabled_and_overridable', 'disabled_and_unoverridable'] as const;
export type SharedRunnersSetting = (typeof sharedRunnersSettings)[number];

/** A group, or the own place of a user; projects live in namespaces. Times in ms since the epoch. */
export interface Namespace {
  id: number;
  kind: 'group' | 'user';
  name: string;
  path: string;
  /** Names from the root group down, joined by ` / `. */
  fullName: string;
  /** Paths from the root group down, joined by `/`. */
  fullPath: string;
  parentId: number | null;
  /** The user of a user namespace. */
  ownerId: number | null;
  description: string;
  visibility: Visibility;
  sharedRunnersSetting: SharedRunnersSetting;
  createdAt: number;
  updatedAt: number;
}

/** A namespace of kind `group`. */
export interface Group extends Namespace {
  kind: 'group';
}

/** Whether `namespace` is a group. */
export function isGroup(namespace: Namespace): namespace is Group {
  return namespace.kind === 'group';
}

/** Whether something of this visibility may be in `namespace`: it must not be seen by more people than its group. */
export function isVisibleIn(visibility: Visibility, namespace: Namespace): boolean {
  return namespace.kind === 'user' || visibilities.indexOf(visibility) <= visibilities.indexOf(namespace.visibility);
}
