/** A rule on branches or tags of a project: who may push to those whose name it matches. Time in ms since the epoch. */
export interface ProtectedRef {
  id: number;
  projectId: number;
  kind: 'branch' | 'tag';
  /** A name, or a pattern in which `*` stands for any text, `/` included. */
  name: string;
  /** Lowest access level that may push (branch) or create (tag); 0: no one. */
  pushLevel: number;
  /** Lowest access level that may merge; kept for clients, since there are no merge requests. */
  mergeLevel: number;
  allowForcePush: boolean;
  createdAt: number;
}

/** Whether `name` fits `pattern`, in which `*` stands for any text. Takes time in proportion to the product of the lengths at most. */
export function matchesRefPattern(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  if (parts.length === 1) return pattern === name;
  const last = parts.at(-1) ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** The rules, of one kind, that `name` falls under. */
export function rulesFor(refs: readonly ProtectedRef[], name: string): ProtectedRef[] {
  return refs.filter((ref) => matchesRefPattern(ref.name, name));
}

/** Whether a branch or tag is protected by one of the rules, which must be of its kind. */
export function isProtected(refs: readonly Pick<ProtectedRef, 'name'>[], name: string): boolean {
  return refs.some((ref) => matchesRefPattern(ref.name, name));
}

/**
 * Whether somebody with this access level may push to the branch, or create the tag. Of several rules that match the
 * most generous counts; without any, developers may.
 */
export function mayPushTo(refs: readonly ProtectedRef[], name: string, level: number): boolean {
  const rules = rulesFor(refs, name);
  if (rules.length === 0) return level >= 30;
  return rules.some((rule) => rule.pushLevel > 0 && level >= rule.pushLevel);
}

/** Whether history of the branch may be rewritten: of unprotected ones always, of protected ones where a rule allows it. */
export function mayForcePush(refs: readonly ProtectedRef[], name: string): boolean {
  const rules = rulesFor(refs, name);
  return rules.length === 0 || rules.some((rule) => rule.allowForcePush);
}
