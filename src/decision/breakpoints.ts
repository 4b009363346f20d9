import type { Match } from './match.js';
import type { Timeline } from './timeline.js';
import type { DurationMs, UnixMs } from './vocabulary.js';

/**
 * Moments after `now` at which something begins or ends to count, ascending. Between two of them points only decay, so
 * a search may bisect there.
 */
export function breakpointsAfter(timeline: Timeline, now: UnixMs): readonly UnixMs[] {
  const found = new Set<UnixMs>();
  const add = (at: UnixMs | undefined, after: DurationMs = 0): void => {
    if (at === undefined) return;
    const moment = at + after;
    if (moment > now && Number.isFinite(moment)) found.add(moment);
  };
  const addMatch = (match: Match, window: DurationMs | undefined): void => {
    add(match.at);
    add(match.activeFrom);
    add(match.activeUntil);
    if (window !== undefined) add(match.until, window);
  };
  const { policy, input } = timeline;
  const { request } = input;
  for (const { rule, matches } of timeline.rules) for (const match of matches) addMatch(match, rule.window);
  for (const { rule, candidates } of timeline.sequences) {
    for (const ofStep of candidates) {
      for (const { match } of ofStep) {
        addMatch(match, rule.window);
        add(match.until, rule.maxGap + 1);
      }
    }
  }
  for (const { rule, triggers } of timeline.locks) {
    for (const window of [rule.window, rule.windowWithMailboxTrouble]) {
      for (const trigger of triggers) addMatch(trigger, window);
      if (window !== undefined) add(request.deviceFirstSeenAt, window);
    }
    for (const known of [policy.lockShape.destinationKnownAfter, rule.onlyDestinationsYoungerThan]) {
      if (known === undefined) continue;
      add(request.destination.addedAt, known);
      add(request.destination.firstUsedAt, known);
    }
  }
  for (const exposure of timeline.evidence.exposures) {
    add(exposure.openUntil);
    add(exposure.activeUntil);
  }
  for (const cohort of timeline.evidence.cohorts) {
    add(cohort.record.from);
    add(cohort.openUntil);
    add(cohort.activeUntil);
  }
  for (const hit of timeline.listHits) add(hit.activeUntil);
  for (const spend of timeline.spends) {
    add(spend.dayUntil);
    add(spend.hourUntil);
  }
  for (const type of policy.simTrouble.types) {
    for (const signal of timeline.evidence.signals.get(type) ?? []) add(signal.at, policy.simTrouble.window);
  }
  add(timeline.firstHeldAt, policy.hold.maxHold);
  add(timeline.firstHeldAt, policy.hold.degradedHold);
  return [...found].sort((a, b) => a - b);
}

/**
 * Whether time alone can only make the decision milder: nothing that earns trust ends or fades, nothing adverse begins
 * later, and no expression is asked whose answer may turn with the time.
 */
export function onlyFades(timeline: Timeline, now: UnixMs): boolean {
  if (timeline.policy.customRules.length > 0) return false;
  for (const { rule, matches } of timeline.rules) {
    for (const match of matches) {
      const begins = match.activeFrom > now || (Number.isFinite(match.at) && match.at > now);
      const ends =
        Number.isFinite(match.activeUntil) || rule.window !== undefined || rule.halfLife !== undefined;
      if (rule.points < 0 ? ends : begins) return false;
    }
  }
  for (const { candidates } of timeline.sequences) {
    for (const ofStep of candidates) for (const { match } of ofStep) if (match.activeFrom > now) return false;
  }
  if (timeline.evidence.cohorts.some(({ record }) => record.from > now)) return false;
  return !timeline.listHits.some(
    ({ list, activeUntil }) => list.effect.kind === 'trust' && Number.isFinite(activeUntil),
  );
}
