import type { Decision, MinorUnits, Tenths } from '../../decision/vocabulary.js';
import { type Amount, addTo, memberOf, mergeAmount, noAmount } from './amounts.js';
import type { ReplayItem } from './replay-item.js';
import type { Ruling } from './ruling.js';
import { operatorOf } from './side-tally.js';

/** Examples kept of each flip: the largest values, then by id. */
export const EXAMPLES_PER_FLIP = 5;

/** One assessment that would have been decided otherwise. */
export interface FlipExample {
  readonly assessmentId: string;
  readonly value: MinorUnits;
  readonly scoreBefore: Tenths;
  readonly scoreAfter: Tenths;
}

/** All assessments that went from one decision to another. */
export interface Flip {
  readonly before: Decision;
  readonly after: Decision;
  readonly all: Amount;
  /** Of them, withdrawals confirmed as fraud. */
  readonly fraud: Amount;
  readonly honest: Amount;
  /** By tier of the policy before. */
  readonly tiers: Map<string, Amount>;
  readonly operators: Map<string, Amount>;
  readonly examples: FlipExample[];
}

export function newFlip(before: Decision, after: Decision): Flip {
  return {
    before,
    after,
    all: noAmount(),
    fraud: noAmount(),
    honest: noAmount(),
    tiers: new Map(),
    operators: new Map(),
    examples: [],
  };
}

/** Names a pair of decisions. */
export function flipKey(before: Decision, after: Decision): string {
  return `${before}>${after}`;
}

export function addToFlip(flip: Flip, item: ReplayItem, before: Ruling, after: Ruling): void {
  const value = item.input.request.value ?? 0;
  addTo(flip.all, value);
  if (item.outcome === 'FRAUD') addTo(flip.fraud, value);
  if (item.outcome === 'HONEST') addTo(flip.honest, value);
  addTo(memberOf(flip.tiers, before.tier, noAmount), value);
  addTo(memberOf(flip.operators, operatorOf(item), noAmount), value);
  keepExamples(flip.examples, [
    { assessmentId: item.id, value, scoreBefore: before.score, scoreAfter: after.score },
  ]);
}

export function mergeFlip(into: Flip, from: Flip): void {
  mergeAmount(into.all, from.all);
  mergeAmount(into.fraud, from.fraud);
  mergeAmount(into.honest, from.honest);
  for (const [tier, amount] of from.tiers) mergeAmount(memberOf(into.tiers, tier, noAmount), amount);
  for (const [name, amount] of from.operators) mergeAmount(memberOf(into.operators, name, noAmount), amount);
  keepExamples(into.examples, from.examples);
}

function keepExamples(kept: FlipExample[], more: readonly FlipExample[]): void {
  kept.push(...more);
  if (kept.length <= 1) return;
  kept.sort((a, b) => b.value - a.value || (a.assessmentId < b.assessmentId ? -1 : 1));
  kept.splice(EXAMPLES_PER_FLIP);
}
