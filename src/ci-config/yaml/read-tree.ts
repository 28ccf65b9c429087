/** Tokens to trees: one tree for each document, aliases and merge keys resolved, YAML 1.1 types given. */
import { YamlError } from './cursor.ts';
import type { Mark } from './cursor.ts';
import { resolvePlain, UnspecifiedClass } from './resolve-scalar.ts';
import { applyTag, mergeSources } from './meaning.ts';
import { Scanner } from './scanner.ts';
import type { Token, TokenType } from './token-queue.ts';
import { heightOf, isNull, newList, newMap, setEntry, weightOf } from './tree.ts';
import type { MapNode, Place, ScalarNode, TreeNode } from './tree.ts';

/** `depth`: levels of collections, aliases written out. `weight`: see `weightOf`; `mergedKeys`: keys copied by `<<` in the whole file. */
export interface TreeLimits {
  depth: number;
  weight: number;
  mergedKeys: number;
}

/** `hasReferences`: some tree holds a `!reference`. */
export interface Trees {
  trees: TreeNode[];
  hasReferences: boolean;
}

/** A tree went over one of its limits. */
export class TooBig extends Error {
  override name = 'TooBig';
  readonly line: number;
  readonly column: number;
  constructor(mark: Mark) {
    super('The parsed YAML is too big');
    this.line = mark.line + 1;
    this.column = mark.column + 1;
  }
}

/**
 * All documents of a text, without those that are empty. Linear in the length of the text, whatever it holds.
 *
 * Throws `YamlError` for text that is not YAML and `TooBig`.
 */
export function readTrees(text: string, file: string, limits: TreeLimits): Trees {
  return new Reader(text, file, limits).readAll();
}

const scalarEnds: ReadonlySet<TokenType> = new Set(['key', 'value', 'blockEnd']);

function opensCollection(type: TokenType, block: boolean, indentless: boolean): boolean {
  if (type === 'flowListStart' || type === 'flowMapStart') return true;
  if (type === 'blockEntry') return indentless;
  return block && (type === 'blockListStart' || type === 'blockMapStart');
}

class Reader {
  #scanner: Scanner;
  #file: string;
  #limits: TreeLimits;
  #anchors = new Map<string, TreeNode>();
  #depth = 0;
  #mergedKeys = 0;
  /** The node read last was written as an alias. */
  #aliased = false;
  #hasReferences = false;

  constructor(text: string, file: string, limits: TreeLimits) {
    this.#scanner = new Scanner(text);
    this.#file = file;
    this.#limits = limits;
  }

  readAll(): Trees {
    const trees: TreeNode[] = [];
    for (let first = true; ; first = false) {
      while (!first && this.#scanner.peek().type === 'documentEnd') this.#scanner.next();
      if (this.#scanner.peek().type === 'streamEnd') return { trees, hasReferences: this.#hasReferences };
      const tree = this.#readDocument(first);
      if (!isNull(tree)) trees.push(tree);
    }
  }

  #readDocument(first: boolean): TreeNode {
    this.#anchors.clear();
    let explicit = !first;
    while (this.#scanner.peek().type === 'directive') {
      this.#scanner.next();
      explicit = true;
    }
    const token = this.#scanner.peek();
    if (token.type === 'documentStart') this.#scanner.next();
    else if (explicit) throw new YamlError('did not find expected <document start>', token);
    if (token.type !== 'documentStart') return this.#readNode(true, false);
    const content = this.#scanner.peek();
    const empty = ['directive', 'documentStart', 'documentEnd', 'streamEnd'].includes(content.type);
    return empty ? this.#nullAt(content) : this.#readNode(true, false);
  }

  #place(mark: Mark): Place {
    return { file: this.#file, line: mark.line + 1, column: mark.column + 1 };
  }

  #nullAt(mark: Mark): ScalarNode {
    return this.#scalar('', 'null', mark);
  }

