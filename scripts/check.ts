import { spawnSync } from 'node:child_process';

/*
 * `npm run check`: types, lint, format, unused code and stale generated files, in well under a minute. Every step runs even
 * when one before it fails, so that one call shows all there is to mend.
 */
const bin = (name: string) => `node_modules/.bin/${name}`;
const steps: [name: string, command: string, args: string[]][] = [
  ['types', bin('tsc'), ['-p', '.']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings', '.']],
  ['format', bin('oxfmt'), ['--check', '.']],
  ['unused code', bin('knip'), ['--no-progress']],
  ['generated files', process.execPath, ['scripts/gen.ts', '--check']],
];

let failed = 0;
for (const [name, command, args] of steps) {
  const began = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (status !== 0) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
