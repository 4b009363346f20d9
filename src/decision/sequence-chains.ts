import { ALWAYS_NOW, isActive, type Match } from './match.js';
import type { SequenceRule, SequenceStep } from './policy-model.js';
import { type Reach, StepReach } from './step-reach.js';
import type { Tenths, UnixMs } from './vocabulary.js';

/** A match that may serve a step. */
export interface Candidate {
  readonly match: Match;
  /** Its place among all candidates of the sequence, from 1. */
  readonly index: number;
  /** A bit of its own if more than one step may use the same record, else 0. */
  readonly bit: number;
}

/** All that the rest of a sequence needs to know of the steps so far. */
export interface Chain extends Reach {
  /** The last record with a time of its own. */
  readonly last: Match | undefined;
  /** Its index; 0 for none. */
  readonly lastIndex: number;
}

/** Whose chains are asked for. */
interface ChainPlan {
  readonly rule: SequenceRule;
  /** By step. */
  readonly candidates: readonly (readonly Candidate[])[];
  /** By step: the records that later steps may use as well. Where it is absent they may use all. */
  readonly laterBits: readonly number[];
}

const ALL_BITS = -1;

const START: Chain = {
  last: undefined,
  lastIndex: 0,
  atNow: false,
  count: 0,
  used: 0,
  points: 0,
  earliest: Number.POSITIVE_INFINITY,
};

const NO_CHAINS: readonly Chain[] = [];

/** All chains that meet a sequence at `now`, leaving aside its window. */
export function completeChains(plan: ChainPlan, now: UnixMs, solidOnly: boolean): readonly Chain[] {
  const { rule } = plan;
  let chains: readonly Chain[] = [START];
  for (const [index, step] of rule.steps.entries()) {
    const usable = usableAt(plan.candidates[index] ?? [], now, solidOnly);
    const pairs = chains.length * usable.length;
    chains =
      pairs <= FEW_PAIRS
        ? extendEach(rule, step, chains, usable, now)
        : extendAll(rule, step, chains, usable, plan.laterBits[index] ?? ALL_BITS, now);
    if (chains.length === 0) return NO_CHAINS;
  }
  return chains.filter((chain) => chain.count > 0 && chain.count >= rule.minSteps);
}

/** Fewer pairs of chain and candidate are tried one by one: that is faster than arranging them. */
const FEW_PAIRS = 128;

function usableAt(candidates: readonly Candidate[], now: UnixMs, solidOnly: boolean): readonly Candidate[] {
  return candidates.filter(({ match }) => isActive(match, now) && (match.solid || !solidOnly));
}

/** Every chain with every candidate. */
function extendEach(
  rule: SequenceRule,
  step: SequenceStep,
  chains: readonly Chain[],
  usable: readonly Candidate[],
  now: UnixMs,
): readonly Chain[] {
  const next = new Map<number, Chain>();
  if (!step.required) for (const chain of chains) keepBest(next, chain);
  for (const candidate of usable) {
    for (const chain of chains) {
      const longer = extend(rule, chain, candidate, step.points, now);
      if (longer !== undefined) keepBest(next, longer);
    }
  }
  return [...next.values()];
}

/** The same chains in the same order, but those that reach a candidate are taken together. */
function extendAll(
  rule: SequenceRule,
  step: SequenceStep,
  chains: readonly Chain[],
  usable: readonly Candidate[],
  laterBits: number,
  now: UnixMs,
): readonly Chain[] {
  const timed = usable.some(isPresent) ? usable.filter((candidate) => !isPresent(candidate)) : usable;
  const reach = timed.length === 0 ? undefined : reachOf(rule, chains, timed, now);
  const kept = step.required ? NO_CHAINS : chains;
  if (timed.length === usable.length && reach !== undefined) {
    const next = [...kept];
    for (const candidate of timed) pushReaching(next, rule, step, reach, candidate, laterBits, now);
    return next;
  }
  // Facts of the present leave a chain's last record as it was, so they may come to a chain that is there already.
  const next = new Map<number, Chain>();
  for (const chain of kept) keepBest(next, chain);
  for (const candidate of usable) {
    const longer: Chain[] = [];
    if (!isPresent(candidate)) {
      if (reach !== undefined) pushReaching(longer, rule, step, reach, candidate, laterBits, now);
    } else {
      for (const chain of chains) {
        const one = extend(rule, chain, candidate, step.points, now);
        if (one !== undefined) longer.push(one);
      }
    }
    for (const chain of longer) keepBest(next, chain);
  }
  return [...next.values()];
}

/** A fact that is simply true now. */
function isPresent({ match }: Candidate): boolean {
  return match.at === ALWAYS_NOW;
}

function reachOf(
  rule: SequenceRule,
  chains: readonly Chain[],
  timed: readonly Candidate[],
  now: UnixMs,
): StepReach {
  const times = new Float64Array(timed.length);
  for (let index = 0; index < timed.length; index += 1) times[index] = momentOf(timed[index]?.match, now);
  const reach = new StepReach(times);
  for (const chain of chains) {
    const endless = chain.atNow || chain.last === undefined;
    const reachesTo = endless ? Number.POSITIVE_INFINITY : (chain.last?.until ?? now) + rule.maxGap;
    reach.add(chain, chain.atNow ? now : momentOf(chain.last, now), reachesTo);
  }
  reach.settle();
  return reach;
}

function pushReaching(
  next: Chain[],
  rule: SequenceRule,
  step: SequenceStep,
  reach: StepReach,
  { match, index, bit }: Candidate,
  laterBits: number,
  now: UnixMs,
): void {
  const start = next.length;
  for (const from of reach.reaching(momentOf(match, now), bit)) {
    const count = Math.min(from.count + 1, rule.minSteps);
    const used = (from.used | bit) & laterBits;
    const points = from.points + step.points;
    const earliest = Math.min(from.earliest, match.at);
    const twin = indexOfTwin(next, start, count, from.atNow, used);
    const other = next[twin];
    next[twin] = {
      last: match,
      lastIndex: index,
      atNow: from.atNow,
      count,
      used,
      points: other === undefined ? points : Math.max(points, other.points),
      earliest: other === undefined ? earliest : Math.min(earliest, other.earliest),
    };
  }
}

/** Where a chain of the same last record is that the rest cannot tell apart; the end if there is none. */
function indexOfTwin(
  chains: readonly Chain[],
  start: number,
  count: number,
  atNow: boolean,
  used: number,
): number {
  for (let index = start; index < chains.length; index += 1) {
    const other = chains[index];
    if (other !== undefined && other.count === count && other.atNow === atNow && other.used === used) {
      return index;
    }
  }
  return chains.length;
}

/** No sequence of a policy has as many steps, and no account as many candidates for one. */
const COUNT_RADIX = 64;
const CANDIDATE_RADIX = 65_536;

/** Chains that differ in nothing the rest depends on are one; points and start are the best of both. */
function keepBest(chains: Map<number, Chain>, chain: Chain): void {
  const head = (chain.used * 2 + (chain.atNow ? 1 : 0)) * COUNT_RADIX + chain.count;
  const key = head * CANDIDATE_RADIX + chain.lastIndex;
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
  if (sameMoment && (chain.used & bit) !== 0) return undefined;
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
