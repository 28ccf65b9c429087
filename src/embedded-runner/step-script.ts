import { quote } from './shell.ts';
import type { Shell } from './shell.ts';

const green = '\u001b[32;1m';
const plain = '\u001b[0;m';

/**
 * Lines of one step as a script: each is shown before it runs, and the first that fails ends it with its exit code
 * (runner protocol 5.5). Both outputs go into one pipe, so that their order is kept.
 */
export function stepScript(lines: readonly string[], shell: Shell, trace = false): string {
  return scriptOf([...prologue(shell), ...(trace ? ['set -x'] : []), ...lines.flatMap(shown)]);
}

/** A script from commands of the runner's own and, among them, lines of users made by `shown`. */
export function scriptOf(commands: readonly string[]): string {
  return `${commands.join('\n')}\n`;
}

/** What every script begins with. */
export function prologue(shell: Shell): string[] {
  // sh has no pipefail everywhere; where it is unknown, setting it would end the script.
  const strict = shell.name === 'bash' ? 'set -eo pipefail' : 'set -e\nif (set -o pipefail) 2>/dev/null; then set -o pipefail; fi';
  return ['exec 2>&1', strict];
}

/** A line of a user with its echo in front; of a line with line breaks only the first part is shown. */
export function shown(line: string): string[] {
  const [first = '', ...more] = line.trim().split('\n');
  const folded = more.length === 0 ? '' : ` # and ${more.length} more line${more.length === 1 ? '' : 's'}`;
  return [`printf '%s\\n' ${quote(`${green}$ ${first}${folded}${plain}`)}`, line];
}
