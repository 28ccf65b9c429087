import type { RunnerAgent } from './store.ts';

/** `info` of a call of an agent, as far as it was given (runner protocol 4.1). */
export interface AgentInfo {
  name?: string | null;
  version?: string | null;
  revision?: string | null;
  platform?: string | null;
  architecture?: string | null;
  executor?: string | null;
  features?: Record<string, unknown> | null;
  config?: Record<string, unknown> | null;
  labels?: Record<string, unknown> | null;
}

/** What is kept of `info` with the manager that gave it; what was not given is left out. The last three are JSON objects as text. */
export interface ManagerDetails extends Partial<Record<keyof RunnerAgent | 'executor', string>> {
  config?: string;
  labels?: string;
  features?: string;
}

const agentKeys = ['name', 'version', 'revision', 'platform', 'architecture'] as const;
/** Texts longer than this say nothing about a machine. */
const longestText = 255;
const mostLabels = 32;

/** What is kept of `info` with a manager. */
export function detailsOf(info: AgentInfo): ManagerDetails {
  const details: ManagerDetails = {};
  for (const key of [...agentKeys, 'executor'] as const) {
    const value = info[key];
    if (typeof value === 'string') details[key] = value.slice(0, longestText);
  }
  if (info.features !== undefined && info.features !== null)
    details.features = JSON.stringify(Object.fromEntries(Object.entries(info.features).filter(([, value]) => value === true)));
  const gpus = info.config?.['gpus'];
  if (typeof gpus === 'string') details.config = JSON.stringify({ gpus: gpus.slice(0, longestText) });
  if (info.labels !== undefined && info.labels !== null) {
    const labels = Object.entries(info.labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    details.labels = JSON.stringify(Object.fromEntries(labels.slice(0, mostLabels)));
  }
  return details;
}

/** What is kept of details with the runner itself; what was not given is left out. */
export function agentOf(details: ManagerDetails): Partial<RunnerAgent> {
  return Object.fromEntries(agentKeys.filter((key) => details[key] !== undefined).map((key) => [key, details[key]]));
}

/** Whether `later` says anything that `earlier` did not. */
export function saysMore(earlier: ManagerDetails, later: ManagerDetails): boolean {
  return Object.entries(later).some(([key, value]) => earlier[key as keyof ManagerDetails] !== value);
}
