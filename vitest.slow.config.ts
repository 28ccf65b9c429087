import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The runs that take minutes: `npm run test:slow`. */
export default defineConfig({
  test: { ...base.test, include: ['test/slow/**/*.test.ts'], exclude: [], testTimeout: 300_000, maxWorkers: 1 },
});
