/** Bounds what a plan holds when everything that its jobs share is written out, as it is when the jobs are stored. */
import type { CompiledJob, CompiledNeed, CompiledVariable } from './plan.ts';
import { Stop } from './stop.ts';
import type { Place } from './yaml/tree.ts';

/** The largest plan, in characters. */
const largestPlan = 64 * 1024 * 1024;

const perItem = 8;
/** What a variable costs besides its name and value: the names of its fields, when it is stored. */
const perVariable = 40;

/** Which global variables a job takes. */
export type VariableChoice = 'all' | ((name: string) => boolean);

/** Lists that are longer are measured once. */
const longList = 16;

const textSize = (text: string) => text.length + perItem;
const needSize = (need: CompiledNeed) => need.job.length + perItem;
const variableSize = ({ key, value }: CompiledVariable) => key.length + value.length + perVariable;

export class PlanSize {
  #size = 0;
  #known = new WeakMap<object, number>();
  #globals: CompiledVariable[];
  /** Copying a map is several times cheaper than filling one for each job. */
  #globalsByName: ReadonlyMap<string, CompiledVariable>;

  /** `globals`: the global variables, which jobs inherit. */
  constructor(globals: CompiledVariable[]) {
    this.#globals = globals;
    this.#globalsByName = new Map(globals.map((variable) => [variable.key, variable]));
  }

  /** Adds a job; throws `Stop` when the plan has become too big. */
  add(job: CompiledJob, place: Place): void {
    const { script, beforeScript, afterScript, tags, dependencies, services, image, artifacts } = job;
    let size = this.#objectSize(image) + this.#objectSize(artifacts);
    if (services.length > 0) size += this.#objectSize(services);
    size += this.#listSize(script, textSize) + this.#listSize(beforeScript, textSize) + this.#listSize(afterScript, textSize);
    size += this.#listSize(tags, textSize) + this.#listSize(dependencies ?? [], textSize);
    size += this.#listSize(job.needs ?? [], needSize) + this.#listSize(job.variables, variableSize);
    this.#spend(size, place);
  }

  /**
   * The global variables that a job takes, with its own over them: a name keeps its place and takes its last value. A job that
   * takes all and adds none shares the list.
   */
  mergeVariables(takes: VariableChoice, own: CompiledVariable[], place: Place): CompiledVariable[] {
    if (takes === 'all' && own.length === 0) return this.#globals;
    this.#spend((this.#globals.length + own.length) * perVariable, place);
    const merged = new Map(this.#globalsByName);
    if (takes !== 'all') {
      for (const key of this.#globalsByName.keys()) if (!takes(key)) merged.delete(key);
    }
    for (const variable of own) merged.set(variable.key, variable);
    return [...merged.values()];
  }

  #spend(size: number, place: Place): void {
    this.#size += size;
    if (this.#size > largestPlan) {
      throw new Stop(`The jobs are too big: with what they inherit written out they may have ${largestPlan} characters`, 'keyword', place);
    }
  }

  /** The size of a list; that of a long one is remembered, since many jobs may share it. */
  #listSize<T>(list: T[], sizeOf: (item: T) => number): number {
    const long = list.length > longList;
    const known = long ? this.#known.get(list) : undefined;
    if (known !== undefined) return known;
    let size = 0;
    for (const item of list) size += sizeOf(item);
    if (long) this.#known.set(list, size);
    return size;
  }

  #objectSize(part: object | null): number {
    if (part === null) return 0;
    const known = this.#known.get(part);
    if (known !== undefined) return known;
    const size = JSON.stringify(part).length;
    this.#known.set(part, size);
    return size;
  }
}
