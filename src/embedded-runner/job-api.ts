import type { JobPayload, JobUpdate } from '../runner-api/wire.ts';
import { apiUrl, sendForText, sendJson, type TextAnswer } from './http-call.ts';
import { runnerInfo } from './runner-info.ts';
import type { Shell } from './shell.ts';

/** The calls about one job, which its token opens. All of them throw `NoAnswer`, also when `signal` gives them up. */
export interface JobApi {
  readonly token: string;
  /** Address of a call about the job: `/artifacts`. */
  url(path: string): URL;
  /** Address of a call about another job, whose archive is fetched. */
  dependencyUrl(jobId: number): URL;
  /** `PUT /jobs/:id` (runner protocol 6). */
  update(update: Omit<JobUpdate, 'token' | 'info'>, signal?: AbortSignal): Promise<TextAnswer>;
  /** `PATCH /jobs/:id/trace` with bytes of the log from `offset` on (runner protocol 7). */
  appendLog(bytes: Buffer, offset: number, signal?: AbortSignal): Promise<TextAnswer>;
}

export function createJobApi(server: string, payload: Pick<JobPayload, 'id' | 'token' | 'variables'>, shell: Shell): JobApi {
  const { id, token, variables } = payload;
  const headers = { 'JOB-TOKEN': token };
  // A log that shows every command is not for everybody: the server must know with the first byte (runner protocol 7.1).
  const debug = variables.findLast((variable) => variable.key === 'CI_DEBUG_TRACE')?.value === 'true';
  return {
    token,
    url: (path) => apiUrl(server, `/jobs/${id}${path}`),
    dependencyUrl: (jobId) => apiUrl(server, `/jobs/${jobId}/artifacts`),
    update: (update, signal) =>
      sendJson('PUT', apiUrl(server, `/jobs/${id}`), { ...update, token, info: runnerInfo(shell) }, { headers, signal }),
    appendLog: (bytes, offset, signal) =>
      sendForText({
        method: 'PATCH',
        url: apiUrl(server, `/jobs/${id}/trace?debug_trace=${debug}`),
        headers: { ...headers, 'Content-Type': 'text/plain', 'Content-Range': `${offset}-${offset + bytes.length - 1}` },
        body: bytes,
        signal,
      }),
  };
}
