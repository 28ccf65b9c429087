/** The few words of the test server's API that `s3-worker.ts` uses; the package has no types of its own. */
declare module 's3rver' {
  interface Options {
    address: string;
    port: number;
    silent: boolean;
    directory: string;
    vhostBuckets: boolean;
    configureBuckets: { name: string }[];
  }
  class S3rver {
    constructor(options: Options);
    middleware: unknown[];
    run(): Promise<{ port: number }>;
  }
  export = S3rver;
}
