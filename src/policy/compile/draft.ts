import * as builtinReasons from '../../decision/builtin-reasons.js';
import type { DurationMs, MinorUnits, Tenths } from '../../decision/vocabulary.js';
import type { PolicyDocument } from '../policy-document.js';
import type { DocumentPath, PolicyProblem } from '../policy-problem.js';
import { readDuration, readMoney, readPoints } from '../text/quantities.js';
import type { YamlSource } from '../text/yaml-source.js';

/**
 * A policy on its way from text to `CompiledPolicy`. Collects problems instead of stopping at the first; what stands
 * in for a value with a problem is never seen, because a draft with problems does not become a policy.
 */
export class Draft {
  readonly problems: PolicyProblem[] = [];
  /** What is no mistake for sure, and hardly what was meant. */
  readonly notes: PolicyProblem[] = [];
  readonly #groupIndex = new Map<string, number>();
  readonly #usedGroups = new Set<string>();
  readonly #codes = new Map<string, DocumentPath>();

  /** @param isRecorded see `PolicyContext.isRecorded` */
  constructor(
    readonly document: PolicyDocument,
    private readonly source: YamlSource,
    readonly isRecorded: boolean,
  ) {
    for (const name of Object.keys(document.groups ?? {})) this.#groupIndex.set(name, this.#groupIndex.size);
  }

  problem(path: DocumentPath, message: string, on: 'key' | 'value' = 'value'): void {
    this.problems.push(this.source.problemAt(path, message, on));
  }

  note(path: DocumentPath, message: string): void {
    this.notes.push(this.source.problemAt(path, message, 'value'));
  }

  /** A problem at a character of a text value, e.g. inside an expression. */
  problemInText(path: DocumentPath, offset: number, message: string): void {
    this.problems.push(this.source.problemInText(path, offset, message));
  }

  /** A note at a character of a text value. */
  noteInText(path: DocumentPath, offset: number, message: string): void {
    this.notes.push(this.source.problemInText(path, offset, message));
  }

  duration(path: DocumentPath, text: string): DurationMs {
    const ms = readDuration(text) ?? 0;
    if (ms === 0) this.problem(path, 'must be longer than nothing');
    return ms;
  }

  money(path: DocumentPath, value: number | string): MinorUnits {
    const minor = readMoney(value);
    if (minor === undefined) this.problem(path, `\`${value}\` is not an amount of money`);
    return minor ?? 0;
  }

  points(path: DocumentPath, value: number): Tenths {
    const tenths = readPoints(value);
    if (tenths === undefined) this.problem(path, `\`${value}\` has more than one decimal`);
    return tenths ?? 0;
  }

  /** The place of a group in `groups`, as an object to spread, so that an absent group stays absent. */
  group(path: DocumentPath, name: string | undefined): { group?: number } {
    if (name === undefined) return {};
    this.#usedGroups.add(name);
    const group = this.#groupIndex.get(name);
    if (group === undefined) {
      this.problem(
        path,
        `there is no group \`${name}\`; groups are: ${[...this.#groupIndex.keys()].join(', ') || 'none'}`,
      );
      return {};
    }
    return { group };
  }

  /**
   * Codes name reasons in answers and reports, so two causes must never share one. The engine's own grow: a recorded text
   * may have taken one before.
   */
  claimCode(path: DocumentPath, code: string): void {
    if (RESERVED_CODES.has(code) && !this.isRecorded)
      this.problem(path, `\`${code}\` is a code of the engine: choose another`);
    const first = this.#codes.get(code);
    if (first !== undefined) this.problem(path, `the code \`${code}\` is used twice`);
    else this.#codes.set(code, path);
  }

  unusedGroups(): string[] {
    return [...this.#groupIndex.keys()].filter((name) => !this.#usedGroups.has(name));
  }
}

/** Codes of the reasons and degradations that the engine itself gives. */
const RESERVED_CODES: ReadonlySet<string> = new Set([
  ...Object.values(builtinReasons).map((reason) => reason.code),
  'BEHIND',
  'RULE_ERROR',
]);
