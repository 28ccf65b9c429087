import { expect, it } from 'vitest';
import { levels } from '../access/role.ts';
import type { ProtectedRef } from '../namespaces/protected-ref.ts';
import { fastForwardOnly, judgeUpdate, type PushRules } from './push-rules.ts';
import { ZERO_OID } from './ref-name.ts';
import type { RefUpdate } from './refs.ts';

const [one, two] = ['1'.repeat(40), '2'.repeat(40)];

function rule(name: string, pushLevel: number, more: Partial<ProtectedRef> = {}): ProtectedRef {
  return { id: 1, projectId: 1, kind: 'branch', name, pushLevel, mergeLevel: 40, allowForcePush: false, createdAt: 0, ...more };
}

function rules(more: Partial<PushRules> = {}): PushRules {
  return { defaultBranch: 'main', branches: [], tags: [], level: levels.developer, via: 'git', ...more };
}

const created = (ref: string): RefUpdate => ({ ref, before: ZERO_OID, after: one });
const moved = (ref: string): RefUpdate => ({ ref, before: one, after: two });
const deleted = (ref: string): RefUpdate => ({ ref, before: one, after: ZERO_OID });
const text = (update: RefUpdate, given: PushRules) => judgeUpdate(update, given)?.text ?? null;

it('lets a developer do everything to what nothing protects, but delete the default branch', () => {
  for (const update of [created, moved, deleted]) {
    expect(text(update('refs/heads/topic'), rules())).toBeNull();
    expect(text(update('refs/tags/v1'), rules())).toBeNull();
    expect(text(update('refs/notes/commits'), rules())).toBeNull();
  }
  expect(text(deleted('refs/heads/main'), rules({ level: levels.owner, via: 'api' }))).toBe(
    'The default branch of a project cannot be deleted.',
  );
});

it('keeps protected branches for those whom the most generous rule names', () => {
  const branches = [rule('release-*', levels.maintainer), rule('release-9*', levels.developer), rule('closed', 0)];
  const developer = rules({ branches });
  const maintainer = rules({ branches, level: levels.maintainer });
  const pushRefused = 'You are not allowed to push code to protected branches on this project.';
  expect(text(moved('refs/heads/release-1'), developer)).toBe(pushRefused);
  expect(text(created('refs/heads/release-1'), developer)).toBe('You are not allowed to create protected branches on this project.');
  expect(text(moved('refs/heads/release-9'), developer)).toBeNull();
  expect(text(moved('refs/heads/release-1'), maintainer)).toBeNull();
  expect(text(moved('refs/heads/closed'), rules({ branches, level: levels.owner }))).toBe(pushRefused);
});

it('lets maintainers delete protected branches and tags over the API only', () => {
  const branches = [rule('release', levels.maintainer)];
  const tags = [rule('v*', levels.developer, { kind: 'tag' })];
  for (const ref of ['refs/heads/release', 'refs/tags/v1']) {
    expect(text(deleted(ref), rules({ branches, tags }))).toContain('Only a project maintainer or owner can delete a protected');
    expect(text(deleted(ref), rules({ branches, tags, level: levels.maintainer }))).toMatch(
      /^You can only delete protected \w+ over the API/,
    );
    expect(text(deleted(ref), rules({ branches, tags, level: levels.maintainer, via: 'api' }))).toBeNull();
  }
});

it('never moves a protected tag, and lets those create it whom a rule names', () => {
  const tags = [rule('v*', levels.maintainer, { kind: 'tag' })];
  expect(text(moved('refs/tags/v1'), rules({ tags, level: levels.owner }))).toBe('Protected tags cannot be updated.');
  expect(text(created('refs/tags/v1'), rules({ tags }))).toBe('You are not allowed to create this tag as it is protected.');
  expect(text(created('refs/tags/v1'), rules({ tags, level: levels.maintainer }))).toBeNull();
  expect(text(created('refs/tags/w1'), rules({ tags }))).toBeNull();
});

it('takes no names that would be mistaken, and leaves the refs of pipelines alone', () => {
  expect(judgeUpdate(created(`refs/heads/${one}`), rules())).toMatchObject({ kind: 'impossible' });
  expect(text(created('refs/heads/HEAD'), rules())).toBe('"HEAD" cannot be the name of a branch.');
  expect(text(created('refs/tags/-v'), rules())).toBe('"-v" cannot be the name of a tag.');
  expect(text(deleted('refs/pipelines/1'), rules({ level: levels.owner }))).toBe(
    'refs/pipelines/1 belongs to the server and cannot be pushed.',
  );
});

it('lets only those branches be forced that no rule keeps from it', () => {
  const branches = [rule('main', levels.developer), rule('wild-*', levels.developer, { allowForcePush: true })];
  const updates = ['main', 'wild-1', 'topic'].map((name) => moved(`refs/heads/${name}`));
  expect(fastForwardOnly([...updates, moved('refs/tags/main')], rules({ branches }))).toEqual(['refs/heads/main']);
  expect(fastForwardOnly([created('refs/heads/main'), deleted('refs/heads/main')], rules({ branches }))).toEqual([]);
});
