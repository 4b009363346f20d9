import type { parse } from '@bufbuild/cel';
import { nearestWord } from '../text/nearest-word.js';
import { isAlwaysTrue } from './can-be-true.js';
import type { ExpressionProblem } from './check-expression.js';
import { dottedName } from './dotted-name.js';
import { FIELDS, type FieldInfo, KNOWN_SUFFIX, LISTS, type ListInfo } from './fields.js';
import { patternProblem } from './pattern-problem.js';
import { unknownBounds } from './unknown-bounds.js';

type ParsedExpression = ReturnType<typeof parse>;
type Node = ParsedExpression['expr'];
type CallNode = Extract<Node['exprKind'], { case: 'callExpr' }>['value'];

/** What an expression promises and does not keep. */
export interface Deceptions {
  /** Parts that can only fail, or never be true. */
  readonly problems: readonly ExpressionProblem[];
  /** Parts that are always true: no mistake for sure, but hardly what was meant. */
  readonly notes: readonly ExpressionProblem[];
}

/**
 * Finds what types and yet does not do what it says. Texts that a log holds already are not asked this: they mean what
 * they meant, a part that can only fail included.
 *
 * @param parsed passed `checkExpression`, so that numbers are doubles and names are known
 */
export function findDeceptions(parsed: ParsedExpression): Deceptions {
  const search = new Search(parsed);
  if (constantOf(parsed.expr) === true) search.note(parsed.expr, 'is always true');
  search.look(parsed.expr, undefined);
  return search;
}

interface Element {
  readonly name: string;
  readonly list: ListInfo;
}

class Search implements Deceptions {
  readonly problems: ExpressionProblem[] = [];
  readonly notes: ExpressionProblem[] = [];

  constructor(private readonly parsed: ParsedExpression) {}

  report(node: Node, message: string): void {
    this.problems.push({ offset: this.#offset(node), message });
  }

  note(node: Node, message: string): void {
    this.notes.push({ offset: this.#offset(node), message });
  }

  #offset(node: Node): number {
    return this.parsed.sourceInfo?.positions[String(node.id)] ?? 0;
  }

  look(node: Node, element: Element | undefined): void {
    const { exprKind } = node;
    switch (exprKind.case) {
      case 'constExpr':
        if (!isFiniteConstant(constantOf(node))) this.report(node, 'is too large a number');
        return;
      case 'selectExpr':
        this.#known(node);
        return;
      case 'callExpr':
        for (const part of exprKind.value.args) this.look(part, element);
        if (exprKind.value.target !== undefined) this.look(exprKind.value.target, element);
        this.#call(node, exprKind.value, element);
        return;
      case 'comprehensionExpr': {
        const { iterRange, iterVar, loopStep } = exprKind.value;
        const list = LISTS[(iterRange === undefined ? undefined : dottedName(iterRange)) ?? ''];
        const body = loopStep?.exprKind.case === 'callExpr' ? loopStep.exprKind.value.args[1] : undefined;
        if (list !== undefined && body !== undefined) {
          this.look(body, { name: iterVar, list });
          for (const { node: part, name, unknown } of unknownBounds(body, iterVar, list, constantOf)) {
            this.note(
              part,
              `is true of ${unknown} too, which is unknown: add \`${name} > ${unknown}.0\` to leave it out`,
            );
          }
        }
        return;
      }
      default:
    }
  }

  #known(node: Node): void {
    const name = dottedName(node);
    if (name === undefined || !name.endsWith(KNOWN_SUFFIX)) return;
    const field = name.slice(0, -KNOWN_SUFFIX.length);
    if (FIELDS[field]?.always) this.note(node, `\`${field}\` is always there`);
  }

  #call(node: Node, call: CallNode, element: Element | undefined): void {
    const [left, right] = call.args;
    switch (call.function) {
      case '_/_':
        if (right !== undefined && constantOf(right) === 0)
          this.report(node, 'divides by 0, so it can only fail');
        else this.#finite(node, call);
        return;
      case '_+_':
      case '_-_':
      case '_*_':
        this.#finite(node, call);
        return;
      case '_>_':
      case '_>=_':
      case '_<_':
      case '_<=_':
      case '_==_':
      case '_!=_':
        if (left !== undefined && right !== undefined) this.#comparison(node, left, right, element);
        return;
      case '@in':
      case '_in_':
        if (left !== undefined && right?.exprKind.case === 'listExpr') {
          const { elements } = right.exprKind.value;
          if (elements.length === 0) this.report(right, 'is an empty list: nothing is in it');
          for (const entry of elements) this.#word(left, entry, element);
        }
        return;
      case 'startsWith':
      case 'endsWith':
      case 'contains':
        if (left !== undefined && constantOf(left) === '')
          this.note(node, `\`${call.function}("")\` is always true`);
        return;
      case 'matches': {
        const pattern = left === undefined ? undefined : constantOf(left);
        const problem = typeof pattern === 'string' ? patternProblem(pattern) : undefined;
        if (left !== undefined && problem !== undefined) this.report(left, `is no pattern: ${problem}`);
        return;
      }
      default:
    }
  }

  #finite(node: Node, call: CallNode): void {
    const areNumbers = call.args.every((part) => typeof constantOf(part) === 'number');
    if (areNumbers && constantOf(node) === undefined) {
      this.report(node, 'gives no finite number, so it can only fail');
    }
  }

