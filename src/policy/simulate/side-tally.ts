import type { DurationMs, UnixMs } from '../../decision/vocabulary.js';
import { addCount, addTo, type ByDecision, memberOf, mergeDecisions, noDecisions } from './amounts.js';
import type { OutcomeClass, ReplayItem } from './replay-item.js';
import type { Ruling } from './ruling.js';

/** Bins of the score histograms: 5 points each, the last with 100. */
export const HISTOGRAM_BINS = 20;
const TENTHS_PER_BIN = 50;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * What one policy decides over a set of assessments. Sums only, so that parts add up to the whole in any order. Counts
 * assessments: a withdrawal that was asked about twice counts twice.
 */
export interface SideTally {
  readonly decisions: ByDecision;
  readonly tiers: Map<string, ByDecision>;
  /** Of the operator of the account's mailbox; `other` when it is not in the table. */
  readonly operators: Map<string, ByDecision>;
  readonly outcomes: Readonly<Record<OutcomeClass, ByDecision>>;
  readonly histogram: number[];
  /** By days since 1970, UTC. */
  readonly holdsByDay: Map<number, number>;
  /** Sum over all holds. */
  delayMs: DurationMs;
  /** Holds of honest withdrawals by their length in whole minutes. */
  readonly honestHoldMinutes: Map<number, number>;
}

export function newSideTally(): SideTally {
  return {
    decisions: noDecisions(),
    tiers: new Map(),
    operators: new Map(),
    outcomes: { FRAUD: noDecisions(), HONEST: noDecisions() },
    histogram: new Array<number>(HISTOGRAM_BINS).fill(0),
    holdsByDay: new Map(),
    delayMs: 0,
    honestHoldMinutes: new Map(),
  };
}

/** Counts one ruling. */
export function addRuling(tally: SideTally, item: ReplayItem, ruling: Ruling): void {
  const { decision } = ruling;
  const value = item.input.request.value ?? 0;
  addTo(tally.decisions[decision], value);
  addTo(memberOf(tally.tiers, ruling.tier, noDecisions)[decision], value);
  addTo(memberOf(tally.operators, operatorOf(item), noDecisions)[decision], value);
  const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor(ruling.score / TENTHS_PER_BIN));
  tally.histogram[bin] = (tally.histogram[bin] ?? 0) + 1;
  if (item.outcome !== undefined) addTo(tally.outcomes[item.outcome][decision], value);
  if (decision !== 'HOLD') return;
  addCount(tally.holdsByDay, dayOf(item.at), 1);
  tally.delayMs += ruling.holdMs;
  if (item.outcome === 'HONEST') {
    addCount(tally.honestHoldMinutes, Math.floor(ruling.holdMs / MINUTE_MS), 1);
  }
}

/** Adds the second to the first. */
export function mergeSideTally(into: SideTally, from: SideTally): void {
  mergeDecisions(into.decisions, from.decisions);
  for (const [tier, by] of from.tiers) mergeDecisions(memberOf(into.tiers, tier, noDecisions), by);
  for (const [name, by] of from.operators) mergeDecisions(memberOf(into.operators, name, noDecisions), by);
  mergeDecisions(into.outcomes.FRAUD, from.outcomes.FRAUD);
  mergeDecisions(into.outcomes.HONEST, from.outcomes.HONEST);
  for (const [bin, count] of from.histogram.entries())
    into.histogram[bin] = (into.histogram[bin] ?? 0) + count;
  for (const [day, count] of from.holdsByDay) addCount(into.holdsByDay, day, count);
  into.delayMs += from.delayMs;
  for (const [minutes, count] of from.honestHoldMinutes) addCount(into.honestHoldMinutes, minutes, count);
}

/** Days since 1970, UTC. */
export function dayOf(at: UnixMs): number {
  return Math.floor(at / DAY_MS);
}

/** Who runs the mail of the account: of the mailbox that the request names, else of the one used last. */
export function operatorOf({ input }: ReplayItem): string {
  const { mailboxes, request } = input;
  const named = mailboxes.find(({ link }) => link.alias === request.mailbox) ?? mailboxes[0];
  return named?.link.operator ?? 'other';
}
