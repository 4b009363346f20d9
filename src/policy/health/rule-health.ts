import { decide } from '../../decision/decide.js';
import { evaluateAt } from '../../decision/evaluate.js';
import type { AssessmentInput } from '../../decision/input.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';
import { layOut } from '../../decision/timeline.js';
import type { Decision, DurationMs, Tenths, UnixMs } from '../../decision/vocabulary.js';
import { type DecisionFlip, FlipTally } from '../shadow/flip-tally.js';
import { type RuleKind, ruleKindOf, withoutProvider, withoutRule } from './without-rule.js';

/** What became of a withdrawal, as far as health asks. */
export interface KnownOutcome {
  readonly isFraud: boolean;
  readonly observedAt: UnixMs;
}

/** One assessment with the policy that decided it. */
export interface AssessedCase {
  readonly input: AssessmentInput;
  readonly policy: CompiledPolicy;
  /** Absent: nobody knows. */
  readonly outcome?: KnownOutcome;
}

/** How one rule, lock, list or provider did. */
export interface RuleHealth {
  readonly kind: RuleKind;
  /** Its code, or the provider's id. */
  readonly code: string;
  /** Assessments in whose answer it appears. */
  readonly hitCount: number;
  /** Distinct accounts among them. */
  readonly accountCount: number;
  /** Sum of what it gave, after decay and caps. */
  readonly points: Tenths;
  /** Times it failed to evaluate. */
  readonly errorCount: number;
  /** Decisions that would have been others without it: `before` without it, `after` with it. */
  readonly turned: readonly DecisionFlip[];
  readonly fraudCount: number;
  readonly honestCount: number;
  /** Share of fraud among the hits whose outcome is known, 0 to 1; undefined if none is. */
  readonly precision: number | undefined;
  /** Median time from the assessment to when its fraud was established; undefined if no fraud was. */
  readonly medianLead: DurationMs | undefined;
}

interface Figures {
  readonly kind: RuleKind;
  readonly code: string;
  readonly accounts: Set<string>;
  readonly turned: FlipTally;
  readonly leads: DurationMs[];
  hitCount: number;
  points: Tenths;
  errorCount: number;
  honestCount: number;
}

/** Gathers the health of rules over assessments given one by one. Pure: decides each of them again. */
export class RuleHealthTally {
  readonly #figures = new Map<string, Figures>();
  /** Policies without one of their rules, made once each. */
  readonly #reduced = new Map<CompiledPolicy, Map<string, CompiledPolicy>>();
  #assessedCount = 0;

  get assessedCount(): number {
    return this.#assessedCount;
  }

  /** Takes one assessment in. Costs one decision, and one more for each rule and provider that has a part in it. */
  add(one: AssessedCase): void {
    const { input, policy } = one;
    this.#assessedCount += 1;
    const verdict = decide(input, policy);
    const pointsByCode = new Map<string, Tenths>();
    const pointsByProvider = new Map<string, Tenths>();
    for (const { code, points, provider } of verdict.reasons) {
      pointsByCode.set(code, (pointsByCode.get(code) ?? 0) + points);
      if (provider === undefined || provider === '') continue;
      pointsByProvider.set(provider, (pointsByProvider.get(provider) ?? 0) + points);
    }
    for (const [code, points] of pointsByCode) {
      const kind = ruleKindOf(code, policy);
      if (kind === undefined) continue;
      const figures = this.#hit(kind, code, points, one);
      const without = decisionOf(input, this.#without(policy, code));
      if (without !== verdict.decision) figures.turned.add(without, verdict.decision, input.request.value);
    }
    for (const provider of providersOf(input)) {
      const points = pointsByProvider.get(provider);
      const without = decisionOf(withoutProvider(input, provider), policy);
      if (points === undefined && without === verdict.decision) continue;
      const figures = this.#hit('PROVIDER', provider, points ?? 0, one);
      if (without !== verdict.decision) figures.turned.add(without, verdict.decision, input.request.value);
    }
    for (const { code, subject } of verdict.degradations) {
      if (code === 'RULE_ERROR') this.#of('SCORE', subject).errorCount += 1;
    }
  }

  /** Most hits first, then by code. */
  health(): readonly RuleHealth[] {
    return [...this.#figures.values()]
      .map(healthOf)
      .sort((a, b) => b.hitCount - a.hitCount || compare(a.code, b.code));
  }

  #hit(kind: RuleKind, code: string, points: Tenths, { input, outcome }: AssessedCase): Figures {
    const figures = this.#of(kind, code);
    figures.hitCount += 1;
    figures.points += points;
    figures.accounts.add(input.request.accountId);
    if (outcome === undefined) return figures;
    if (outcome.isFraud) figures.leads.push(Math.max(0, outcome.observedAt - input.now));
    else figures.honestCount += 1;
    return figures;
  }

  #of(kind: RuleKind, code: string): Figures {
    const key = `${kind} ${code}`;
    let figures = this.#figures.get(key);
    if (figures === undefined) {
      figures = {
        kind,
        code,
        accounts: new Set(),
        turned: new FlipTally(),
        leads: [],
        hitCount: 0,
        points: 0,
        errorCount: 0,
        honestCount: 0,
      };
      this.#figures.set(key, figures);
    }
    return figures;
  }

  #without(policy: CompiledPolicy, code: string): CompiledPolicy {
    let byCode = this.#reduced.get(policy);
    if (byCode === undefined) {
      byCode = new Map();
      this.#reduced.set(policy, byCode);
    }
    let reduced = byCode.get(code);
    if (reduced === undefined) {
      reduced = withoutRule(policy, code);
      byCode.set(code, reduced);
    }
    return reduced;
  }
}

function decisionOf(input: AssessmentInput, policy: CompiledPolicy): Decision {
  return evaluateAt(layOut(input, policy), input.now).decision;
}

/** Providers that said something about the account's mailboxes or their domains. */
function providersOf(input: AssessmentInput): ReadonlySet<string> {
  const providers = new Set<string>();
  for (const { records } of input.mailboxes) {
    for (const { record } of records) for (const { provider } of record.events) providers.add(provider);
  }
  for (const { provider } of input.cohorts) providers.add(provider);
  return providers;
}

function healthOf(figures: Figures): RuleHealth {
  const { kind, code, hitCount, points, errorCount, honestCount, accounts, turned, leads } = figures;
  const fraudCount = leads.length;
  const known = fraudCount + honestCount;
  return {
    kind,
    code,
    hitCount,
    accountCount: accounts.size,
    points,
    errorCount,
    turned: turned.flips(),
    fraudCount,
    honestCount,
    precision: known === 0 ? undefined : fraudCount / known,
    medianLead: median(leads),
  };
}

/** Of an even number the lower one: a lead that was really had. */
function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
