import type { IncomingMessage } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import S3rver from 's3rver';
import { isSigned } from './s3-signature.ts';

// A thread of its own, so that a test can measure what memory the client takes without the server's.
const server = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory: (workerData as { folder: string }).folder,
  vhostBuckets: false,
  configureBuckets: [{ name: 'artifacts' }],
});
server.middleware.unshift(async (context: { req: IncomingMessage; status: number; body: unknown }, next: () => Promise<void>) => {
  if (isSigned(context.req, 'S3RVER')) return next();
  context.status = 403;
  context.body = { Error: { Code: 'SignatureDoesNotMatch' } };
});
const { port } = await server.run();
parentPort?.postMessage(port); // oxlint-disable-line unicorn/require-post-message-target-origin -- a thread's port, not a window's
