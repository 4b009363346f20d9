import type { Condition } from '../../decision/policy-model.js';
import type { DurationMs, ReasonSource } from '../../decision/vocabulary.js';
import type { AgeDocument, ConditionDocument, UnprovenDocument } from '../policy-document.js';
import type { DocumentPath } from '../policy-problem.js';
import { MAIN_KEYS } from '../schema/condition-schema.js';
import type { Draft } from './draft.js';

const HOUR_MS = 3_600_000;

/** So many failed sign-ins of an account and hour are told apart; a test holds it equal to the evidence's bound. */
export const MAX_FAILURES_PER_HOUR = 64;

const IN_EXPOSURE = { named: 'named', half_open: 'halfOpen', cohort: 'cohort' } as const;

/** Compiles a condition that passed the schema, so it has exactly one main key. */
export function compileCondition(draft: Draft, path: DocumentPath, when: ConditionDocument): Condition {
  if (when.signal !== undefined) {
    return {
      kind: 'signal',
      types: when.signal,
      ...(when.channels && { channels: when.channels }),
      ...(when.in_exposure && { inExposure: IN_EXPOSURE[when.in_exposure] }),
    };
  }
  if (when.event !== undefined) {
    return {
      kind: 'event',
      types: when.event,
      ...(when.unauthorised !== undefined && { unauthorised: when.unauthorised }),
      ...(when.after_exposure && { afterExposure: true }),
      ...(when.followed_by && {
        followedBy: {
          types: when.followed_by.signal,
          within: draft.duration([...path, 'followed_by', 'within'], when.followed_by.within),
        },
      }),
    };
  }
  if (when.exposure !== undefined) {
    const isOpen = when.exposure === 'open';
    const isHalfOpen = when.exposure === 'half_open';
    return { kind: 'exposure', ...(isOpen && { open: true }), ...(isHalfOpen && { halfOpen: true }) };
  }
  if (when.cohort !== undefined) return { kind: 'cohort', ...(when.cohort === 'open' && { open: true }) };
  if (when.watch !== undefined) return { kind: 'watch' };
  if (when.login_failures !== undefined) {
    const within = draft.duration([...path, 'login_failures', 'within'], when.login_failures.within);
    const atLeast = when.login_failures.at_least;
    // A span of whole hours touches one hour more than it is long.
    const most = MAX_FAILURES_PER_HOUR * (Math.ceil(within / HOUR_MS) + 1);
    if (atLeast > most) {
      draft.problem(
        [...path, 'login_failures', 'at_least'],
        `can never be true: at most ${MAX_FAILURES_PER_HOUR} an hour are counted, ${most} within ${when.login_failures.within}`,
      );
    }
    return { kind: 'loginFailures', atLeast, within };
  }
  return compileRequestCondition(draft, path, when);
}

function compileRequestCondition(draft: Draft, path: DocumentPath, when: ConditionDocument): Condition {
  const atLeast = (key: string, facts: { readonly at_least: string }): DurationMs =>
    draft.duration([...path, key, 'at_least'], facts.at_least);
  if (when.destination_age !== undefined) {
    return {
      kind: 'destinationAge',
      below: draft.duration([...path, 'destination_age', 'below'], when.destination_age.below),
    };
  }
  if (when.destination_used !== undefined) {
    return { kind: 'destinationUsed', atLeast: atLeast('destination_used', when.destination_used) };
  }
  if (when.destination_not_used !== undefined) {
    return {
      kind: 'destinationNotUsed',
      atLeast: atLeast('destination_not_used', when.destination_not_used),
    };
  }
  if (when.destination_allowlisted !== undefined) {
    return {
      kind: 'destinationAllowlisted',
      atLeast: atLeast('destination_allowlisted', when.destination_allowlisted),
    };
  }
  if (when.destination_owned !== undefined) return { kind: 'destinationOwned' };
  if (when.device_age !== undefined) {
    return { kind: 'deviceAge', ...compileAge(draft, [...path, 'device_age'], when.device_age) };
  }
  if (when.account_age !== undefined) {
    return { kind: 'accountAge', ...compileAge(draft, [...path, 'account_age'], when.account_age) };
  }
  if (when.balance_share !== undefined) return { kind: 'balanceShare', atLeast: when.balance_share.at_least };
  if (when.last_good_withdrawal !== undefined) {
    return {
      kind: 'lastGoodWithdrawal',
      atLeast: atLeast('last_good_withdrawal', when.last_good_withdrawal),
    };
  }
  if (when.withdrawals_in_24h !== undefined) {
    return { kind: 'withdrawalCount', atLeast: when.withdrawals_in_24h.at_least };
  }
  const ofLedger = compileLedgerCondition(draft, path, when);
  if (ofLedger !== undefined) return ofLedger;
  draft.problem(path, `give exactly one of ${MAIN_KEYS.join(', ')}`);
  return { kind: 'watch' };
}

