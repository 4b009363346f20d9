import type { AssessmentInput } from '../../src/decision/input.js';
import type { CompiledPolicy, Condition, ScoreRule } from '../../src/decision/policy-model.js';

/** Numbers that rules of a general engine compare; infinite when there is nothing. */
export type PeerFacts = Record<string, number>;

/** One comparison of a fact. */
export interface PeerTest {
  readonly fact: string;
  readonly operator: 'lessThan' | 'greaterThanInclusive';
  readonly value: number;
}

/** A score rule as a general rule engine takes it: fires when `all` hold and, if there are any, one of `any`. */
export interface PeerRule {
  readonly rule: ScoreRule;
  readonly all: readonly PeerTest[];
  readonly any: readonly PeerTest[];
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The score rules of a policy for a general engine. Conditions on what providers said are included as tests of facts
 * that are absent: enough for inputs without provider evidence, and less work than they would be with it. Sequences,
 * locks, caps and explanation are left out, in favour of the engine.
 */
export function peerRules(policy: CompiledPolicy): readonly PeerRule[] {
  return policy.rules.map((rule) => ({ rule, ...testsOf(rule.when, rule.window ?? NEVER) }));
}

function testsOf(when: Condition, windowMs: number): Omit<PeerRule, 'rule'> {
  const within = (fact: string): PeerTest => ({ fact, operator: 'lessThan', value: windowMs });
  const atLeast = (fact: string, value: number): PeerTest => ({
    fact,
    operator: 'greaterThanInclusive',
    value,
  });
  const below = (fact: string, value: number): PeerTest => ({ fact, operator: 'lessThan', value });
  switch (when.kind) {
    case 'signal': {
      const suffixes = when.inExposure === undefined ? (when.channels ?? ['']) : [`in-${when.inExposure}`];
      return {
        all: [],
        any: when.types.flatMap((type) => suffixes.map((suffix) => within(signalFact(type, suffix)))),
      };
    }
    case 'event':
      return { all: [], any: when.types.map((type) => within(`event:${type}`)) };
    case 'exposure':
    case 'cohort':
    case 'watch':
      return { all: [], any: [within(`${when.kind}:age`)] };
    case 'loginFailures':
      return { all: [atLeast('failures', when.atLeast)], any: [] };
    case 'destinationAge':
      return { all: [below('destination:age', when.below)], any: [] };
    case 'destinationUsed':
      return { all: [atLeast('destination:used', when.atLeast)], any: [] };
    case 'destinationNotUsed':
      return { all: [below('destination:used', when.atLeast)], any: [] };
    case 'destinationAllowlisted':
      return { all: [atLeast('destination:allowlisted', when.atLeast)], any: [] };
    case 'destinationOwned':
      return { all: [atLeast('destination:owned', 1)], any: [] };
    case 'deviceAge':
      return { all: ageTests('device:age', when.atLeast, when.below), any: [] };
    case 'balanceShare':
      return { all: [atLeast('share', when.atLeast)], any: [] };
    case 'accountAge':
      return { all: ageTests('account:age', when.atLeast, when.below), any: [] };
    case 'lastGoodWithdrawal':
      return { all: [atLeast('good:age', when.atLeast)], any: [] };
    case 'withdrawalCount':
      return { all: [atLeast('withdrawals', when.atLeast)], any: [] };
    // The inputs of the bench have neither drains nor anything unproven: the peer looks for a fact that is not there.
    case 'unproven':
      return { all: [below(`unproven:${when.what}`, when.below)], any: [] };
    case 'drain':
      return { all: [atLeast(`drain:${when.scope}`, 1)], any: [] };
    default:
      return when satisfies never;
  }
}

function ageTests(fact: string, atLeast: number | undefined, below: number | undefined): readonly PeerTest[] {
  const tests: PeerTest[] = [];
  if (atLeast !== undefined) tests.push({ fact, operator: 'greaterThanInclusive', value: atLeast });
  if (below !== undefined) tests.push({ fact, operator: 'lessThan', value: below });
  return tests;
}

function signalFact(type: string, suffix: string): string {
  return suffix === '' ? `signal:${type}` : `signal:${type}:${suffix}`;
}

/** All facts that the rules test, absent ones included. Made once: the engine refuses rules over unknown facts. */
export function absentFacts(rules: readonly PeerRule[]): PeerFacts {
  const facts: PeerFacts = {};
  for (const { all, any } of rules) {
    for (const test of [...all, ...any]) facts[test.fact] = test.operator === 'lessThan' ? NEVER : -1;
  }
  return facts;
}

/** The facts of one input. Part of what a caller of a general engine has to do for every withdrawal. */
export function factsOf(input: AssessmentInput, absent: PeerFacts): PeerFacts {
  const { now, request } = input;
  const facts: PeerFacts = { ...absent };
  for (const { type, channel, occurredAt } of input.account.signals) {
    const ageMs = now - occurredAt;
    setNewest(facts, signalFact(type, ''), ageMs);
    if (channel !== undefined) setNewest(facts, signalFact(type, channel), ageMs);
  }
  const { destination } = request;
  if (destination.addedAt !== undefined) facts['destination:age'] = now - destination.addedAt;
  if (destination.firstUsedAt !== undefined) facts['destination:used'] = now - destination.firstUsedAt;
  if (destination.allowlisted === true && destination.addedAt !== undefined) {
    facts['destination:allowlisted'] = now - destination.addedAt;
  }
  if (destination.ownershipVerified === true) facts['destination:owned'] = 1;
  if (request.deviceFirstSeenAt !== undefined) facts['device:age'] = now - request.deviceFirstSeenAt;
  if (request.balanceShare !== undefined) facts['share'] = request.balanceShare;
  if (request.accountOpenedAt !== undefined) facts['account:age'] = now - request.accountOpenedAt;
  if (request.lastGoodWithdrawalAt !== undefined) facts['good:age'] = now - request.lastGoodWithdrawalAt;
  facts['withdrawals'] = 1 + input.ledger.spends.filter(({ counted }) => counted).length;
  return facts;
}

function setNewest(facts: PeerFacts, name: string, ageMs: number): void {
  const known = facts[name];
  if (known !== undefined && ageMs < known) facts[name] = ageMs;
}
