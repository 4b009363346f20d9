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
  /** Grows only while its step is taken. */
  points: Tenths;
  /** The same. */
  earliest: UnixMs;
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

/** Before the first step. */
const FIRST: readonly Chain[] = [START];
const NO_CHAINS: readonly Chain[] = [];

/** All chains that meet a sequence at `now`, leaving aside its window. */
export function completeChains(plan: ChainPlan, now: UnixMs, solidOnly: boolean): readonly Chain[] {
  const { rule } = plan;
  let chains = FIRST;
  for (let index = 0; index < rule.steps.length; index += 1) {
    const step = rule.steps[index];
    if (step === undefined) break;
    const usable = usableAt(plan.candidates[index] ?? [], now, solidOnly);
    chains = afterStep(rule, step, chains, usable, plan.laterBits[index] ?? ALL_BITS, now);
    if (chains.length === 0) return NO_CHAINS;
  }
  return chains.filter((chain) => chain.count > 0 && chain.count >= rule.minSteps);
}

function usableAt(candidates: readonly Candidate[], now: UnixMs, solidOnly: boolean): readonly Candidate[] {
  return candidates.filter(({ match }) => isActive(match, now) && (match.solid || !solidOnly));
}

/** Up to so many pairs of chain and candidate are tried one by one: that is faster than arranging them. */
const FEW_PAIRS = 1024;

/** The chains that left the step out, if they may, and then those that each candidate makes longer. */
function afterStep(
  rule: SequenceRule,
  step: SequenceStep,
  chains: readonly Chain[],
  usable: readonly Candidate[],
  laterBits: number,
  now: UnixMs,
): readonly Chain[] {
  const kept = step.required ? NO_CHAINS : chains;
  if (usable.length === 0) return kept;
  const ends = endsOf(rule, chains, now);
  const reach = chains.length * usable.length > FEW_PAIRS ? reachOf(chains, ends, usable, now) : undefined;
  const extension = { rule, step, chains, ends, reach, laterBits, now };
  if (!usable.some(isPresent)) {
    const next = [...kept];
    for (const candidate of usable) pushLonger(next, extension, candidate);
    return next;
  }
  // Facts of the present leave a chain's last record as it was, so they may come to a chain that is there already.
  const next = new Map<number, Chain>();
  for (const chain of kept) keepBest(next, chain);
  for (const candidate of usable) {
    const longer: Chain[] = [];
    if (isPresent(candidate)) pushAtNow(longer, extension, candidate);
    else pushLonger(longer, extension, candidate);
    for (const chain of longer) keepBest(next, chain);
  }
  return [...next.values()];
}

/** One step of a sequence, about to be taken. */
interface Extension {
  readonly rule: SequenceRule;
  readonly step: SequenceStep;
  readonly chains: readonly Chain[];
  readonly ends: ChainEnds;
  /** Absent: few enough to be tried one by one. */
  readonly reach: StepReach | undefined;
  readonly laterBits: number;
  readonly now: UnixMs;
}

/** By chain. */
interface ChainEnds {
  /** The moment of its last record; minus infinity for none. */
  readonly at: readonly UnixMs[];
  /** The last moment that the next record may be of. */
  readonly reachesTo: readonly UnixMs[];
}

function endsOf(rule: SequenceRule, chains: readonly Chain[], now: UnixMs): ChainEnds {
  const at: UnixMs[] = [];
  const reachesTo: UnixMs[] = [];
  for (const { last, atNow } of chains) {
    at.push(atNow ? now : momentOf(last, now));
    reachesTo.push(atNow || last === undefined ? Number.POSITIVE_INFINITY : last.until + rule.maxGap);
  }
  return { at, reachesTo };
}

/** A fact that is simply true now. */
function isPresent({ match }: Candidate): boolean {
  return match.at === ALWAYS_NOW;
}

function reachOf(
  chains: readonly Chain[],
  { at, reachesTo }: ChainEnds,
  usable: readonly Candidate[],
  now: UnixMs,
): StepReach {
  const moments = new Float64Array(usable.length);
  for (let index = 0; index < usable.length; index += 1) moments[index] = momentOf(usable[index]?.match, now);
  const reach = new StepReach(moments);
  for (let index = 0; index < chains.length; index += 1) {
    const chain = chains[index];
    if (chain !== undefined) reach.add(chain, at[index] ?? now, reachesTo[index] ?? now);
  }
  reach.settle();
  return reach;
}

/** Adds what a record with a time of its own makes of the chains that reach it. */
function pushLonger(next: Chain[], extension: Extension, candidate: Candidate): void {
  const { chains, ends, reach, now } = extension;
  const { bit, match } = candidate;
  const moment = momentOf(match, now);
  const latest = Math.min(match.latest, now);
  const start = next.length;
  // One of a crowd may be of any moment from first to last: it comes after whatever its last may come after, and
  // before whatever its first may come before.
  if (reach !== undefined && latest === moment) {
    for (const from of reach.reaching(moment, bit))
      pushBest(next, start, extension, candidate, from, from.used);
    return;
  }
  for (let index = 0; index < chains.length; index += 1) {
    const at = ends.at[index] ?? Number.POSITIVE_INFINITY;
    if (latest < at || moment > (ends.reachesTo[index] ?? at)) continue;
    const chain = chains[index];
    if (chain === undefined) break;
    const used = moment === at ? chain.used : 0;
    if ((used & bit) === 0) pushBest(next, start, extension, candidate, chain, used);
  }
}

/**
 * Adds one chain made longer, or makes better what is there from `start` on and cannot be told from it by the rest.
 *
 * @param used at the candidate's moment
 */
function pushBest(
  next: Chain[],
  start: number,
  { rule, step, laterBits }: Extension,
  { match, index, bit }: Candidate,
  from: Reach,
  used: number,
): void {
  const { atNow } = from;
  const count = Math.min(from.count + 1, rule.minSteps);
  const usedNow = (used | bit) & laterBits;
  const points = from.points + step.points;
  const earliest = Math.min(from.earliest, match.at);
  for (let place = start; place < next.length; place += 1) {
    const twin = next[place];
    if (twin === undefined || twin.count !== count || twin.atNow !== atNow || twin.used !== usedNow) continue;
    if (points > twin.points) twin.points = points;
    if (earliest < twin.earliest) twin.earliest = earliest;
    return;
  }
  next.push({ last: match, lastIndex: index, atNow, count, used: usedNow, points, earliest });
}

/** Adds what a fact of the present makes of every chain that reaches the present. */
function pushAtNow(longer: Chain[], { rule, step, chains, ends, now }: Extension, { bit }: Candidate): void {
  for (const [index, chain] of chains.entries()) {
    if (now > (ends.reachesTo[index] ?? now)) continue;
    const used = ends.at[index] === now ? chain.used : 0;
    if ((used & bit) !== 0) continue;
    longer.push({
      last: chain.last,
      lastIndex: chain.lastIndex,
      atNow: true,
      count: Math.min(chain.count + 1, rule.minSteps),
      used: used | bit,
      points: chain.points + step.points,
      earliest: chain.earliest,
    });
  }
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
  const points = Math.max(chain.points, other.points);
  chains.set(key, { ...chain, points, earliest: Math.min(chain.earliest, other.earliest) });
}

function momentOf(match: Match | undefined, now: UnixMs): UnixMs {
  return match === undefined ? Number.NEGATIVE_INFINITY : Math.min(match.at, now);
}
