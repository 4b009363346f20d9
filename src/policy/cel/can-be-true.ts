import type { parse } from '@bufbuild/cel';
import { dottedName } from './dotted-name.js';

type Node = ReturnType<typeof parse>['expr'];

/** Values that a field can still have; both ends included unless marked. */
interface Range {
  readonly least: number;
  readonly isLeastOpen: boolean;
  readonly most: number;
  readonly isMostOpen: boolean;
}

const ANY: Range = { least: -Infinity, isLeastOpen: false, most: Infinity, isMostOpen: false };

/** What fields can be by their definition; see their meaning in {@link FIELDS}. */
const KNOWN_RANGES: ReadonlyMap<string, Range> = new Map([
  ['request.balance_share', { ...ANY, least: 0, most: 1 }],
  ['request.hour_utc', { ...ANY, least: 0, most: 23 }],
  ['velocity.count', { ...ANY, least: 1 }],
  ['login_failures.last_hour', { ...ANY, least: 0 }],
  ['login_failures.last_day', { ...ANY, least: 0 }],
]);

const MIRRORED: Readonly<Record<string, string>> = {
  '_>_': '_<_',
  '_>=_': '_<=_',
  '_<_': '_>_',
  '_<=_': '_>=_',
  '_==_': '_==_',
};

/**
 * Whether any facts could make an expression true, as far as can be seen without trying: finds constants, comparisons
 * of one field that exclude each other, and values that a field never has. True whenever in doubt.
 *
 * @param node of an expression that passed `checkExpression`, so that numbers are doubles
 */
export function canBeTrue(node: Node): boolean {
  const ranges = new Map<string, Range>();
  const texts = new Map<string, string>();
  return partsOf(node).every((part) => {
    if (part.exprKind.case === 'constExpr') {
      const { constantKind } = part.exprKind.value;
      return constantKind.case !== 'boolValue' || constantKind.value;
    }
    if (part.exprKind.case === 'comprehensionExpr') {
      const step = part.exprKind.value.loopStep?.exprKind;
      const inside = step?.case === 'callExpr' ? step.value.args[1] : undefined;
      return inside === undefined || canBeTrue(inside);
    }
    if (part.exprKind.case !== 'callExpr') return true;
    const { function: name, args } = part.exprKind.value;
    if (name === '_||_') return args.some(canBeTrue);
    return narrow(name, args, ranges, texts);
  });
}

/**
 * Whether a comparison of one field with a number is true for every value that the field can have. False whenever in
 * doubt.
 */
export function isAlwaysTrue(node: Node): boolean {
  if (node.exprKind.case !== 'callExpr') return false;
  const { function: name, args } = node.exprKind.value;
  const [left, right] = args;
  const mirrored = MIRRORED[name];
  if (mirrored === undefined || left === undefined || right === undefined) return false;
  const isFieldLeft = dottedName(left) !== undefined;
  const field = dottedName(isFieldLeft ? left : right);
  const known = field === undefined ? undefined : KNOWN_RANGES.get(field);
  const { exprKind } = isFieldLeft ? right : left;
  if (known === undefined || exprKind.case !== 'constExpr') return false;
  const { constantKind } = exprKind.value;
  if (constantKind.case !== 'doubleValue') return false;
  const bounded = intersection(known, rangeOf(isFieldLeft ? name : mirrored, constantKind.value));
  const keepsLeast = bounded.least === known.least && bounded.isLeastOpen === known.isLeastOpen;
  return keepsLeast && bounded.most === known.most && bounded.isMostOpen === known.isMostOpen;
}

/** What must be true together. */
function partsOf(node: Node): readonly Node[] {
  if (node.exprKind.case !== 'callExpr' || node.exprKind.value.function !== '_&&_') return [node];
  return node.exprKind.value.args.flatMap(partsOf);
}

/** @returns false when a comparison leaves its field no value */
function narrow(
  name: string,
  [left, right]: readonly Node[],
  ranges: Map<string, Range>,
  texts: Map<string, string>,
): boolean {
  const mirrored = MIRRORED[name];
  if (mirrored === undefined || left === undefined || right === undefined) return true;
  const isFieldLeft = dottedName(left) !== undefined;
  const field = dottedName(isFieldLeft ? left : right);
  const constant = isFieldLeft ? right.exprKind : left.exprKind;
  if (field === undefined || constant.case !== 'constExpr') return true;
  const { constantKind } = constant.value;
  if (constantKind.case === 'stringValue') {
    const known = texts.get(field) ?? constantKind.value;
    texts.set(field, known);
    return known === constantKind.value;
  }
  if (constantKind.case !== 'doubleValue') return true;
  const known = ranges.get(field) ?? KNOWN_RANGES.get(field) ?? ANY;
  const range = intersection(known, rangeOf(isFieldLeft ? name : mirrored, constantKind.value));
  ranges.set(field, range);
  return range.least < range.most || (range.least === range.most && !range.isLeastOpen && !range.isMostOpen);
}

function rangeOf(comparison: string, bound: number): Range {
  switch (comparison) {
    case '_>_':
      return { ...ANY, least: bound, isLeastOpen: true };
    case '_>=_':
      return { ...ANY, least: bound };
    case '_<_':
      return { ...ANY, most: bound, isMostOpen: true };
    case '_<=_':
      return { ...ANY, most: bound };
    default:
      return { ...ANY, least: bound, most: bound };
  }
}

function intersection(a: Range, b: Range): Range {
  const low = a.least > b.least || (a.least === b.least && a.isLeastOpen) ? a : b;
  const high = a.most < b.most || (a.most === b.most && a.isMostOpen) ? a : b;
  return { least: low.least, isLeastOpen: low.isLeastOpen, most: high.most, isMostOpen: high.isMostOpen };
}
