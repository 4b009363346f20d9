import { exp2Neg, roundToInteger } from '../../../src/decision/exact-math.js';
import { ALWAYS_NOW, ageOf, isActive, type Match } from '../../../src/decision/match.js';
import type { SequenceRule } from '../../../src/decision/policy-model.js';
import type { Tenths, UnixMs } from '../../../src/decision/vocabulary.js';

/** A match that may serve a step. */
interface Candidate {
  readonly match: Match;
  /** Its place among all candidates of the sequence, from 1. */
  readonly index: number;
  /** A bit of its own if more than one step may use the same record, else 0. */
  readonly bit: bigint;
}

/** A sequence with everything that may serve its steps. */
export interface SequencePlan {
  readonly rule: SequenceRule;
  /** By step. */
  readonly candidates: readonly (readonly Candidate[])[];
  /** Some candidate rests on a guessed alias. */
  readonly guessed: boolean;
  /** Chains as last worked out, of all candidates and of solid ones alone: the search for a hold's end asks often. */
  readonly lastOfAll: { chains?: ChainSet };
  readonly lastOfSolid: { chains?: ChainSet };
}

/** What a sequence is worth now. */
export interface SequenceValue {
  readonly points: Tenths;
  /** The last matched record that has a time of its own; absent if only present facts matched. */
  readonly last: Match | undefined;
  /**
   * Start of the earliest assignment, best or not, so that more evidence never moves it later (I4). Infinite if none has
   * a record with a time of its own.
   */
  readonly earliest: UnixMs;
}

/** All that the rest of a sequence needs to know of the steps so far. */
interface Chain {
  /** The last record with a time of its own. */
  readonly last: Match | undefined;
  /** Its index; 0 for none. */
  readonly lastIndex: number;
  /** A fact of the present was used: nothing older may follow. */
  readonly atNow: boolean;
  readonly count: number;
  /** Shared records used at the last moment; earlier ones cannot come again. */
  readonly used: bigint;
  readonly points: Tenths;
  readonly earliest: UnixMs;
}

/** Complete chains, and the time through which they stay the same: until a candidate begins, ends or is too far back. */
interface ChainSet {
  readonly chains: readonly Chain[];
  /** Inclusive. */
  readonly from: UnixMs;
  /** Exclusive. */
  readonly until: UnixMs;
}

const START: Chain = {
  last: undefined,
  lastIndex: 0,
  atNow: false,
  count: 0,
  used: 0n,
  points: 0,
  earliest: Number.POSITIVE_INFINITY,
};

const NO_CHAINS: readonly Chain[] = [];

/** Prepares a sequence, given what may serve each of its steps. */
export function planSequence(rule: SequenceRule, matches: readonly (readonly Match[])[]): SequencePlan {
  const bits = sharedRecords(matches);
  let index = 0;
  const candidates = matches.map((ofStep) =>
    ofStep.map((match) => {
      index += 1;
      return { match, index, bit: bits?.get(match.id) ?? 0n };
    }),
  );
  const guessed = matches.some((ofStep) => ofStep.some((match) => !match.solid));
  return { rule, candidates, guessed, lastOfAll: {}, lastOfSolid: {} };
}

/** A bit for each record that more than one step may use. Undefined, as a rule, if there is none. */
function sharedRecords(matches: readonly (readonly Match[])[]): ReadonlyMap<string, bigint> | undefined {
  const firstStep = new Map<string, number>();
  let shared: Map<string, bigint> | undefined;
  for (const [step, ofStep] of matches.entries()) {
    for (const { id } of ofStep) {
      const first = firstStep.get(id);
      if (first === undefined) {
        firstStep.set(id, step);
      } else if (first !== step) {
        shared ??= new Map();
        if (!shared.has(id)) shared.set(id, 1n << BigInt(shared.size));
      }
    }
  }
  return shared;
}

/**
 * The best assignment of records to steps at `now`: in the order of time, neighbours at most `maxGap` apart, at least
 * `minSteps` of them, the last within `window`. Facts of the present are the last moment but do not make a sequence
 * young again: it ages from its last record with a time of its own.
 *
 * @param solidOnly leave out what rests on a guessed alias
 */
export function sequenceValueAt(
  plan: SequencePlan,
  now: UnixMs,
  solidOnly: boolean,
): SequenceValue | undefined {
  const last = solidOnly ? plan.lastOfSolid : plan.lastOfAll;
  if (last.chains === undefined || now < last.chains.from || now >= last.chains.until) {
    last.chains = chainsAt(plan, now, solidOnly);
  }
  return bestOf(last.chains.chains, plan.rule, now);
}

