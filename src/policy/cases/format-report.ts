import type { CaseReport, CaseResult } from './run-cases.js';

/** A report for a terminal or a CI log: the failures in full, then the count. */
export function formatCaseReport(report: CaseReport): string {
  const failures = report.results.flatMap(formatFailure);
  const rest = report.notExpected > 0 ? `, ${report.notExpected} say nothing of this policy` : '';
  return [
    ...failures,
    `policy ${report.policy}: ${report.passed} passed, ${report.failed} failed${rest}`,
  ].join('\n');
}

function formatFailure(result: CaseResult): string[] {
  switch (result.kind) {
    case 'passed':
    case 'not-expected':
      return [];
    case 'broken':
      return [`FAIL ${result.file}: ${result.name}`, `  cannot be run: ${result.cause}`, ''];
    case 'failed': {
      const { outcome } = result;
      const width = Math.max(0, ...outcome.reasons.map((reason) => reason.code.length));
      return [
        `FAIL ${result.file}: ${result.name}`,
        ...result.differences.map((one) => `  ${one.what}: expected ${one.expected}, came ${one.actual}`),
        `  came: ${outcome.decision}, score ${outcome.score}${outcome.holdUntil ? `, until ${outcome.holdUntil}` : ''}`,
        ...outcome.reasons.map(
          ({ code, points, capped }) =>
            `    ${code.padEnd(width)} ${points.toFixed(1).padStart(6)}${capped > 0 ? ` (${capped.toFixed(1)} capped)` : ''}`,
        ),
        '',
      ];
    }
    default: {
      const unknown: never = result;
      return unknown;
    }
  }
}