  #scalar(text: string, type: ScalarNode['type'], mark: Mark): ScalarNode {
    return { kind: 'scalar', type, text, file: this.#file, line: mark.line + 1, column: mark.column + 1 };
  }

  /** Reads a node; sets `#aliased`. */
  #readNode(block: boolean, indentless: boolean): TreeNode {
    const start = this.#scanner.peek();
    if (start.type === 'alias') {
      this.#scanner.next();
      const node = this.#anchors.get(start.text);
      if (!node) throw new YamlError(`Unknown alias: ${start.text}`, start);
      this.#aliased = true;
      return node;
    }
    const hasProperties = start.type === 'anchor' || start.type === 'tag';
    const node = hasProperties ? this.#readWithProperties(block, indentless, start) : this.#readContent(block, indentless, start, false);
    this.#aliased = false;
    return node;
  }

  #readWithProperties(block: boolean, indentless: boolean, start: Token): TreeNode {
    let anchor: string | undefined;
    let tag: Token | undefined;
    for (let token = start; ; token = this.#scanner.peek()) {
      if (token.type === 'anchor' && anchor === undefined) anchor = token.text;
      else if (token.type === 'tag' && tag === undefined) tag = token;
      else break;
      this.#scanner.next();
    }
    const first = this.#scanner.peek();
    const written = first.type === 'plain' || first.type === 'text' ? first.text : '';
    const content = this.#readContent(block, indentless, start, true);
    const node = tag ? applyTag(content, content.kind === 'scalar' ? written : null, tag) : content;
    if (node.kind === 'reference') this.#hasReferences = true;
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #readContent(block: boolean, indentless: boolean, start: Token, mayBeEmpty: boolean): TreeNode {
    const token = this.#scanner.peek();
    if (token.type === 'plain' || token.type === 'text') {
      this.#scanner.next();
      return token.type === 'plain' ? this.#plain(token) : this.#scalar(token.text, 'string', token);
    }
    if (opensCollection(token.type, block, indentless)) {
      if (this.#depth >= this.#limits.depth) throw new TooBig(token);
      this.#depth++;
      const node = this.#readCollection(token.type);
      this.#depth--;
      if (this.#depth + heightOf(node) > this.#limits.depth || weightOf(node) > this.#limits.weight) throw new TooBig(token);
      return node;
    }
    if (mayBeEmpty) return this.#nullAt(token);
    const doing = block ? 'while parsing a block node' : 'while parsing a flow node';
    throw new YamlError('did not find expected node content', token, { doing, since: start });
  }

  #readCollection(type: TokenType): TreeNode {
    if (type === 'flowListStart') return this.#readFlowList();
    if (type === 'flowMapStart') return this.#readFlowMap();
    if (type === 'blockListStart') return this.#readBlockList();
    return type === 'blockMapStart' ? this.#readBlockMap() : this.#readIndentlessList();
  }

  #plain(token: Token): ScalarNode {
    try {
      const { type, text } = resolvePlain(token.text);
      return this.#scalar(text, type, token);
    } catch (error) {
      if (error instanceof UnspecifiedClass) throw new YamlError(error.message, token);
      throw error;
    }
  }

  #readBlockList(): TreeNode {
    const start = this.#scanner.next();
    const items: TreeNode[] = [];
    for (;;) {
      const token = this.#scanner.next();
      if (token.type === 'blockEnd') return newList(items, this.#place(start));
      if (token.type !== 'blockEntry') {
        throw new YamlError("did not find expected '-' indicator", token, { doing: 'while parsing a block collection', since: start });
      }
      const next = this.#scanner.peek();
      const empty = next.type === 'blockEntry' || next.type === 'blockEnd';
      items.push(empty ? this.#nullAt(token) : this.#readNode(true, false));
    }
  }

  #readIndentlessList(): TreeNode {
    const start = this.#scanner.peek();
    const items: TreeNode[] = [];
    while (this.#scanner.peek().type === 'blockEntry') {
      const token = this.#scanner.next();
      const next = this.#scanner.peek();
      const empty = next.type === 'blockEntry' || scalarEnds.has(next.type);
      items.push(empty ? this.#nullAt(token) : this.#readNode(true, false));
    }
    return newList(items, this.#place(start));
  }

  #readBlockMap(): TreeNode {
    const start = this.#scanner.next();
    const map = newMap(this.#place(start));
    for (;;) {
      const token = this.#scanner.next();
      if (token.type === 'blockEnd') return map;
      if (token.type !== 'key') {
        throw new YamlError('did not find expected key', token, { doing: 'while parsing a block mapping', since: start });
      }
      const key = scalarEnds.has(this.#scanner.peek().type) ? this.#nullAt(token) : this.#readNode(true, true);
      const bare = this.#scanner.peek().type !== 'value';
      if (!bare) this.#scanner.next();
      const empty = bare || scalarEnds.has(this.#scanner.peek().type);
      this.#addEntry(map, key, empty ? this.#nullAt(token) : this.#readNode(true, true));
    }
  }

  #readFlowList(): TreeNode {
    const start = this.#scanner.next();
    const items: TreeNode[] = [];
    while (this.#scanner.peek().type !== 'flowListEnd') {
      if (items.length > 0) this.#expectComma(start, 'while parsing a flow sequence', "did not find expected ',' or ']'");
      const token = this.#scanner.peek();
      if (token.type === 'flowListEnd') break;
      items.push(token.type === 'key' ? this.#readPair() : this.#readNode(false, false));
    }
    this.#scanner.next();
    return newList(items, this.#place(start));
  }

  #expectComma(start: Token, doing: string, problem: string): void {
    const token = this.#scanner.peek();
    if (token.type !== 'flowEntry') throw new YamlError(problem, token, { doing, since: start });
    this.#scanner.next();
  }

  /** A map with one entry that is written without braces in a list. */
  #readPair(): TreeNode {
    const map = newMap(this.#place(this.#scanner.peek()));
    this.#readFlowEntry(map, 'flowListEnd');
    return map;
  }

  #readFlowMap(): TreeNode {
    const start = this.#scanner.next();
    const map = newMap(this.#place(start));
    for (let first = true; this.#scanner.peek().type !== 'flowMapEnd'; first = false) {
      if (!first) this.#expectComma(start, 'while parsing a flow mapping', "did not find expected ',' or '}'");
      const token = this.#scanner.peek();
      if (token.type === 'flowMapEnd') break;
      if (token.type === 'key') this.#readFlowEntry(map, 'flowMapEnd');
      else this.#addEntry(map, this.#readNode(false, false), this.#nullAt(token));
    }
    this.#scanner.next();
    return map;
  }

  #readFlowEntry(map: MapNode, end: TokenType): void {
    const start = this.#scanner.next();
    const ends = (type: TokenType) => type === 'flowEntry' || type === end;
    const first = this.#scanner.peek().type;
    const key = first === 'value' || ends(first) ? this.#nullAt(start) : this.#readNode(false, false);
    const bare = this.#scanner.peek().type !== 'value';
    if (!bare) this.#scanner.next();
    this.#addEntry(map, key, bare || ends(this.#scanner.peek().type) ? this.#nullAt(start) : this.#readNode(false, false));
  }

  #addEntry(map: MapNode, key: TreeNode, value: TreeNode): void {
    if (key.kind !== 'scalar') {
      throw new YamlError('found a collection as the key of a mapping', { at: 0, line: key.line - 1, column: key.column - 1 });
    }
    const sources = key.text === '<<' ? mergeSources(value, this.#aliased) : null;
    if (!sources) {
      setEntry(map, key, value);
      return;
    }
    for (const source of sources) {
      this.#mergedKeys += source.entries.size;
      if (this.#mergedKeys > this.#limits.mergedKeys) throw new TooBig({ at: 0, line: key.line - 1, column: key.column - 1 });
      for (const entry of source.entries.values()) setEntry(map, entry.key, entry.value);
    }
  }
}