/** What our own answers left behind. */
function compileLedgerCondition(
  draft: Draft,
  path: DocumentPath,
  when: ConditionDocument,
): Condition | undefined {
  for (const what of ['device', 'factor', 'destination'] as const) {
    const key = `${what}_unproven` as const;
    const unproven = when[key];
    if (unproven !== undefined) return compileUnproven(draft, [...path, key], what, unproven);
  }
  if (when.drain === undefined) return undefined;
  const { of: scope, within, share, value, by_at_least: byAtLeast } = when.drain;
  return {
    kind: 'drain',
    scope,
    within: draft.duration([...path, 'drain', 'within'], within),
    atLeast:
      share === undefined
        ? { of: 'value', value: draft.money([...path, 'drain', 'value'], value ?? 0) }
        : { of: 'share', share },
    ...(byAtLeast !== undefined && { byAtLeast }),
  };
}

/** First uses are forgotten this long after the last; a test holds it equal to the evidence's bound. */
export const USES_KEPT_MS = 180 * 24 * HOUR_MS;

function compileUnproven(
  draft: Draft,
  path: DocumentPath,
  what: 'device' | 'factor' | 'destination',
  { below, used_below }: UnprovenDocument,
): Condition {
  const young = draft.duration([...path, 'below'], below);
  const used = used_below === undefined ? undefined : draft.duration([...path, 'used_below'], used_below);
  if (young > USES_KEPT_MS) {
    draft.problem([...path, 'below'], 'is longer than uses are remembered: 180d');
  }
  if (used !== undefined && used > young) {
    draft.problem([...path, 'used_below'], 'is longer than `below`: what was used came before');
  }
  return { kind: 'unproven', what, below: young, ...(used !== undefined && { usedBelow: used }) };
}

function compileAge(
  draft: Draft,
  path: DocumentPath,
  age: AgeDocument,
): { below?: DurationMs; atLeast?: DurationMs } {
  const below = age.below === undefined ? undefined : draft.duration([...path, 'below'], age.below);
  const atLeast =
    age.at_least === undefined ? undefined : draft.duration([...path, 'at_least'], age.at_least);
  if (below !== undefined && atLeast !== undefined && atLeast >= below) {
    draft.problem(path, 'can never be true: `at_least` is not less than `below`');
  }
  return { ...(below !== undefined && { below }), ...(atLeast !== undefined && { atLeast }) };
}

/** Where a reason comes from follows from what its condition looks at. */
export function sourceOf(condition: Condition): ReasonSource {
  switch (condition.kind) {
    case 'signal':
    case 'loginFailures':
      return 'SIGNAL';
    case 'event':
    case 'exposure':
    case 'watch':
      return 'PROVIDER';
    case 'cohort':
      return 'COHORT';
    case 'destinationAge':
    case 'destinationUsed':
    case 'destinationNotUsed':
    case 'destinationAllowlisted':
    case 'destinationOwned':
    case 'deviceAge':
    case 'balanceShare':
    case 'accountAge':
    case 'lastGoodWithdrawal':
    case 'withdrawalCount':
    case 'unproven':
    case 'drain':
      return 'REQUEST';
    default:
      return unknownKind(condition);
  }
}

/** A fact that speaks for the customer when it holds; only such a fact may earn negative points (I4). */
export function canEarnTrust(condition: Condition): boolean {
  switch (condition.kind) {
    case 'destinationUsed':
    case 'destinationAllowlisted':
    case 'destinationOwned':
    case 'lastGoodWithdrawal':
      return true;
    case 'deviceAge':
    case 'accountAge':
      return condition.atLeast !== undefined && condition.below === undefined;
    case 'signal':
    case 'loginFailures':
    case 'event':
    case 'exposure':
    case 'watch':
    case 'cohort':
    case 'destinationAge':
    case 'destinationNotUsed':
    case 'balanceShare':
    case 'withdrawalCount':
    case 'unproven':
    case 'drain':
      return false;
    default:
      return unknownKind(condition);
  }
}

/** The least age of any match: a window at or below it never sees one. */
export function leastAge(condition: Condition): DurationMs {
  switch (condition.kind) {
    case 'destinationUsed':
    case 'destinationAllowlisted':
    case 'lastGoodWithdrawal':
      return condition.atLeast;
    case 'deviceAge':
    case 'accountAge':
      return condition.atLeast ?? 0;
    case 'signal':
    case 'loginFailures':
    case 'event':
    case 'exposure':
    case 'watch':
    case 'cohort':
    case 'destinationAge':
    case 'destinationNotUsed':
    case 'destinationOwned':
    case 'balanceShare':
    case 'withdrawalCount':
    case 'unproven':
    case 'drain':
      return 0;
    default:
      return unknownKind(condition);
  }
}

function unknownKind(condition: never): never {
  throw new TypeError(`condition of an unknown kind: ${JSON.stringify(condition)}`);
}