function chainsAt(plan: SequencePlan, now: UnixMs, solidOnly: boolean): ChainSet {
  return { chains: completeChains(plan, now, solidOnly), ...unchangedAround(plan, now) };
}

/** A gap may be exactly `maxGap`, and a record may be of this very moment: a millisecond later neither is. */
const ONE_MS = 1;

function unchangedAround({ rule, candidates }: SequencePlan, now: UnixMs): { from: UnixMs; until: UnixMs } {
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  for (const ofStep of candidates) {
    for (const { match } of ofStep) {
      const tooFar = match.until + rule.maxGap + ONE_MS;
      for (const change of [match.activeFrom, match.activeUntil, match.at + ONE_MS, tooFar]) {
        if (change <= now) from = Math.max(from, change);
        else until = Math.min(until, change);
      }
    }
  }
  return { from, until };
}

function completeChains(plan: SequencePlan, now: UnixMs, solidOnly: boolean): readonly Chain[] {
  const { rule } = plan;
  let chains: readonly Chain[] = [START];
  for (const [index, step] of rule.steps.entries()) {
    const next = new Map<string, Chain>();
    if (!step.required) for (const chain of chains) keepBest(next, chain);
    for (const candidate of plan.candidates[index] ?? []) {
      const { match } = candidate;
      if (!isActive(match, now) || (solidOnly && !match.solid)) continue;
      for (const chain of chains) {
        const longer = extend(rule, chain, candidate, step.points, now);
        if (longer !== undefined) keepBest(next, longer);
      }
    }
    if (next.size === 0) return NO_CHAINS;
    chains = [...next.values()];
  }
  return chains.filter((chain) => chain.count > 0 && chain.count >= rule.minSteps);
}

/** Chains that differ in nothing the rest depends on are one; points and start are the best of both. */
function keepBest(chains: Map<string, Chain>, chain: Chain): void {
  const key = `${chain.used} ${chain.atNow} ${chain.count} ${chain.lastIndex}`;
  const other = chains.get(key);
  if (other === undefined) {
    chains.set(key, chain);
    return;
  }
  if (other.points >= chain.points && other.earliest <= chain.earliest) return;
  chains.set(key, {
    ...chain,
    points: Math.max(chain.points, other.points),
    earliest: Math.min(chain.earliest, other.earliest),
  });
}

function extend(
  rule: SequenceRule,
  chain: Chain,
  candidate: Candidate,
  points: Tenths,
  now: UnixMs,
): Chain | undefined {
  const { match, bit } = candidate;
  const at = Math.min(match.at, now);
  const lastAt = chain.atNow ? now : momentOf(chain.last, now);
  if (at < lastAt) return undefined;
  const gapFrom = chain.atNow || chain.last === undefined ? at : chain.last.until;
  if (at - gapFrom > rule.maxGap) return undefined;
  const sameMoment = at === lastAt;
  if (sameMoment && (chain.used & bit) !== 0n) return undefined;
  const present = match.at === ALWAYS_NOW;
  return {
    last: present ? chain.last : match,
    lastIndex: present ? chain.lastIndex : candidate.index,
    atNow: present || chain.atNow,
    count: Math.min(chain.count + 1, rule.minSteps),
    used: sameMoment ? chain.used | bit : bit,
    points: chain.points + points,
    earliest: Math.min(chain.earliest, match.at),
  };
}

function momentOf(match: Match | undefined, now: UnixMs): UnixMs {
  return match === undefined ? Number.NEGATIVE_INFINITY : Math.min(match.at, now);
}

function bestOf(chains: readonly Chain[], rule: SequenceRule, now: UnixMs): SequenceValue | undefined {
  let best: Chain | undefined;
  let bestPoints = 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const chain of chains) {
    const age = chain.last === undefined ? 0 : ageOf(chain.last, now);
    if (age >= rule.window) continue;
    earliest = Math.min(earliest, chain.earliest);
    const decay = rule.halfLife === undefined ? 1 : exp2Neg(age / rule.halfLife);
    const points = roundToInteger(chain.points * decay);
    if (points > bestPoints) {
      best = chain;
      bestPoints = points;
    }
  }
  return best === undefined ? undefined : { points: bestPoints, last: best.last, earliest };
}
