import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';

/**
 * Most that the counts of `{n}` and `{n,m}` may add up to. The engine writes a counted part out as often as it is counted,
 * each time the rule is tried: within this bound a pattern costs at most about a millisecond, `a{999}` sixty times costs 50.
 */
const MAX_COUNTED = 64;

const ENVIRONMENT = celEnv();

/** What is wrong with a pattern of `matches`, or undefined. Patterns are RE2's, as CEL says, which never backtrack. */
export function patternProblem(pattern: string): string | undefined {
  const counts = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, least, most]) =>
    Number(most || least),
  );
  const counted = counts.reduce((sum, count) => sum + count, 0);
  if (counted > MAX_COUNTED) {
    return `counts to ${counted} with \`{n}\`: at most ${MAX_COUNTED} together, since each is tried at every withdrawal`;
  }
  const probe = parse('"".matches("")');
  const call = probe.expr.exprKind;
  const argument = call.case === 'callExpr' ? call.value.args[0] : undefined;
  if (argument?.exprKind.case !== 'constExpr') throw new TypeError('the probe is not a call of matches');
  argument.exprKind.value.constantKind = { case: 'stringValue', value: pattern };
  const result = plan(ENVIRONMENT, probe)({});
  if (!isCelError(result)) return undefined;
  const { cause } = result;
  return cause instanceof Error ? cause.message : result.message;
}
