import { join } from 'node:path';
import {
  type CaseReport,
  formatCaseReport,
  type NamedCaseFile,
  readCases,
  runCases,
} from '../policy/cases/index.js';
import { formatProblem, readPolicy } from '../policy/index.js';
import { CASE_IDENTITY } from './case-identity.js';
import { readInput, yamlFilesAt } from './input-file.js';
import { PACKAGED_POLICIES } from './packaged-policies.js';
import { CommandError, EXIT, json, styled, type Terminal } from './terminal.js';

const PACKAGED_POLICY_FILES = ['default.yaml', 'strict-timers.yaml'].map((name) =>
  join(PACKAGED_POLICIES, name),
);
const PACKAGED_CASES = join(PACKAGED_POLICIES, 'cases');

export interface PolicyTestOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Policy files; absent: the packaged ones. */
  readonly policy?: readonly string[];
}

/**
 * `holdfast policy test [CASES...]`: runs cases against policies and says which fail, and how.
 *
 * @returns the exit code: 0 all pass, 1 some fail or nothing was run
 * @throws CommandError when a file cannot be read or has mistakes
 */
export function policyTest(files: readonly string[], options: PolicyTestOptions, terminal: Terminal): number {
  const cases = caseFiles(files.length > 0 ? files : [PACKAGED_CASES]);
  const reports = (options.policy ?? PACKAGED_POLICY_FILES).map((file) => {
    const result = readPolicy(readInput(file), { pseudonyms: CASE_IDENTITY });
    if (result.kind === 'invalid') {
      throw new CommandError(
        result.problems.map((problem) => formatProblem(problem, file)).join('\n'),
        EXIT.failed,
      );
    }
    return runCases(cases, result.policy, { identity: CASE_IDENTITY });
  });
  if (options.json) terminal.out(json(reports));
  else for (const report of reports) print(report, options.verbose === true, terminal);
  const ran = reports.reduce((sum, report) => sum + report.passed + report.failed, 0);
  if (ran === 0) terminal.err('no case says anything of these policies');
  return ran > 0 && reports.every((report) => report.failed === 0) ? EXIT.ok : EXIT.failed;
}

function print(report: CaseReport, verbose: boolean, terminal: Terminal): void {
  if (verbose) {
    for (const result of report.results) {
      if (result.kind !== 'passed') continue;
      const { decision, score } = result.outcome;
      terminal.out(
        `${styled(terminal, 'green', 'pass')} ${result.suite}: ${result.name} (${decision}, ${score})`,
      );
    }
  }
  terminal.out(formatCaseReport(report));
}

function caseFiles(paths: readonly string[]): readonly NamedCaseFile[] {
  return paths.flatMap(yamlFilesAt).map((file) => {
    const result = readCases(readInput(file));
    switch (result.kind) {
      case 'valid':
        return { file, document: result.document };
      case 'invalid':
        throw new CommandError(
          result.problems.map((problem) => formatProblem(problem, file)).join('\n'),
          EXIT.failed,
        );
      default:
        return result satisfies never;
    }
  });
}
