import { stripVTControlCharacters } from 'node:util';
import type { Change, Explanation } from '../queue/explain-api.ts';

const paints = { bold: '1', red: '31', green: '32', yellow: '33', dim: '2' } as const;
type Paint = (color: keyof typeof paints, text: string) => string;

/** States in which nothing has to be done. */
const fine = ['queued', 'running', 'succeeded', 'unconfirmed', 'scheduled', 'preparing'];

/** An explanation as a block of text that ends with a line break; without colours it is plain. */
export function explanationText(explanation: Explanation, isColored: boolean): string {
  const paint: Paint = (color, text) => (isColored ? `\u001B[${paints[color]}m${text}\u001B[0m` : text);
  const { job, code } = explanation;
  const color = fine.includes(code) ? 'green' : code === 'failed' ? 'red' : 'yellow';
  const lines = [
    `${paint('bold', `Job ${job.id}`)} ${clean(job.name)} (${clean(job.stage)}) of ${clean(job.project.path_with_namespace)}, ${clean(job.ref)}: ${paint(color, job.status)}`,
    ...(job.tag_list.length === 0 ? [] : [`  tags       ${job.tag_list.map(clean).join(', ')}`]),
    '',
    `  ${clean(explanation.state)}`,
    `  code       ${paint(color, code)}`,
    ...suggestionLines(explanation),
    ...queueLines(explanation),
    ...waitingLines(explanation),
    ...runnerLines(explanation, paint),
    ...pausedLines(explanation),
    `  page       ${paint('dim', job.web_url)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Names come from others, and must not steer the terminal. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what has to go
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, ' ');
}

function suggestionLines({ suggestion }: Explanation): string[] {
  if (suggestion === null) return [];
  return [`  to do      ${clean(suggestion.text)}`, ...suggestion.changes.map((change) => `             ${changeText(change)}`)];
}

function changeText({ kind, method, path, parameters }: Change): string {
  const what = clean(JSON.stringify(parameters));
  if (kind === 'request') return `${method ?? ''} /api/v4${path ?? ''} ${what}`;
  return kind === 'configuration' ? `${clean(path ?? '')}: ${what}` : `at the machine: ${what}`;
}

function queueLines({ position, expected_wait: wait, expected_wait_unknown: unknown }: Explanation): string[] {
  const words = {
    no_history: 'not known yet: too few jobs with these tags started lately',
    longer_than_recent: 'not known: it waits longer than such jobs lately did',
  };
  const lines =
    position === null
      ? []
      : [`  position   ${position.place} of ${position.of} (${position.order === 'fair' ? 'fair between projects' : 'oldest first'})`];
  if (wait !== null) return [...lines, `  wait       ${spanText(wait.from, wait.to)} (from ${wait.jobs} jobs with these tags)`];
  return unknown === 'no_history' || unknown === 'longer_than_recent' ? [...lines, `  wait       ${words[unknown]}`] : lines;
}

function spanText(from: number, to: number): string {
  return from === to ? `about ${secondsText(to)}` : `${secondsText(from)} to ${secondsText(to)}`;
}

function secondsText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function waitingLines({ waits_for: jobs, scheduled_at: due, resource, failure }: Explanation): string[] {
  return [
    ...(due === null ? [] : [`  due        ${due}`]),
    ...(resource === null ? [] : [`  resource   ${clean(resource.key)}`]),
    ...(failure === null ? [] : [`  failure    ${failure.reason ?? 'unknown_failure'}`]),
    ...jobs.map((job, index) => `${index === 0 ? '  waits for ' : '            '} job ${job.id} ${clean(job.name)} (${job.status})`),
  ];
}

function runnerLines({ runners, nearest, near_tags: tags }: Explanation, paint: Paint): string[] {
  if (runners === null) return [];
  const unmet = Object.entries(runners.unmet).toSorted(([, a], [, b]) => b - a);
  return [
    `  runners    ${runners.in_scope} for the project, ${runners.can_run} can take it, ${runners.in_contact} in contact, ${runners.free} free`,
    ...unmet.map(([code, count]) => `             ${count} × ${code}`),
    ...tags.map(({ tag, near }) => `  near tag   "${clean(near)}" for "${clean(tag)}"`),
    ...nearest.map(
      (runner, index) =>
        `${index === 0 ? '  nearest   ' : '            '} runner ${runner.id}${runner.description === null ? '' : ` (${clean(runner.description)})`}, ${paint(runner.liveness === 'online' ? 'green' : 'yellow', runner.liveness)}: ${lacks(runner)}`,
    ),
  ];
}

function lacks({ unmet, missing_tags: missing }: Explanation['nearest'][number]): string {
  if (unmet.length === 0) return 'can take it';
  const tags = missing.map(clean).join(', ');
  return unmet.map(({ code, text }) => (code === 'tags_missing' ? `lacks ${tags}` : text)).join('; ');
}

function pausedLines({ paused }: Explanation): string[] {
  return paused.map((one, index) => {
    const by = one.paused_by === null ? '' : ` by ${one.paused_by}`;
    const at = one.paused_at === null ? '' : ` at ${one.paused_at}`;
    const note = one.note === null || one.note === '' ? '' : `: ${clean(one.note)}`;
    return `${index === 0 ? '  paused    ' : '            '} runner ${one.runner_id}${by}${at}${note}`;
  });
}
