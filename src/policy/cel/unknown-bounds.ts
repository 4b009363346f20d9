import type { parse } from '@bufbuild/cel';
import { dottedName } from './dotted-name.js';
import type { ListInfo } from './fields.js';

type Node = ReturnType<typeof parse>['expr'];

/** A comparison that is also true of what stands for unknown. */
export interface UnknownBound {
  readonly node: Node;
  /** As in the expression: `f.age_hours`. */
  readonly name: string;
  readonly unknown: number;
}

interface Comparison {
  readonly node: Node;
  readonly name: string;
  readonly operator: string;
  readonly bound: number;
}

const MIRRORED: Readonly<Record<string, string>> = {
  '_<_': '_>_',
  '_<=_': '_>=_',
  '_>_': '_<_',
  '_>=_': '_<=_',
  '_==_': '_==_',
  '_!=_': '_!=_',
};

/**
 * Bounds of a field that are true of the number that stands for unknown, where nothing beside them leaves that out:
 * `f.age_hours < 24.0` is true of -1.
 *
 * @param body of a comprehension over the list
 * @param element its name in the body
 */
export function unknownBounds(
  body: Node,
  element: string,
  { fields }: ListInfo,
  constantOf: (node: Node) => unknown,
): readonly UnknownBound[] {
  const found: UnknownBound[] = [];
  const leftOut = new Set<string>();
  for (const { node, name, operator, bound } of comparisonsIn(body, constantOf)) {
    const unknown = name.startsWith(`${element}.`)
      ? fields[name.slice(element.length + 1)]?.unknown
      : undefined;
    if (unknown === undefined) continue;
    if (!holds(unknown, operator, bound)) leftOut.add(name);
    else if (operator !== '_==_') found.push({ node, name, unknown });
  }
  return found.filter(({ name }) => !leftOut.has(name));
}

function* comparisonsIn(node: Node, constantOf: (node: Node) => unknown): Iterable<Comparison> {
  const { exprKind } = node;
  if (exprKind.case !== 'callExpr') return;
  const { args, target, function: operator } = exprKind.value;
  const [left, right] = args;
  const mirrored = MIRRORED[operator];
  if (mirrored !== undefined && left !== undefined && right !== undefined) {
    const [bound, other] = [constantOf(right), constantOf(left)];
    const [name, otherName] = [dottedName(left), dottedName(right)];
    if (name !== undefined && typeof bound === 'number') yield { node, name, operator, bound };
    else if (otherName !== undefined && typeof other === 'number') {
      yield { node, name: otherName, operator: mirrored, bound: other };
    }
    return;
  }
  for (const part of args) yield* comparisonsIn(part, constantOf);
  if (target !== undefined) yield* comparisonsIn(target, constantOf);
}

function holds(value: number, operator: string, bound: number): boolean {
  switch (operator) {
    case '_<_':
      return value < bound;
    case '_<=_':
      return value <= bound;
    case '_>_':
      return value > bound;
    case '_>=_':
      return value >= bound;
    case '_==_':
      return value === bound;
    default:
      return value !== bound;
  }
}
