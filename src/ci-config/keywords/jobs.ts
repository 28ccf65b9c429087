import type { Findings } from '../findings.ts';
import { isBlankValue } from '../shapes.ts';
import type { MapEntry, MapNode } from '../yaml/tree.ts';
import { readJob } from './job.ts';
import type { DraftJob, Surroundings } from './job.ts';

const reserved = new Set(['image', 'services', 'stages', 'before_script', 'after_script', 'variables', 'cache', 'include']);
const unlessJobs = new Set(['default', 'workflow']);

function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** Whether a visible key is a job: it has a script, steps, a trigger, or mirrors another pipeline (CI configuration 3). */
export function looksLikeJob(entry: MapEntry): boolean {
  const { value } = entry;
  if (value.kind !== 'map' || isHidden(entry.key.text)) return false;
  const needs = value.entries.get('needs')?.value;
  return ['script', 'run', 'trigger'].some((key) => value.entries.has(key)) || (needs?.kind === 'map' && needs.entries.has('pipeline'));
}

/** All jobs of the document, in its order. When a visible key is no job, or none is, only that is reported. */
export function readJobs(document: MapNode, surroundings: Surroundings, findings: Findings): DraftJob[] {
  const entries = [...document.entries.values()].filter((entry) => {
    return !reserved.has(entry.key.text) && (!unlessJobs.has(entry.key.text) || looksLikeJob(entry));
  });
  const before = findings.count;
  const visible = entries.filter((entry) => !isHidden(entry.key.text));
  for (const { key } of visible.filter((entry) => !looksLikeJob(entry))) {
    findings.add(`jobs ${key.text}`, 'config should implement the script:, run:, or trigger: keyword', key);
  }
  if (!visible.some(looksLikeJob)) findings.add('jobs', 'config should contain at least one visible job', document);
  if (findings.count > before) return [];

  const drafts: DraftJob[] = [];
  for (const entry of entries) {
    const { key, value } = entry;
    if (isHidden(key.text)) {
      if (isBlankValue(value)) findings.add(`jobs:${key.text}`, "config can't be blank", key);
    } else if (value.kind === 'map') {
      const draft = readJob(entry, value, surroundings, findings);
      if (draft) drafts.push(draft);
    }
  }
  return drafts;
}
