import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../test/harness/until.ts';
import { createCommit } from './commit-actions.ts';
import { runGit } from './git-process.ts';
import { createMaintenance } from './maintenance.ts';
import { Repositories } from './repository.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-gc-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('packs a repository after enough pushes, when git finds it worth it', async () => {
  await using repositories = await Repositories.open(folder);
  const repository = await repositories.create(1);
  await runGit([`--git-dir=${repository.gitDir}`, 'config', 'gc.autoPackLimit', '3']);
  const person = { name: 'a', email: 'a@example.com' };
  const packs = () => readdirSync(join(repository.gitDir, 'objects/pack')).filter((name) => name.endsWith('.pack')).length;
  const warnings: unknown[] = [];
  const maintenance = createMaintenance({ warn: (...said: unknown[]) => void warnings.push(said) });
  for (let count = 0; count < 20; count++) {
    const actions = [{ action: 'create', filePath: `f${count}`, content: Buffer.from(String(count)) }] as const;
    await createCommit(repository, { branch: 'main', message: 'm', author: person, committer: person, at: Date.now(), actions });
    await runGit([`--git-dir=${repository.gitDir}`, 'repack', '--quiet']);
    if (count === 18) expect(packs()).toBeGreaterThan(3);
    maintenance.note(repository);
  }
  await until(() => packs() === 1, 'one pack');
  expect(warnings).toEqual([]);
});
