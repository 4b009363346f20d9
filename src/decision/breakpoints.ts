import type { Match } from './match.js';
import { noticeMoments } from './notice.js';
import type { Timeline } from './timeline.js';
import type { DurationMs, UnixMs } from './vocabulary.js';

/**
 * Moments after `now` at which something begins or ends to count, ascending. Between two of them points only decay.
 */
export function breakpointsAfter(timeline: Timeline, now: UnixMs): readonly UnixMs[] {
  const found = new Set<UnixMs>();
  addBreakpoints(timeline, now, found);
  return [...found].sort((a, b) => a - b);
}

function addBreakpoints(timeline: Timeline, now: UnixMs, found: Set<UnixMs>): void {
  const add = (at: UnixMs | undefined, after: DurationMs | undefined = 0): void => {
    if (at === undefined) return;
    const moment = at + after;
    if (moment > now && Number.isFinite(moment)) found.add(moment);
  };
  addRules(timeline, add);
  addLocks(timeline, add);
  addDrains(timeline, now, add);
  for (const exposure of timeline.evidence.exposures) {
    add(exposure.until);
    add(exposure.openUntil);
    add(exposure.readableUntil);
    add(exposure.activeUntil);
  }
  for (const cohort of timeline.evidence.cohorts) {
    add(cohort.openUntil);
    add(cohort.activeUntil);
  }
  for (const hit of timeline.listHits) add(hit.activeUntil);
  for (const spend of timeline.spends) {
    add(spend.dayUntil);
    add(spend.hourUntil);
  }
  const { simTrouble, hold } = timeline.policy;
  for (const type of simTrouble.types) {
    for (const signal of timeline.evidence.signals.get(type) ?? []) add(signal.until, simTrouble.window);
  }
  for (const moment of noticeMoments(timeline)) add(moment);
  add(timeline.firstHeldAt, hold.maxHold);
  add(timeline.firstHeldAt, hold.degradedHold);
  // Without a word that is capped other things may begin and end: what that word itself had cleared.
  for (const { rest } of timeline.caps) addBreakpoints(rest, now, found);
}

type Add = (at: UnixMs | undefined, after?: DurationMs) => void;

/** A gap may be exactly `maxGap`, and a record may be of this very moment: a millisecond later neither is. */
const ONE_MS = 1;

function addRules(timeline: Timeline, add: Add): void {
  for (const { rule, matches } of timeline.rules) {
    for (const match of matches) addMatch(match, rule.window, add);
  }
  for (const { rule, candidates } of timeline.sequences) {
    for (const ofStep of candidates) {
      for (const { match } of ofStep) {
        addMatch(match, rule.window, add);
        add(match.at, ONE_MS);
        add(match.latest, ONE_MS);
        add(match.until, rule.maxGap + ONE_MS);
      }
    }
  }
}

/** Matches of questions, and what counts for the tier. */
function addDrains({ questions, drains, policy }: Timeline, now: UnixMs, add: Add): void {
  for (const { matches } of questions) {
    for (const match of matches.flat()) addMatch(match, undefined, add);
  }
  const { tierWindow } = policy;
  if (tierWindow === undefined) return;
  for (const moment of drains.changesAfter({ scope: 'young', within: tierWindow }, now)) add(moment);
}

function addMatch(match: Match, window: DurationMs | undefined, add: Add): void {
  add(match.activeFrom);
  add(match.activeUntil);
  if (window !== undefined) add(match.until, window);
}

function addLocks(timeline: Timeline, add: Add): void {
  const { deviceFirstSeenAt, destination } = timeline.input.request;
  for (const { rule, triggers } of timeline.locks) {
    for (const window of [rule.window, rule.windowWithMailboxTrouble]) {
      if (window === undefined) continue;
      for (const trigger of triggers) addMatch(trigger, window, add);
      add(deviceFirstSeenAt, window);
    }
    for (const known of [timeline.policy.lockShape.destinationKnownAfter, rule.onlyDestinationsYoungerThan]) {
      if (known === undefined) continue;
      add(destination.addedAt, known);
      add(destination.firstUsedAt, known);
    }
  }
}

/**
 * Whether time alone can only make the decision milder from `now` on: nothing that earns trust ends or fades, nothing
 * adverse begins later, and no expression is asked whose answer may turn with the time.
 */
export function onlyFades(timeline: Timeline, now: UnixMs): boolean {
  if (timeline.policy.customRules.length > 0) return false;
  if (timeline.caps.some(({ rest }) => !onlyFades(rest, now))) return false;
  for (const { rule, matches } of timeline.rules) {
    const fades = rule.window !== undefined || rule.halfLife !== undefined;
    for (const { activeFrom, activeUntil } of matches) {
      if (rule.points < 0 ? fades || Number.isFinite(activeUntil) : activeFrom > now) return false;
    }
  }
  for (const { candidates } of timeline.sequences) {
    if (candidates.some((ofStep) => ofStep.some(({ match }) => match.activeFrom > now))) return false;
  }
  for (const { matches } of timeline.questions) {
    if (matches.some((ofCondition) => ofCondition.some((match) => match.activeFrom > now))) return false;
  }
  if (timeline.locks.some(({ triggers }) => triggers.some((trigger) => trigger.activeFrom > now)))
    return false;
  return !timeline.listHits.some(({ list, activeUntil }) => {
    return list.effect.kind === 'trust' && Number.isFinite(activeUntil);
  });
}
