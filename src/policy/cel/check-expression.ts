import type { parse } from '@bufbuild/cel';
import type { ReasonSource } from '../../decision/vocabulary.js';
import { nearestWord } from '../text/nearest-word.js';
import { canBeTrue } from './can-be-true.js';
import { dottedName } from './dotted-name.js';
import { type CelKind, FIELDS, knownField, LISTS, type ListInfo } from './fields.js';

type ParsedExpression = ReturnType<typeof parse>;
type Node = ParsedExpression['expr'];
type CallNode = Extract<Node['exprKind'], { case: 'callExpr' }>['value'];
type ComprehensionNode = Extract<Node['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Nodes of the syntax tree; `exists` counts once. A long hand-written rule has about 40. */
export const MAX_NODES = 100;

/** Something wrong with an expression, at a character of it (from 0). */
export interface ExpressionProblem {
  readonly offset: number;
  readonly message: string;
}

export interface CheckedExpression {
  readonly problems: readonly ExpressionProblem[];
  /** Names of {@link FIELDS}, {@link LISTS} and known-flags that evaluating needs. */
  readonly uses: ReadonlySet<string>;
  /** Kinds of evidence that the expression looks at. */
  readonly evidence: ReadonlySet<ReasonSource>;
}

/** Whether a part may lower the result when it grows: see `FieldInfo.evidence`. */
type Polarity = 'raises' | 'lowers' | 'unclear';

type Result = CelKind | 'wrong';

/**
 * Types an expression against the fixed fields by walking its tree, and makes two rewrites in place that evaluation
 * relies on: whole numbers become doubles, and `has(x.y)` becomes a flag that is always there.
 */
export function checkExpression(parsed: ParsedExpression): CheckedExpression {
  const walk = new Walk(parsed);
  const kind = walk.kindOf(parsed.expr, 'raises', undefined);
  if (kind !== 'bool' && kind !== 'wrong')
    walk.report(parsed.expr, `is a ${kind}: a rule must be true or false`);
  if (kind === 'bool' && walk.problems.length === 0 && !canBeTrue(parsed.expr))
    walk.report(parsed.expr, 'can never be true: no withdrawal fits all of it');
  return { problems: walk.problems, uses: walk.uses, evidence: walk.evidence };
}

interface Element {
  readonly name: string;
  readonly list: ListInfo;
}

class Walk {
  readonly problems: ExpressionProblem[] = [];
  readonly uses = new Set<string>();
  readonly evidence = new Set<ReasonSource>();
  #nodes = 0;

  constructor(private readonly parsed: ParsedExpression) {}

  report(node: Node, message: string): 'wrong' {
    this.problems.push({ offset: this.parsed.sourceInfo?.positions[String(node.id)] ?? 0, message });
    return 'wrong';
  }

  kindOf(node: Node, polarity: Polarity, element: Element | undefined): Result {
    this.#nodes++;
    if (this.#nodes === MAX_NODES + 1)
      return this.report(node, `has more than ${MAX_NODES} parts: split it into rules`);
    if (this.#nodes > MAX_NODES) return 'wrong';
    switch (node.exprKind.case) {
      case 'constExpr':
        return this.#constant(node, node.exprKind.value.constantKind);
      case 'selectExpr':
      case 'identExpr':
        return this.#name(node, polarity, element);
      case 'callExpr':
        return this.#call(node, node.exprKind.value, polarity, element);
      case 'comprehensionExpr':
        return this.#exists(node, node.exprKind.value, polarity, element);
      case 'listExpr':
        return this.report(node, 'a list may only stand to the right of `in`');
      case 'structExpr':
        return this.report(node, 'maps and messages are not allowed');
      case undefined:
        return this.report(node, 'is empty');
      default: {
        const unknown: never = node.exprKind;
        return this.report(node, `is not understood: ${String(unknown)}`);
      }
    }
  }

  #constant(
    node: Node,
    constant: Extract<Node['exprKind'], { case: 'constExpr' }>['value']['constantKind'],
  ): Result {
    switch (constant.case) {
      case 'boolValue':
        return 'bool';
      case 'stringValue':
        return 'text';
      case 'doubleValue':
        return 'number';
      case 'int64Value':
        if (node.exprKind.case === 'constExpr') {
          node.exprKind.value.constantKind = { case: 'doubleValue', value: Number(constant.value) };
        }
        return 'number';
      default:
        return this.report(node, 'only numbers, texts in quotes, true and false can be written out');
    }
  }

  /** A field of the fixed list, `has(field)`, or a field of the element of an `exists`. */
  #name(node: Node, polarity: Polarity, element: Element | undefined): Result {
    const path = dottedName(node);
    if (path === undefined) return this.report(node, 'only fields of the list in docs/policy.md can be read');
    const [root, ...rest] = path.split('.');
    if (element !== undefined && root === element.name) {
      const field = element.list.fields[rest.join('.')];
      return (
        field?.kind ??
        this.#unknown(
          node,
          path,
          Object.keys(element.list.fields).map((name) => `${root}.${name}`),
        )
      );
    }
    if (LISTS[path] !== undefined)
      return this.report(node, `\`${path}\` is a list: write \`${path}.exists(x, ...)\``);
    const field = FIELDS[path];
    if (field === undefined)
      return this.#unknown(node, path, [...Object.keys(FIELDS), ...Object.keys(LISTS)]);
    if (node.exprKind.case === 'selectExpr' && node.exprKind.value.testOnly) {
      node.exprKind.value.testOnly = false;
      node.exprKind.value.field = knownField(node.exprKind.value.field);
      this.uses.add(knownField(path));
      if (field.evidence !== undefined)
        this.report(node, `\`${path}\` is compared, not asked for with has()`);
      return 'bool';
    }
    this.uses.add(path);
    if (field.evidence !== undefined) {
      this.evidence.add(field.evidence);
      if (polarity !== 'raises') {
        this.report(
          node,
          `\`${path}\` may only be compared upwards (> or >=): more evidence must never lower a score`,
        );
      }
    }
    return field.kind;
  }

  #unknown(node: Node, path: string, known: readonly string[]): 'wrong' {
    const near = nearestWord(path, known);
    return this.report(
      node,
      near === undefined
        ? `there is no field \`${path}\``
        : `there is no field \`${path}\`; did you mean \`${near}\`?`,
    );
  }

  #call(node: Node, call: CallNode, polarity: Polarity, element: Element | undefined): Result {
    const [left, right, third] = call.args;
    const each = (kind: CelKind, inner: Polarity, parts: readonly Node[]): boolean => {
      let fit = true;
      for (const part of parts) {
        const found = this.kindOf(part, inner, element);
        if (found !== kind && found !== 'wrong') this.report(part, `is a ${found} where a ${kind} is needed`);
        fit &&= found === kind;
      }
      return fit;
    };
    switch (call.function) {
      case '_&&_':
      case '_||_':
        return each('bool', polarity, call.args) ? 'bool' : 'wrong';
      case '!_':
        return each('bool', flip(polarity), call.args) ? 'bool' : 'wrong';
      case '_>_':
      case '_>=_':
      case '_<_':
      case '_<=_': {
        if (left === undefined || right === undefined) return this.report(node, 'needs two sides');
        const upwards = call.function === '_>_' || call.function === '_>=_';
        const leftFits = each('number', upwards ? polarity : flip(polarity), [left]);
        const rightFits = each('number', upwards ? flip(polarity) : polarity, [right]);
        return leftFits && rightFits ? 'bool' : 'wrong';
      }
      case '_==_':
      case '_!=_': {
        if (left === undefined || right === undefined) return this.report(node, 'needs two sides');
        const kind = this.kindOf(left, 'unclear', element);
        if (kind === 'wrong') return 'wrong';
        return each(kind, 'unclear', [right]) ? 'bool' : 'wrong';
      }
      case '_+_':
        return each('number', polarity, call.args) ? 'number' : 'wrong';
      case '_-_':
      case '_*_':
      case '_/_':
      case '-_':
        return each('number', 'unclear', call.args) ? 'number' : 'wrong';
      case '_?_:_': {
        if (left === undefined || right === undefined || third === undefined)
          return this.report(node, 'needs three parts');
        const condition = each('bool', 'unclear', [left]);
        const kind = this.kindOf(right, polarity, element);
        if (kind === 'wrong' || !condition) return 'wrong';
        return each(kind, polarity, [third]) ? kind : 'wrong';
      }
      case '@in':
      case '_in_':
        return left === undefined || right === undefined
          ? this.report(node, 'needs two sides')
          : this.#membership(left, right, element);
      case 'startsWith':
      case 'endsWith':
      case 'contains':
      case 'matches':
        return this.#textMethod(node, call, element);
      default:
        return this.report(node, `\`${call.function.replaceAll('_', '')}\` is not allowed here`);
    }
  }

  #membership(item: Node, list: Node, element: Element | undefined): Result {
    const kind = this.kindOf(item, 'unclear', element);
    if (list.exprKind.case !== 'listExpr')
      return this.report(list, '`in` needs a list written out: x in ["A", "B"]');
    let fit = kind !== 'wrong';
    for (const entry of list.exprKind.value.elements) {
      if (entry.exprKind.case !== 'constExpr') {
        this.report(entry, 'only values written out can be in the list');
        fit = false;
        continue;
      }
      const found = this.kindOf(entry, 'unclear', element);
      if (found !== kind && kind !== 'wrong' && found !== 'wrong') {
        this.report(entry, `is a ${found} in a list for a ${kind}`);
      }
      fit &&= found === kind;
    }
    return fit ? 'bool' : 'wrong';
  }

  #textMethod(node: Node, call: CallNode, element: Element | undefined): Result {
    const [argument] = call.args;
    if (call.target === undefined || argument === undefined)
      return this.report(node, `write \`x.${call.function}("...")\``);
    const target = this.kindOf(call.target, 'unclear', element);
    if (target !== 'text' && target !== 'wrong')
      this.report(call.target, `is a ${target} where a text is needed`);
    if (
      argument.exprKind.case !== 'constExpr' ||
      argument.exprKind.value.constantKind.case !== 'stringValue'
    ) {
      return this.report(
        argument,
        `\`${call.function}\` needs a text written out: a pattern must not come from data`,
      );
    }
    this.#nodes++;
    return target === 'text' ? 'bool' : 'wrong';
  }

  #exists(node: Node, loop: ComprehensionNode, polarity: Polarity, element: Element | undefined): Result {
    const macro = this.parsed.sourceInfo?.macroCalls[String(node.id)]?.exprKind;
    const name = macro?.case === 'callExpr' ? macro.value.function : '';
    if (name !== 'exists') return this.report(node, `\`${name}\` is not allowed: only \`exists\` is`);
    if (element !== undefined) return this.report(node, '`exists` must not stand inside another');
    const listName = loop.iterRange === undefined ? undefined : dottedName(loop.iterRange);
    const list = listName === undefined ? undefined : LISTS[listName];
    if (listName === undefined || list === undefined) {
      return this.report(node, `there is no such list; lists are: ${Object.keys(LISTS).join(', ')}`);
    }
    if (list.evidence !== undefined) {
      this.evidence.add(list.evidence);
      if (polarity !== 'raises') {
        this.report(
          node,
          `\`${listName}\` may not stand under a negation: more evidence must never lower a score`,
        );
      }
    }
    this.uses.add(listName);
    const step = loop.loopStep?.exprKind;
    const body = step?.case === 'callExpr' ? step.value.args[1] : undefined;
    if (body === undefined) return this.report(node, 'is not understood');
    const kind = this.kindOf(body, polarity, { name: loop.iterVar, list });
    if (kind !== 'bool' && kind !== 'wrong')
      this.report(body, `is a ${kind}: the inside of exists must be true or false`);
    return kind === 'bool' ? 'bool' : 'wrong';
  }
}

function flip(polarity: Polarity): Polarity {
  switch (polarity) {
    case 'raises':
      return 'lowers';
    case 'lowers':
      return 'raises';
    case 'unclear':
      return 'unclear';
    default: {
      const unknown: never = polarity;
      return unknown;
    }
  }
}
