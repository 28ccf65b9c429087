declare module '../http/route.ts' {
  interface App {
    /** The ids among these of runners that have a running job. */
    isBusy(runnerIds: readonly number[]): Promise<Set<number>>;
    /** Ids of a runner's managers that have a running job. */
    busyManagers(runnerId: number): Promise<Set<number>>;
  }
}
