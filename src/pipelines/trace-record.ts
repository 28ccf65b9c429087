import type { Tx } from '../db/tx.ts';

/** Notes size (bytes) and CRC-32 of a finished log, so that it can be checked however it is kept. */
export async function recordTrace(tx: Tx, jobId: number, trace: { size: number; crc32: number }): Promise<void> {
  await tx.updateTable('jobs').set({ trace_size: trace.size, trace_crc32: trace.crc32 }).where('id', '=', jobId).execute();
}

/** Notes a sign of life of a running job. */
export async function touchJob(tx: Tx, jobId: number, now: number): Promise<void> {
  await tx.updateTable('jobs').set({ updated_at: now }).where('id', '=', jobId).where('status', 'in', ['running', 'canceling']).execute();
}
