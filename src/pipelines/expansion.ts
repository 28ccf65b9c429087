/** How one text refers to variables: `$X`, `${X}`, `%X%`; `$$` and `%%` stand for themselves (CI configuration 10.3). */
const reference = /\$\$|%%|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%/g;

/** A variable as jobs get it. */
export interface Variable {
  key: string;
  value: string;
  /** Harmless: agents hand it to service containers too. */
  public: boolean;
  /** The agent writes the value to a file, and the variable holds its path. */
  file: boolean;
  /** The agent replaces the value in the log. */
  masked: boolean;
  /** Nobody expands the value. */
  raw: boolean;
}

/** Names that a text refers to. */
export function referencesOf(text: string): string[] {
  if (!text.includes('$') && !text.includes('%')) return [];
  return [...text.matchAll(reference)].map((match) => match[1] ?? match[2] ?? match[3]).filter((name) => name !== undefined);
}

/** Puts in what `lookUp` knows; references that it does not know stay as they are. */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  if (!text.includes('$') && !text.includes('%')) return text;
  return text.replaceAll(reference, (whole: string, plain?: string, braced?: string, percent?: string) => {
    const name = plain ?? braced ?? percent;
    return name === undefined ? whole : (lookUp(name) ?? whole);
  });
}

/** Expands a text with finished variables; those that are files or raw stay references, for the agent and the shell. */
export function expandWith(text: string, variables: ReadonlyMap<string, Variable>): string {
  return expand(text, (name) => {
    const variable = variables.get(name);
    return variable === undefined || variable.file || variable.raw ? undefined : variable.value;
  });
}

/** Variables that are defined through each other, in the order in which they refer on. */
export class CircularReference extends Error {
  override name = 'CircularReference';
  readonly keys: string[];
  constructor(keys: string[]) {
    super(`circular variable reference detected: ${JSON.stringify(keys).replaceAll(',', ', ')}`);
    this.keys = keys;
  }
}

/**
 * The variables by key, in the order of the definitions that count, with their values expanded through each other.
 * `layers` holds all of them, lowest precedence first: the last of a name counts, and one that refers to its own name gets
 * the value that the name had below it. Throws `CircularReference`, unless `lenient`: then the references of a circle stay as they are.
 */
export function expandAll(layers: readonly Variable[], lenient = false): Map<string, Variable> {
  const below = new Map<string, Variable>();
  const given = new Map<string, Variable>();
  for (const variable of layers) {
    const before = given.get(variable.key);
    if (before !== undefined) below.set(variable.key, before);
    // Deleted first, so that the order is that of the definitions that count.
    given.delete(variable.key);
    given.set(variable.key, variable);
  }
  const done = new Map<string, Variable>();
  const open = new Set<string>();

  for (const start of given.keys()) {
    // A stack of its own: settings may hold thousands of variables, each defined by the next.
    const stack = [{ key: start, next: 0, needs: needsOf(given.get(start)) }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { key } = top;
      if (done.has(key)) {
        stack.pop();
        continue;
      }
      open.add(key);
      const need = top.needs[top.next++];
      if (need !== undefined) {
        if (need === key || done.has(need) || !given.has(need)) continue;
        if (!open.has(need)) stack.push({ key: need, next: 0, needs: needsOf(given.get(need)) });
        else if (!lenient)
          throw new CircularReference(stack.slice(stack.findIndex((frame) => frame.key === need)).map((frame) => frame.key));
        continue;
      }
      const variable = given.get(key);
      if (variable !== undefined) done.set(key, expanded(variable, done, below));
      open.delete(key);
      stack.pop();
    }
  }
  return new Map(
    [...given.keys()].map((key) => [key, done.get(key)]).filter((entry): entry is [string, Variable] => entry[1] !== undefined),
  );
}

function needsOf(variable: Variable | undefined): string[] {
  return variable === undefined || variable.raw || variable.file ? [] : referencesOf(variable.value);
}

function expanded(variable: Variable, done: ReadonlyMap<string, Variable>, below: ReadonlyMap<string, Variable>): Variable {
  if (variable.raw || variable.file) return variable;
  const value = expand(variable.value, (name) => {
    const found = name === variable.key ? below.get(name) : done.get(name);
    return found === undefined || found.file || found.raw ? undefined : found.value;
  });
  return value === variable.value ? variable : { ...variable, value };
}
