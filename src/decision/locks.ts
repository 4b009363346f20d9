import { mayBeTrusted, toldSince } from './destinations.js';
import { mailboxTroubleAt } from './evidence-index.js';
import type { DestinationFacts, RequestFacts } from './input.js';
import { isActive, type Match } from './match.js';
import type { CompiledPolicy, LockRule } from './policy-model.js';
import type { Timeline } from './timeline.js';
import type { DurationMs, UnixMs } from './vocabulary.js';

/** A lock with everything that may have triggered it. */
export interface LockPlan {
  readonly rule: LockRule;
  readonly triggers: readonly Match[];
}

/** A lock that holds now. */
export interface ActiveLock {
  readonly rule: LockRule;
  /** The latest trigger. */
  readonly triggeredAt: UnixMs;
  /** The earliest trigger that still counts. */
  readonly earliest: UnixMs;
  readonly endsAt: UnixMs;
}

const NO_LOCKS: readonly ActiveLock[] = [];

/** All locks that hold at `now`. What came under a guessed alias triggers none: alone it is at most STEP_UP. */
export function activeLocksAt(timeline: Timeline, now: UnixMs): readonly ActiveLock[] {
  if (timeline.locks.length === 0) return NO_LOCKS;
  const { policy } = timeline;
  const { request } = timeline.input;
  const trouble = mailboxTroubleAt(timeline.evidence, now);
  const locks: ActiveLock[] = [];
  for (const { rule, triggers } of timeline.locks) {
    const window = lockWindow(rule, trouble);
    if (!shapeHolds(rule, policy, request, trouble, window, now)) continue;
    let latest = Number.NEGATIVE_INFINITY;
    let earliest = now;
    for (const trigger of triggers) {
      if (!trigger.solid || !isActive(trigger, now)) continue;
      const triggeredAt = Math.min(trigger.until, now);
      if (now >= triggeredAt + window) continue;
      latest = Math.max(latest, triggeredAt);
      earliest = Math.min(earliest, trigger.at);
    }
    if (Number.isFinite(latest)) locks.push({ rule, triggeredAt: latest, earliest, endsAt: latest + window });
  }
  return locks;
}

/** The longer of both windows while a mailbox is in trouble: trouble never shortens a lock (I4). */
function lockWindow(rule: LockRule, trouble: boolean): DurationMs {
  if (!trouble || rule.windowWithMailboxTrouble === undefined) return rule.window;
  return Math.max(rule.window, rule.windowWithMailboxTrouble);
}

function shapeHolds(
  rule: LockRule,
  policy: CompiledPolicy,
  request: RequestFacts,
  trouble: boolean,
  window: DurationMs,
  now: UnixMs,
): boolean {
  switch (rule.shape) {
    case 'timer': {
      const young = rule.onlyDestinationsYoungerThan;
      return young === undefined || !knownFor(request.destination, young, now);
    }
    case 'composite':
      if (knownFor(request.destination, policy.lockShape.destinationKnownAfter, now)) return false;
      return trouble || deviceNewerThan(request, window, now) || sharesMuch(policy, request);
    default:
      return unreachable(rule.shape);
  }
}

function unreachable(shape: never): never {
  throw new TypeError(`no such shape of lock: ${String(shape)}`);
}

/** First paid, or added, at least `duration` ago. Being on the allowlist does not make a destination known. */
export function knownFor(destination: DestinationFacts, duration: DurationMs, now: UnixMs): boolean {
  const since = knownSince(destination);
  return since !== undefined && now - since >= duration;
}

/** When the exchange first knew the destination; undefined if it did not say, or if that counts for nothing. */
export function knownSince(destination: DestinationFacts): UnixMs | undefined {
  return mayBeTrusted(destination) ? toldSince(destination) : undefined;
}

function deviceNewerThan(request: RequestFacts, window: DurationMs, now: UnixMs): boolean {
  const { deviceFirstSeenAt } = request;
  return deviceFirstSeenAt === undefined || now - deviceFirstSeenAt < window;
}

/** Unknown shares and values count as large: unknown is not clean (I7). */
function sharesMuch(policy: CompiledPolicy, request: RequestFacts): boolean {
  const { largeShare, valueFloor } = policy.lockShape;
  const { balanceShare, value } = request;
  return (balanceShare ?? 1) >= largeShare && (value === undefined || value >= valueFloor);
}
