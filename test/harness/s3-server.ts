import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface S3Server extends AsyncDisposable {
  /** `s3://…` of its one bucket, `artifacts`. */
  url: string;
  port: number;
}

/** A real S3 server with signature check and an empty bucket, on a free port of the loopback address. */
export async function startS3Server(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-s3-'));
  const worker = new Worker(new URL('s3-worker.ts', import.meta.url), { workerData: { folder } });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    url: `s3://S3RVER:S3RVER@127.0.0.1:${port}/artifacts?ssl=false`,
    port,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
