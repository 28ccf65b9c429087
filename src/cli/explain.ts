import type { Explanation } from '../queue/explain-api.ts';
import { explanationText } from './explain-text.ts';

export interface ExplainFlags {
  url?: string;
  token?: string;
  json?: boolean;
}

/** What the command needs from its surroundings. */
export interface Terminal {
  environment: Readonly<Record<string, string | undefined>>;
  /** Whether colours can be shown. */
  isColored: boolean;
  write(text: string): void;
}

const processTerminal: Terminal = {
  environment: process.env,
  isColored: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  write: (text) => void process.stdout.write(text),
};

/** `baton explain JOB`: why a job waits, in the words of the server. Throws with what to do when it cannot be asked. */
export async function explain(jobText: string, flags: ExplainFlags, terminal: Terminal = processTerminal): Promise<void> {
  const job = jobIdOf(jobText);
  const url = (flags.url ?? terminal.environment['BATON_URL'] ?? 'http://127.0.0.1:8080').replace(/\/+$/, '');
  const token = flags.token ?? terminal.environment['BATON_TOKEN'];
  const explanation = await ask(url, job, token);
  terminal.write(flags.json === true ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation, terminal.isColored));
}

/** The id in `123`, or at the end of a job's address. */
function jobIdOf(text: string): number {
  const id = Number(/^(?:https?:\/\/\S+\/jobs\/)?#?(\d{1,15})$/.exec(text)?.[1]);
  if (!Number.isSafeInteger(id) || id < 1) throw new Error(`"${text}" is no job: give its id, such as 123, or the address of its page`);
  return id;
}

async function ask(url: string, job: number, token: string | undefined): Promise<Explanation> {
  const headers: Record<string, string> = token === undefined ? {} : { 'PRIVATE-TOKEN': token };
  const response = await fetch(`${url}/api/v4/baton/jobs/${job}/explain`, { headers, signal: AbortSignal.timeout(patience) }).catch(
    (error: unknown) => {
      throw new Error(`no answer from ${url} (${reasonOf(error)}): check --url or BATON_URL, and that the server runs there`);
    },
  );
  if (response.ok && (response.headers.get('content-type') ?? '').startsWith('application/json'))
    return (await response.json()) as Explanation;
  throw new Error(refusal(response.status, { url, job, hasToken: token !== undefined }));
}

/** Milliseconds that the server gets to answer. */
const patience = 30_000;

function refusal(status: number, { url, job, hasToken }: { url: string; job: number; hasToken: boolean }): string {
  const login = 'give a personal access token with --token or BATON_TOKEN';
  if (status === 401) return `the token is not known to ${url}, or has expired: ${login} that is valid there`;
  if (status === 403) return `the token may not read jobs: ${login} with the scope read_api or api`;
  if (status === 404 && !hasToken) return `job ${job} is not there, or not for everybody: ${login}`;
  if (status === 404) return `job ${job} is not there, or not for you: check its id, or ${login} of somebody who may read it`;
  if (status === 503) return `${url} is starting or cannot reach its database: try again in a few seconds`;
  return `${url} answered with status ${status}: check that --url is the address of a Baton server`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause ? String(cause.code) : cause.message;
}
