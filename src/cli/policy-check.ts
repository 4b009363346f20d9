import { readFileSync } from 'node:fs';
import { formatProblem, type PolicyProblem, readPolicy } from '../policy/index.js';
import { type LackingPart, lackingParts } from '../policy/newer-conditions.js';
import { CASE_IDENTITY } from './case-identity.js';
import { EXIT, json, styled, type Terminal } from './terminal.js';

interface CheckedFile {
  readonly file: string;
  readonly valid: boolean;
  readonly name?: string;
  readonly hash?: string;
  readonly problems: readonly PolicyProblem[];
  /** What is no mistake for sure, and hardly what was meant. */
  readonly notes?: readonly PolicyProblem[];
  /** Newer than the policy: what it could use and does not. No mistake. */
  readonly lacks?: readonly LackingPart[];
}

/**
 * `holdfast policy check FILE...`: all mistakes of each file with line and column, and which newer settings and
 * conditions a sound one lacks.
 *
 * @returns the exit code: 0 all are valid, 1 some are not, 2 a file cannot be read
 */
export function policyCheck(
  files: readonly string[],
  options: { json?: boolean },
  terminal: Terminal,
): number {
  const checked: CheckedFile[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      terminal.err(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
      return EXIT.usage;
    }
    checked.push(check(file, text));
  }
  if (options.json) terminal.out(json(checked));
  else for (const one of checked) print(one, terminal);
  return checked.every((one) => one.valid) ? EXIT.ok : EXIT.failed;
}

function check(file: string, text: string): CheckedFile {
  const result = readPolicy(text, { pseudonyms: CASE_IDENTITY });
  switch (result.kind) {
    case 'valid': {
      const { name, hash } = result.policy;
      return {
        file,
        valid: true,
        name,
        hash,
        problems: [],
        notes: result.notes,
        lacks: lackingParts(result.document),
      };
    }
    case 'invalid':
      return { file, valid: false, problems: result.problems };
    default:
      return result satisfies never;
  }
}

function print(checked: CheckedFile, terminal: Terminal): void {
  if (checked.valid) {
    const hash = checked.hash?.slice(0, 12) ?? '';
    terminal.out(
      `${styled(terminal, 'green', 'ok')}  ${checked.file}: policy ${checked.name ?? ''}, hash ${hash}`,
    );
    for (const note of checked.notes ?? []) terminal.out(`    ${formatProblem(note, checked.file)}`);
    for (const { kind, name, since, gain } of checked.lacks ?? []) {
      terminal.out(
        `    lacks the ${kind} ${styled(terminal, 'bold', name)} (new in engine ${since}): ${gain}`,
      );
    }
    return;
  }
  for (const problem of checked.problems) terminal.out(formatProblem(problem, checked.file));
  const { length } = checked.problems;
  terminal.out(styled(terminal, 'red', `${checked.file}: ${length} problem${length === 1 ? '' : 's'}`));
}
