import { jobEvents, jobStatuses, jobTransitions } from '../src/pipelines/job-state.ts';

/** The page of the job's states, drawn from the table that the server itself goes by. */
export function drawStateMachines(): string {
  const edges = jobTransitions.flatMap(({ event, from, to, onlyGraceful }) =>
    from.map((status) => `    ${status} --> ${to}: ${event}${onlyGraceful === true ? ' (graceful)' : ''}`),
  );
  const rows = jobTransitions.map(
    ({ event, from, to, onlyGraceful }) =>
      `| ${event} | ${from.join(', ')} | ${to} | ${onlyGraceful === true ? 'the manager can stop jobs gracefully' : ''} |`,
  );
  const used = new Set(jobTransitions.flatMap(({ from, to }) => [...from, to]));
  return [
    '# State machines',
    '',
    'Generated from `src/pipelines/job-state.ts` (`npm run gen`). Every change of a status goes through `transition()`.',
    '',
    '## Job',
    '',
    '```mermaid',
    'stateDiagram-v2',
    '    [*] --> created',
    ...edges,
    '```',
    '',
    '| event | from | to | only when |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `Events: ${jobEvents.join(', ')}. Statuses without a transition yet: ${jobStatuses.filter((status) => !used.has(status)).join(', ') || 'none'}.`,
    '',
  ].join('\n');
}
