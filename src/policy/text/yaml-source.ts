import { isAlias, isMap, isScalar, LineCounter, type ParsedNode, parseAllDocuments, visit } from 'yaml';
import { type DocumentPath, formatPath, type PolicyProblem } from '../policy-problem.js';

/** The contract's limit on a policy's text (`CreatePolicyRevisionRequest.text`). */
export const MAX_TEXT_BYTES = 1_048_576;

/** Deeper than any policy, far from where recursion over the tree would overflow the stack. */
const MAX_DEPTH = 40;

/** A YAML text that parsed, with the place of every value. */
export interface YamlSource {
  readonly value: unknown;
  /**
   * Makes a problem at a place. `on: 'key'` points at the key instead of its value, for keys that are not known. A
   * path that leads nowhere points at its nearest ancestor.
   */
  problemAt(path: DocumentPath, message: string, on?: 'key' | 'value'): PolicyProblem;
  /**
   * Makes a problem at a character (from 0) of a text value. Where quoting or folding hides the character's place,
   * the problem points at the beginning of the value.
   */
  problemInText(path: DocumentPath, offset: number, message: string): PolicyProblem;
}

export type YamlResult =
  | { readonly kind: 'parsed'; readonly source: YamlSource }
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] };

/**
 * Parses one YAML 1.2 document (core schema). Refuses what would make a policy's text mean something else than it
 * seems to: duplicate keys, aliases and anchors, tags, several documents, and nesting beyond {@link MAX_DEPTH}.
 */
export function readYaml(text: string): YamlResult {
  if (Buffer.byteLength(text, 'utf8') > MAX_TEXT_BYTES) {
    return refuse(`the text is longer than ${MAX_TEXT_BYTES} bytes`);
  }
  const tooDeep = findDeepIndent(text);
  if (tooDeep) return refuse(`nested deeper than ${MAX_DEPTH} levels`);
  const lines = new LineCounter();
  const documents = parseAllDocuments<ParsedNode>(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    stringKeys: true,
    uniqueKeys: true,
  });
  if (!Array.isArray(documents)) return refuse('the document is empty');
  const [document] = documents;
  if (document === undefined) return refuse('the document is empty');
  if (documents.length > 1) return refuse('give one document: `---` may not begin a second one');

  const at = (offset: number): { line: number; column: number } => {
    const place = lines.linePos(offset);
    return { line: place.line, column: place.col };
  };
  const problems: PolicyProblem[] = [...document.errors, ...document.warnings].map((error) => ({
    path: '',
    ...at(error.pos[0]),
    message: lowerFirst(error.message),
  }));
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      problems.push({
        path: '',
        ...at(node.range?.[0] ?? 0),
        message: 'aliases are not allowed: write the value out',
      });
    } else if ((isMap(node) || isScalar(node)) && node.anchor !== undefined) {
      problems.push({
        path: '',
        ...at(node.range?.[0] ?? 0),
        message: 'anchors are not allowed: write the value out',
      });
    }
  });
  if (problems.length > 0) return { kind: 'invalid', problems };

  const problemAt: YamlSource['problemAt'] = (path, message, on = 'value') => {
    const offset = on === 'key' ? keyOffset(document.contents, path) : undefined;
    return { path: formatPath(path), ...at(offset ?? valueOffset(document.contents, path)), message };
  };
  const problemInText: YamlSource['problemInText'] = (path, offset, message) => {
    const node = path.reduce<ParsedNode | null>(child, document.contents);
    const start = valueOffset(document.contents, path);
    const inner =
      isScalar(node) && typeof node.value === 'string' ? findInScalar(text, node, offset) : undefined;
    return { path: formatPath(path), ...at(inner ?? start), message };
  };
  return { kind: 'parsed', source: { value: document.toJS({ maxAliasCount: 0 }), problemAt, problemInText } };
}

function refuse(message: string): YamlResult {
  return { kind: 'invalid', problems: [{ path: '', line: 1, column: 1, message }] };
}

/**
 * Nesting must be refused before parsing, since the parser recurses. Counts open flow brackets, and indentation steps
 * of block style, outside of quotes well enough: a text it refuses wrongly would need 40 brackets in one string.
 */
function findDeepIndent(text: string): boolean {
  let open = 0;
  for (const char of text) {
    if (char === '[' || char === '{') open++;
    else if ((char === ']' || char === '}') && open > 0) open--;
    if (open > MAX_DEPTH) return true;
  }
  return /^(?: {120,}|(?:[-?:] ){40,})\S/m.test(text);
}

function child(node: ParsedNode | null, part: string | number): ParsedNode | null {
  if (node === null || !('items' in node)) return null;
  if (isMap(node)) {
    for (const pair of node.items) {
      if (isScalar(pair.key) && pair.key.value === part) return pair.value;
    }
    return null;
  }
  const item = typeof part === 'number' ? node.items[part] : undefined;
  return item !== undefined && 'range' in item ? item : null;
}

function valueOffset(root: ParsedNode | null, path: DocumentPath): number {
  let node = root;
  for (const part of path) {
    const next = child(node, part);
    if (next === null) break;
    node = next;
  }
  return node?.range[0] ?? 0;
}

function keyOffset(root: ParsedNode | null, path: DocumentPath): number | undefined {
  let node = root;
  for (const part of path.slice(0, -1)) node = child(node, part);
  if (node === null || !isMap(node)) return undefined;
  const last = path.at(-1);
  for (const pair of node.items) {
    if (isScalar(pair.key) && pair.key.value === last) return pair.key.range?.[0];
  }
  return undefined;
}

/** The place in the source of a character of a scalar's value, by looking for the value's line as written. */
function findInScalar(text: string, node: ParsedNode, offset: number): number | undefined {
  const value = isScalar(node) ? String(node.value) : '';
  const lineStart = value.lastIndexOf('\n', offset - 1) + 1;
  const line = value.slice(lineStart).split('\n')[0] ?? '';
  const [begin, end] = node.range;
  const found = line === '' ? -1 : text.slice(begin, end).indexOf(line);
  return found < 0 ? undefined : begin + found + (offset - lineStart);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