  #comparison(node: Node, left: Node, right: Node, element: Element | undefined): void {
    if (constantOf(left) !== undefined && constantOf(right) !== undefined) {
      this.report(node, 'compares two values written out: it is the same for every withdrawal');
      return;
    }
    const name = dottedName(left);
    if (name !== undefined && name === dottedName(right)) {
      this.report(node, `compares \`${name}\` with itself: it is the same for every withdrawal`);
      return;
    }
    if (isAlwaysTrue(node)) this.note(node, 'is always true where the fact is there');
    this.#word(left, right, element);
    this.#word(right, left, element);
  }

  /** A text that a field never is. */
  #word(field: Node, text: Node, element: Element | undefined): void {
    const word = constantOf(text);
    const words = infoOf(field, element)?.words;
    if (typeof word !== 'string' || words === undefined || words.includes(word)) return;
    const near = nearestWord(word, words);
    const hint = near === undefined ? '' : `; did you mean \`${near}\`?`;
    this.report(text, `\`${dottedName(field) ?? ''}\` is never \`${word}\`${hint}`);
  }
}

function infoOf(node: Node, element: Element | undefined): Pick<FieldInfo, 'words'> | undefined {
  const name = dottedName(node);
  if (name === undefined) return undefined;
  const prefix = element === undefined ? undefined : `${element.name}.`;
  if (element !== undefined && prefix !== undefined && name.startsWith(prefix)) {
    return element.list.fields[name.slice(prefix.length)];
  }
  return FIELDS[name];
}

function isFiniteConstant(value: number | string | boolean | undefined): boolean {
  return typeof value !== 'number' || Number.isFinite(value);
}

/** What a part is for every withdrawal; undefined if it looks at a fact, or gives no finite number. */
function constantOf(node: Node): number | string | boolean | undefined {
  const { exprKind } = node;
  if (exprKind.case === 'constExpr') {
    const { constantKind } = exprKind.value;
    switch (constantKind.case) {
      case 'boolValue':
      case 'stringValue':
      case 'doubleValue':
        return constantKind.value;
      default:
        return undefined;
    }
  }
  if (exprKind.case !== 'callExpr') return undefined;
  const [left, right] = exprKind.value.args.map(constantOf);
  if (exprKind.value.function === '-_' && typeof left === 'number') return -left;
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  const result = calculated(exprKind.value.function, left, right);
  return result !== undefined && Number.isFinite(result) ? result : undefined;
}

function calculated(operator: string, left: number, right: number): number | undefined {
  switch (operator) {
    case '_+_':
      return left + right;
    case '_-_':
      return left - right;
    case '_*_':
      return left * right;
    case '_/_':
      return left / right;
    default:
      return undefined;
  }
}
