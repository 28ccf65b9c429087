import { levels } from '../access/role.ts';
import type { Db } from '../db/tx.ts';

/** A branch or tag by its short name. */
export interface NamedRef {
  kind: 'branch' | 'tag';
  name: string;
}

/** How a ref of a project is protected: nobody has protected it, or the lowest level that may push to (create) it. */
export interface RefProtection {
  protected: boolean;
  /** Null: not protected; `Infinity`: nobody may. */
  pushLevel: number | null;
}

/** The protection of a ref: of several patterns that fit it the most generous one counts. */
export async function protectionOf(db: Db, projectId: number, ref: NamedRef): Promise<RefProtection> {
  const rows = await db
    .selectFrom('protected_refs')
    .select(['name', 'push_level', 'merge_level'])
    .where('project_id', '=', projectId)
    .where('kind', '=', ref.kind)
    .execute();
  const fitting = rows.filter((row) => fits(row.name, ref.name));
  if (fitting.length === 0) return { protected: false, pushLevel: null };
  const given = fitting.flatMap((row) => [row.push_level, ...(ref.kind === 'branch' ? [row.merge_level] : [])]);
  return { protected: true, pushLevel: Math.min(...given.map((level) => (level === 0 ? Infinity : level))) };
}

/** Whether somebody with `level` in the project may start pipelines and jobs on a ref. */
export function mayRunOn(protection: RefProtection, level: number, admin: boolean): boolean {
  if (admin) return true;
  return level >= Math.max(levels.developer, protection.pushLevel ?? 0);
}

/** Whether `pattern`, in which `*` stands for any text, is `name` as a whole. */
function fits(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name;
  const parts = pattern.split('*');
  const first = parts.shift() ?? '';
  const last = parts.pop() ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  const end = name.length - last.length;
  for (const part of parts) {
    const at = name.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}
