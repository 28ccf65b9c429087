/** Bounds what a plan holds when everything that its jobs share is written out, as it is when the jobs are stored. */
import type { CompiledJob, CompiledVariable } from './plan.ts';
import { Stop } from './stop.ts';
import type { Place } from './yaml/tree.ts';

/** The largest plan, in characters. */
export const largestPlan = 64 * 1024 * 1024;

const perItem = 8;

export class PlanSize {
  #size = 0;
  #known = new WeakMap<object, number>();

  /** Adds a job; throws `Stop` when the plan has become too big. */
  add(job: CompiledJob, place: Place): void {
    const { script, beforeScript, afterScript, tags, dependencies } = job;
    for (const texts of [script, beforeScript, afterScript, tags, dependencies ?? []]) this.#spend(this.#textSize(texts), place);
    this.#spend(this.#variableSize(job.variables), place);
    this.#spend(this.#jsonSize(job.services) + this.#jsonSize(job.image) + this.#jsonSize(job.artifacts), place);
    this.#spend(
      (job.needs ?? []).reduce((sum, need) => sum + need.job.length + perItem, 0),
      place,
    );
  }

  /** The global variables with a job's own over them: a name keeps its place and takes its last value. */
  mergeVariables(globals: CompiledVariable[], own: CompiledVariable[], place: Place): CompiledVariable[] {
    this.#spend((globals.length + own.length) * perItem, place);
    const merged = new Map<string, CompiledVariable>();
    for (const variable of globals) merged.set(variable.key, variable);
    for (const variable of own) merged.set(variable.key, variable);
    return [...merged.values()];
  }

  #spend(size: number, place: Place): void {
    this.#size += size;
    if (this.#size > largestPlan) {
      throw new Stop(`The jobs are too big: with what they inherit written out they may have ${largestPlan} characters`, 'keyword', place);
    }
  }

  #remember<T extends object>(part: T, measure: (part: T) => number): number {
    const known = this.#known.get(part);
    if (known !== undefined) return known;
    const size = measure(part);
    this.#known.set(part, size);
    return size;
  }

  #textSize(texts: string[]): number {
    return this.#remember(texts, (list) => list.reduce((sum, text) => sum + text.length + perItem, 0));
  }

  #variableSize(variables: CompiledVariable[]): number {
    return this.#remember(variables, (list) => list.reduce((sum, { key, value }) => sum + key.length + value.length + perItem, 0));
  }

  #jsonSize(part: object | null): number {
    return part === null ? 0 : this.#remember(part, (value) => JSON.stringify(value).length);
  }
}
