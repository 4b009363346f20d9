import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { Tenths, UnixMs } from '../../decision/vocabulary.js';
import { memberOf } from './amounts.js';
import { addToFlip, type Flip, flipKey, mergeFlip, newFlip } from './flips.js';
import type { ReplayItem } from './replay-item.js';
import { type Ruling, ruleOn } from './ruling.js';
import { addRuling, mergeSideTally, newSideTally, type SideTally } from './side-tally.js';

/** How often a reason code came up, and the points it gave, under each policy. Locks and lists give none. */
export interface CodeShift {
  hitsBefore: number;
  hitsAfter: number;
  pointsBefore: Tenths;
  pointsAfter: Tenths;
}

/**
 * What a candidate would have changed over a set of assessments. Sums only: simulations of parts merge to that of the
 * whole, in any order, to the last count.
 */
export interface Simulation {
  replayed: number;
  /** Only every n-th of those recorded was looked at. */
  sampleEvery: number;
  /** Of the earliest and latest assessment; infinite while there are none. */
  firstAt: UnixMs;
  lastAt: UnixMs;
  readonly before: SideTally;
  readonly after: SideTally;
  /** Pairs that differ, by {@link flipKey}. */
  readonly flips: Map<string, Flip>;
  readonly codes: Map<string, CodeShift>;
}

export function newSimulation(): Simulation {
  return {
    replayed: 0,
    sampleEvery: 1,
    firstAt: Number.POSITIVE_INFINITY,
    lastAt: Number.NEGATIVE_INFINITY,
    before: newSideTally(),
    after: newSideTally(),
    flips: new Map(),
    codes: new Map(),
  };
}

/**
 * Decides recorded assessments again under both policies. What the account moved before is taken as recorded, so what a
 * candidate lets go or holds does not change the tiers of later withdrawals.
 */
export function simulate(
  items: Iterable<ReplayItem>,
  before: CompiledPolicy,
  candidate: CompiledPolicy,
): Simulation {
  const simulation = newSimulation();
  for (const item of items) replay(simulation, item, before, candidate);
  return simulation;
}

/** Adds one assessment. */
export function replay(
  simulation: Simulation,
  item: ReplayItem,
  before: CompiledPolicy,
  candidate: CompiledPolicy,
): void {
  const was = ruleOn(item.input, before);
  const is = ruleOn(item.input, candidate);
  simulation.replayed++;
  simulation.firstAt = Math.min(simulation.firstAt, item.at);
  simulation.lastAt = Math.max(simulation.lastAt, item.at);
  addRuling(simulation.before, item, was);
  addRuling(simulation.after, item, is);
  addCodes(simulation.codes, was, is);
  if (was.decision === is.decision) return;
  const key = flipKey(was.decision, is.decision);
  addToFlip(
    memberOf(simulation.flips, key, () => newFlip(was.decision, is.decision)),
    item,
    was,
    is,
  );
}

/** Adds the second to the first. */
export function mergeSimulation(into: Simulation, from: Simulation): void {
  into.replayed += from.replayed;
  into.sampleEvery = Math.max(into.sampleEvery, from.sampleEvery);
  into.firstAt = Math.min(into.firstAt, from.firstAt);
  into.lastAt = Math.max(into.lastAt, from.lastAt);
  mergeSideTally(into.before, from.before);
  mergeSideTally(into.after, from.after);
  for (const [key, flip] of from.flips) {
    mergeFlip(
      memberOf(into.flips, key, () => newFlip(flip.before, flip.after)),
      flip,
    );
  }
  for (const [code, shift] of from.codes) {
    const known = memberOf(into.codes, code, noShift);
    known.hitsBefore += shift.hitsBefore;
    known.hitsAfter += shift.hitsAfter;
    known.pointsBefore += shift.pointsBefore;
    known.pointsAfter += shift.pointsAfter;
  }
}

function noShift(): CodeShift {
  return { hitsBefore: 0, hitsAfter: 0, pointsBefore: 0, pointsAfter: 0 };
}

function addCodes(codes: Map<string, CodeShift>, before: Ruling, after: Ruling): void {
  for (const { contribution, points } of before.outcome.sheet.reasons) {
    if (points === 0) continue;
    const shift = memberOf(codes, contribution.text.code, noShift);
    shift.hitsBefore++;
    shift.pointsBefore += points;
  }
  for (const { contribution, points } of after.outcome.sheet.reasons) {
    if (points === 0) continue;
    const shift = memberOf(codes, contribution.text.code, noShift);
    shift.hitsAfter++;
    shift.pointsAfter += points;
  }
  for (const { rule } of before.outcome.locks) memberOf(codes, rule.code, noShift).hitsBefore++;
  for (const { rule } of after.outcome.locks) memberOf(codes, rule.code, noShift).hitsAfter++;
  for (const { list } of before.outcome.denied) memberOf(codes, list.code, noShift).hitsBefore++;
  for (const { list } of after.outcome.denied) memberOf(codes, list.code, noShift).hitsAfter++;
}
