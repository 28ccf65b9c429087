import type { Job } from './job.ts';

declare module '../http/route.ts' {
  interface App {
    /** Told after the commit that made these jobs pending. */
    jobsPending(jobIds: number[]): void;
    /** Told after the commit that ended this job (`success`, `failed` or `canceled`). */
    jobFinished(job: Job): void;
  }
}
