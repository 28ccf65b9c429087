import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/harness/closing-line.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/slow/**'],
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/harness/postgres-setup.ts'],
    isolate: false,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
