import type { LogStore } from './log-store.ts';

declare module '../http/route.ts' {
  interface App {
    /** Logs of jobs. */
    logs: LogStore;
  }
}
