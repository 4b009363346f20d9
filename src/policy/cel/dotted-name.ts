import type { parse } from '@bufbuild/cel';

type Node = ReturnType<typeof parse>['expr'];

/** `a.b` of nested selections; undefined when anything but names is in it. */
export function dottedName(node: Node): string | undefined {
  if (node.exprKind.case === 'identExpr') return node.exprKind.value.name;
  if (node.exprKind.case !== 'selectExpr' || node.exprKind.value.operand === undefined) return undefined;
  const operand = dottedName(node.exprKind.value.operand);
  return operand === undefined ? undefined : `${operand}.${node.exprKind.value.field}`;
}
