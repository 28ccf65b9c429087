/**
 * Hides secrets in a text that arrives in pieces. A secret is found wherever it begins and ends, also over several
 * pieces: text that may turn out to be the beginning of one is held back until that is decided.
 *
 * All secrets are searched side by side in one walk (a trie whose dead ends lead to the longest ending that is again a
 * beginning), so the work does not grow with their number.
 */

export const maskText = '[MASKED]';

/** Agents take no more token prefixes than that (runner protocol 5.10). */
const mostPrefixes = 10;

interface Node {
  next: Map<number, Node>;
  /** The longest ending of this node's text that is another node's text. */
  fallback: Node | null;
  /** Length of this node's text. */
  depth: number;
  /** Length of the longest secret that ends here; 0 for none. */
  secret: number;
  /** A token prefix ends here. */
  prefix: boolean;
}

interface Span {
  from: number;
  to: number;
}

export class Masker {
  readonly #root: Node;
  #node: Node;
  /** Text that is not given out yet; it begins at position `#heldFrom` of the whole text. */
  #held = '';
  #heldFrom = 0;
  /** Parts of the held text to hide, in order and apart from each other. */
  #spans: Span[] = [];
  /** Where the last mask that was given out ends: what goes on there belongs to the same mask. */
  #maskedTo = -1;
  /** After a token prefix, while the token itself goes on. */
  #inToken = false;

  /** `secrets` are hidden as they stand; of a token that begins with one of `prefixes` everything after the prefix is. */
  constructor(secrets: Iterable<string>, prefixes: readonly string[] = []) {
    this.#root = newNode(0);
    for (const secret of secrets) this.#add(secret).secret = secret.length;
    for (const prefix of prefixes.filter((text) => text !== '').slice(0, mostPrefixes)) this.#add(prefix).prefix = true;
    this.#root.secret = 0;
    connect(this.#root);
    this.#node = this.#root;
  }

  /** Takes the next piece and gives what can be shown by now. */
  push(piece: string): string {
    const from = this.#heldFrom + this.#held.length;
    this.#held += piece;
    for (let index = 0; index < piece.length; index += 1) this.#step(piece.charCodeAt(index), from + index);
    return this.#release(this.#heldFrom + this.#held.length - this.#node.depth);
  }

  /** Gives what was held back: nothing more follows. */
  end(): string {
    this.#node = this.#root;
    this.#inToken = false;
    return this.#release(this.#heldFrom + this.#held.length);
  }

  #add(text: string): Node {
    let node = this.#root;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      let next = node.next.get(unit);
      if (next === undefined) node.next.set(unit, (next = newNode(node.depth + 1)));
      node = next;
    }
    return node;
  }

  #step(unit: number, at: number): void {
    if (this.#inToken) {
      this.#inToken = isTokenUnit(unit);
      if (this.#inToken) this.#hide(at, at + 1);
    }
    let node: Node | null = this.#node;
    while (node !== null && !node.next.has(unit)) node = node.fallback;
    this.#node = node?.next.get(unit) ?? this.#root;
    if (this.#node.secret > 0) this.#hide(at + 1 - this.#node.secret, at + 1);
    if (this.#node.prefix) this.#inToken = true;
  }

  #hide(from: number, to: number): void {
    const span = { from, to };
    for (let last = this.#spans.at(-1); last !== undefined && last.to >= span.from; last = this.#spans.at(-1)) {
      span.from = Math.min(span.from, last.from);
      this.#spans.pop();
    }
    this.#spans.push(span);
  }

  /** Gives out the text before position `to`. */
  #release(to: number): string {
    let shown = '';
    let at = this.#heldFrom;
    let left: Span[] = [];
    for (const [index, span] of this.#spans.entries()) {
      if (span.from >= to) {
        left = [...left, ...this.#spans.slice(index)];
        break;
      }
      shown += this.#held.slice(at - this.#heldFrom, span.from - this.#heldFrom);
      if (span.from !== this.#maskedTo) shown += maskText;
      at = Math.min(span.to, to);
      this.#maskedTo = at;
      if (span.to > to) left.push({ from: to, to: span.to });
    }
    shown += this.#held.slice(at - this.#heldFrom, to - this.#heldFrom);
    this.#spans = left;
    this.#held = this.#held.slice(to - this.#heldFrom);
    this.#heldFrom = to;
    return shown;
  }
}

function newNode(depth: number): Node {
  return { next: new Map(), fallback: null, depth, secret: 0, prefix: false };
}

/** Sets the fallbacks, nodes near the root first, and lets nodes know the secrets that end in their fallbacks. */
function connect(root: Node): void {
  const open = [...root.next.values()];
  for (const node of open) node.fallback = root;
  for (const node of open) {
    for (const [unit, child] of node.next) {
      let fallback = node.fallback;
      while (fallback !== null && !fallback.next.has(unit)) fallback = fallback.fallback;
      child.fallback = fallback?.next.get(unit) ?? root;
      child.secret = Math.max(child.secret, child.fallback.secret);
      child.prefix ||= child.fallback.prefix;
      open.push(child);
    }
  }
}

/** Letters, digits, `_`, `-`, `.` and `=`: what tokens are made of. */
function isTokenUnit(unit: number): boolean {
  return (
    (unit >= 48 && unit <= 57) ||
    (unit >= 65 && unit <= 90) ||
    (unit >= 97 && unit <= 122) ||
    unit === 95 ||
    unit === 45 ||
    unit === 46 ||
    unit === 61
  );
}
