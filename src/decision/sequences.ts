import { exp2Neg, roundToInteger } from './exact-math.js';
import { ALWAYS_NOW, ageOf, CrowdMatch, type Match } from './match.js';
import type { SequenceRule } from './policy-model.js';
import { type Candidate, type Chain, completeChains } from './sequence-chains.js';
import type { Tenths, UnixMs } from './vocabulary.js';

/** A sequence with everything that may serve its steps. */
export interface SequencePlan {
  readonly rule: SequenceRule;
  /** By step. */
  readonly candidates: readonly (readonly Candidate[])[];
  /** By step: the records that later steps may use as well. Of others it need not be known that they were used. */
  readonly laterBits: readonly number[];
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

/** Complete chains, and the time through which they stay the same: until a candidate begins, ends or is too far back. */
interface ChainSet {
  readonly chains: readonly Chain[];
  readonly at: UnixMs;
  /** Found when another moment is asked for: a decision asks for one only. */
  unchanged?: Unchanged;
}

interface Unchanged {
  /** Inclusive. */
  readonly from: UnixMs;
  /** Exclusive. */
  readonly until: UnixMs;
}

/** Bits of a 32-bit integer that stay positive. */
const MOST_SHARED = 30;

/**
 * Prepares a sequence, given what may serve each of its steps.
 *
 * @param mayShare false: sure that no record may serve two of its steps
 */
export function planSequence(
  rule: SequenceRule,
  matches: readonly (readonly Match[])[],
  mayShare = true,
): SequencePlan {
  const bits = mayShare ? sharedRecords(matches) : undefined;
  let index = 0;
  let guessed = false;
  const candidates = matches.map((ofStep) =>
    ofStep.map((match) => {
      index += 1;
      guessed ||= !match.solid;
      return { match, index, bit: bits?.get(match.id) ?? 0 };
    }),
  );
  const laterBits = bits === undefined ? NO_BITS : laterBitsOf(candidates);
  return { rule, candidates, laterBits, guessed, lastOfAll: {}, lastOfSolid: {} };
}

const NO_BITS: readonly number[] = [];

/** Facts of the present that are shared tell chains apart by their order as well: then every bit is kept. */
function laterBitsOf(candidates: readonly (readonly Candidate[])[]): readonly number[] {
  if (candidates.some((ofStep) => ofStep.some(({ match, bit }) => match.at === ALWAYS_NOW && bit !== 0))) {
    return NO_BITS;
  }
  let later = 0;
  const laterBits: number[] = [];
  for (let step = candidates.length - 1; step >= 0; step -= 1) {
    laterBits[step] = later;
    for (const { bit } of candidates[step] ?? []) later |= bit;
  }
  return laterBits;
}

/** A bit for each record that more than one step may use. Undefined, as a rule, if there is none. */
function sharedRecords(matches: readonly (readonly Match[])[]): ReadonlyMap<string, number> | undefined {
  const firstStep = new Map<string, number>();
  let shared: Map<string, number> | undefined;
  for (const [step, ofStep] of matches.entries()) {
    for (const match of ofStep) {
      const { id } = match;
      // A crowd stands for several records, so it may serve several steps.
      if (id === '' || match instanceof CrowdMatch) continue;
      const first = firstStep.get(id);
      if (first === undefined) {
        firstStep.set(id, step);
      } else if (first !== step) {
        shared ??= new Map();
        if (!shared.has(id) && shared.size < MOST_SHARED) shared.set(id, 1 << shared.size);
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
  if (last.chains === undefined || !isUnchanged(plan, last.chains, now)) {
    last.chains = { chains: completeChains(plan, now, solidOnly), at: now };
  }
  return bestOf(last.chains.chains, plan.rule, now);
}

function isUnchanged(plan: SequencePlan, set: ChainSet, now: UnixMs): boolean {
  if (now === set.at) return true;
  set.unchanged ??= unchangedAround(plan, set.at);
  return set.unchanged.from <= now && now < set.unchanged.until;
}

/** A gap may be exactly `maxGap`, and a record may be of this very moment: a millisecond later neither is. */
const ONE_MS = 1;

function unchangedAround({ rule, candidates }: SequencePlan, now: UnixMs): Unchanged {
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  for (const ofStep of candidates) {
    for (const { match } of ofStep) {
      if (match.activeFrom <= now) from = Math.max(from, match.activeFrom);
      else until = Math.min(until, match.activeFrom);
      if (match.activeUntil <= now) from = Math.max(from, match.activeUntil);
      else until = Math.min(until, match.activeUntil);
      for (const past of [match.at + ONE_MS, match.latest + ONE_MS]) {
        if (past <= now) from = Math.max(from, past);
        else until = Math.min(until, past);
      }
      const tooFar = match.until + rule.maxGap + ONE_MS;
      if (tooFar <= now) from = Math.max(from, tooFar);
      else until = Math.min(until, tooFar);
    }
  }
  return { from, until };
}

function bestOf(chains: readonly Chain[], rule: SequenceRule, now: UnixMs): SequenceValue | undefined {
  let best: Chain | undefined;
  let bestPoints = 0;
  let earliest = Number.POSITIVE_INFINITY;
  // Of one chain that was looked at, or of none.
  let mostPoints = Number.NEGATIVE_INFINITY;
  let leastAge = Number.POSITIVE_INFINITY;
  for (const chain of chains) {
    const age = chain.last === undefined ? 0 : ageOf(chain.last, now);
    if (age >= rule.window) continue;
    earliest = Math.min(earliest, chain.earliest);
    // Older and of no more points: it cannot be worth more, and of equals the first counts.
    if (chain.points <= mostPoints && age >= leastAge) continue;
    if (chain.points > mostPoints && age <= leastAge) {
      mostPoints = chain.points;
      leastAge = age;
    }
    const decay = rule.halfLife === undefined ? 1 : exp2Neg(age / rule.halfLife);
    const points = roundToInteger(chain.points * decay);
    if (points > bestPoints) {
      best = chain;
      bestPoints = points;
    }
  }
  return best === undefined ? undefined : { points: bestPoints, last: best.last, earliest };
}
