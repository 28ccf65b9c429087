/**
 * Lets many callers share one run of `work`, such as a flush of the disk. A call waits for a run that begins after it:
 * the running one may have begun too early to cover what the caller did, so the next one is shared by all who wait.
 * When `work` fails, all callers of that run get its error.
 */
export function joinNext(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;

  function run(): Promise<void> {
    const current = work().finally(() => {
      running = null;
    });
    running = current;
    return current;
  }

  async function runAfter(current: Promise<void>): Promise<void> {
    await current.catch(() => undefined);
    waiting = null;
    await run();
  }

  return () => {
    if (waiting !== null) return waiting;
    if (running === null) return run();
    waiting = runAfter(running);
    return waiting;
  };
}
