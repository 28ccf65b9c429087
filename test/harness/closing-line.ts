import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output of a test run with one plain line that any tool can read: `N passed, N failed, N skipped`. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      // A file that cannot even be loaded has no tests to count, and must not look like a success.
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0) count.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') count[state]++;
      }
    }
    count.failed += unhandledErrors.length;
    process.on('exit', () => {
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
      // The package of the test database has an exit hook of its own, which would report success.
      if (count.failed > 0) process.exitCode = 1;
    });
  }
}
