import {
  EVIDENCE_CROWDED,
  HOLD_FOR_PERSON,
  HOLD_RESTARTED,
  MAX_HOLD_REACHED,
  NO_ACCEPTABLE_CHANNEL,
  NOTICE_SENT,
  NOTICE_UNOPPOSED,
  type Note,
  RELEASED,
  STEP_UP_SATISFIED,
} from './builtin-reasons.js';
import { degradedDemandAt } from './degraded.js';
import type { ProviderCap } from './input.js';
import type { ListHit } from './lists.js';
import { type ActiveLock, activeLocksAt } from './locks.js';
import { isNoticePendingAt, noticePlanAt } from './notice.js';
import type { Tier } from './policy-model.js';
import { NO_CAPS } from './provider-word.js';
import { type AskedQuestion, questionsAt } from './questions.js';
import { type ScoreSheet, scoreAt } from './score.js';
import { acceptableChannelsAt, isConfirmedAt, untrustedChannelsAt } from './step-up.js';
import { levelOf, scoreDemandAt, tierAt } from './thresholds.js';
import type { Timeline } from './timeline.js';
import {
  type Channel,
  type Decision,
  type Level,
  mildest,
  sternest,
  sternnessOf,
  type UnixMs,
} from './vocabulary.js';

/** What follows from a timeline at one moment. `reasons.ts` puts it into words. */
export interface Outcome {
  readonly decision: Decision;
  readonly personOnly: boolean;
  readonly sheet: ScoreSheet;
  readonly level: Level;
  readonly tier: string;
  readonly locks: readonly ActiveLock[];
  readonly denied: readonly ListHit[];
  /** Facts with 0 points that changed the decision. */
  readonly notes: readonly Note[];
  /** Caps that made the decision milder. */
  readonly cappedBy: readonly ProviderCap[];
  readonly untrusted: readonly Channel[];
  readonly acceptable: readonly Channel[];
  /** Over which the customer may be told, so that no person need end the hold. */
  readonly noticeChannels: readonly Channel[];
  readonly degradedAllow: boolean;
}

const NO_DENIALS: readonly ListHit[] = [];
const NO_CHANNELS: readonly Channel[] = [];
const NOT_ASKED: readonly AskedQuestion[] = [];

/**
 * The verdict at `now`, without its wording. `now` need not be the input's: this is how the end of a hold is found.
 *
 * The sternest of score, locks, deny lists and want of freshness counts, as far as caps on providers let it. Then, in
 * this order: a release lets go all but what a deny list stops; a hold that a person need not end ends when it has lasted long enough; a confirmation
 * satisfies a step-up; and a step-up that nobody could satisfy is a hold for a person, or a wait for an objection.
 */
export function evaluateAt(timeline: Timeline, now: UnixMs): Outcome {
  const locks = activeLocksAt(timeline, now);
  const sheet = scoreAt(timeline, now, locks.length > 0);
  const tier = tierAt(timeline, now);
  const denied = activeDenials(timeline, now);
  const untrusted = untrustedChannelsAt(timeline, now);
  const notes: Note[] = [];
  const { crowdedAt } = timeline.evidence;
  if (crowdedAt !== undefined) notes.push({ ...EVIDENCE_CROWDED, occurredAt: crowdedAt });
  const found: Found = { tier, sheet, locks, denied, notes, cappedBy: NO_CAPS, untrusted, asked: NOT_ASKED };
  const denial = denialOf(denied);
  if (timeline.release !== undefined && denial === 'ALLOW') {
    notes.push(RELEASED);
    return outcomeOf(found, 'ALLOW', false, NO_CHANNELS, false);
  }

  const byScore = scoreDemandAt(timeline, tier, sheet, now);
  if (byScore.reason !== undefined) notes.push(byScore.reason);
  const asked = questionsAt(timeline, tier, now);
  for (const { question } of asked) notes.push(question);
  const byFreshness = degradedDemandAt(timeline, tier, now);
  if (byFreshness.reason !== undefined) notes.push(byFreshness.reason);
  let demanded = sternest(sternest(byScore.decision, byFreshness.decision), denial);
  if (asked.length > 0) demanded = sternest(demanded, 'STEP_UP');
  if (locks.length > 0) demanded = sternest(demanded, 'HOLD');
  if (timeline.caps.length > 0) demanded = cappedDemand(timeline, found, demanded, now);
  switch (demanded) {
    case 'ALLOW':
      if (isNoticePendingAt(timeline, now)) {
        notes.push(NOTICE_SENT);
        return outcomeOf(found, 'HOLD', false, NO_CHANNELS, false);
      }
      return outcomeOf(found, demanded, false, NO_CHANNELS, byFreshness.letsPass);
    case 'REJECT':
      return outcomeOf(found, demanded, false, NO_CHANNELS, false);
    case 'STEP_UP':
    case 'HOLD':
      found.asked = asked;
      return afterConfirmation(timeline, found, demanded, denial === 'HOLD', byFreshness.letsPass, now);
    default:
      return demanded satisfies never;
  }
}

/**
 * The demand as far as caps let it: no sterner than a cap's severity, or than what would be decided without the words
 * that it caps, whichever is sterner. So a withdrawal that is held without them stays held, and more evidence never
 * makes it milder (I4): each side only grows with it.
 */
function cappedDemand(timeline: Timeline, found: Found, demanded: Decision, now: UnixMs): Decision {
  let allowed = demanded;
  for (const { most, caps, rest } of timeline.caps) {
    if (sternnessOf(allowed) <= sternnessOf(most)) continue;
    const lowered = mildest(allowed, sternest(most, evaluateAt(rest, now).decision));
    if (lowered === allowed) continue;
    allowed = lowered;
    found.cappedBy = found.cappedBy.concat(caps);
  }
  return allowed;
}

/**
 * What becomes of a step-up or a hold.
 *
 * @param denied a deny list holds, so that only a person may let go
 * @param letsPass feeds are not current and the policy lets that pass
 */
function afterConfirmation(
  timeline: Timeline,
  found: Found,
  demanded: 'STEP_UP' | 'HOLD',
  denied: boolean,
  letsPass: boolean,
  now: UnixMs,
): Outcome {
  const { locks, notes, sheet, untrusted, asked } = found;
  const adverseSince = adverseSinceAt(timeline, sheet, locks, asked, now);
  const acceptable = acceptableChannelsAt(timeline, untrusted, adverseSince);
  if (acceptable.length === 0) {
    return unanswerable(timeline, found, demanded, letsPass, adverseSince, now);
  }
  if (demanded === 'HOLD') {
    const outOfTime = restartedTooLate(timeline, now);
    const personOnly = denied || outOfTime || locks.some((lock) => lock.rule.release === 'PERSON');
    if (personOnly || !heldLongEnough(timeline, now)) {
      if (isRestarted(timeline, now)) notes.push(outOfTime ? HOLD_FOR_PERSON : HOLD_RESTARTED);
      return outcomeOf(found, 'HOLD', personOnly, NO_CHANNELS, false);
    }
    notes.push(MAX_HOLD_REACHED);
  }
  if (isConfirmedAt(timeline, acceptable, adverseSince, now)) {
    notes.push(STEP_UP_SATISFIED);
    return outcomeOf(found, 'ALLOW', false, NO_CHANNELS, letsPass);
  }
  return outcomeOf(found, 'STEP_UP', false, acceptable, letsPass);
}

/**
 * A question that nobody can answer is a hold for a person; even a hold that time would end: more evidence must not turn it
 * back into one of those (I4). Where the evidence is no worse than a question the customer may be told instead, and object.
 */
function unanswerable(
  timeline: Timeline,
  found: Found,
  demanded: 'STEP_UP' | 'HOLD',
  letsPass: boolean,
  adverseSince: UnixMs,
  now: UnixMs,
): Outcome {
  const { notes, untrusted } = found;
  const plan =
    demanded === 'STEP_UP' && isOnlyAsked(found) && !restartedTooLate(timeline, now)
      ? noticePlanAt(timeline, untrusted, adverseSince, now)
      : undefined;
  if (plan?.endsAt === undefined) {
    notes.push(NO_ACCEPTABLE_CHANNEL);
    return outcomeOf(found, 'HOLD', true, NO_CHANNELS, false, plan?.channels);
  }
  if (now < plan.endsAt) {
    notes.push(NOTICE_SENT);
    return outcomeOf(found, 'HOLD', false, NO_CHANNELS, false);
  }
  notes.push(NOTICE_UNOPPOSED);
  return outcomeOf(found, 'ALLOW', false, NO_CHANNELS, letsPass);
}

/** Not more than a question by score, lock or list, and not a hold that only a cap made a question. */
function isOnlyAsked({ sheet, tier, locks, denied, cappedBy }: Found): boolean {
  return sheet.score < tier.hold && locks.length === 0 && denied.length === 0 && cappedBy.length === 0;
}

/** What is found before anything is decided. */
interface Found {
  readonly tier: Tier;
  readonly sheet: ScoreSheet;
  readonly locks: readonly ActiveLock[];
  readonly denied: readonly ListHit[];
  readonly notes: Note[];
  cappedBy: readonly ProviderCap[];
  readonly untrusted: readonly Channel[];
  asked: readonly AskedQuestion[];
}

function outcomeOf(
  { tier, sheet, locks, denied, notes, cappedBy, untrusted }: Found,
  decision: Decision,
  personOnly: boolean,
  acceptable: readonly Channel[],
  degradedAllow: boolean,
  noticeChannels: readonly Channel[] = NO_CHANNELS,
): Outcome {
  const level = levelOf(tier, sheet.score);
  // Written out: a spread costs more than the rest of this.
  return {
    decision,
    personOnly,
    sheet,
    level,
    tier: tier.name,
    locks,
    denied,
    notes,
    cappedBy,
    untrusted,
    acceptable,
    noticeChannels,
    degradedAllow,
  };
}

/**
 * Whether the decision at `now` is HOLD or sterner: as {@link evaluateAt} says, but without asking for the score where a
 * lock settles it.
 */
export function isHeldAt(timeline: Timeline, now: UnixMs): boolean {
  if (timeline.caps.length === 0 && timeline.release === undefined && !heldLongEnough(timeline, now)) {
    if (activeLocksAt(timeline, now).length > 0) return true;
  }
  return sternnessOf(evaluateAt(timeline, now).decision) >= sternnessOf('HOLD');
}

function activeDenials(timeline: Timeline, now: UnixMs): readonly ListHit[] {
  if (timeline.listHits.length === 0) return NO_DENIALS;
  return timeline.listHits.filter((hit) => hit.list.effect.kind === 'deny' && now < hit.activeUntil);
}

function denialOf(denied: readonly ListHit[]): Decision {
  let decision: Decision = 'ALLOW';
  for (const { list } of denied) {
    if (list.effect.kind === 'deny') decision = sternest(decision, list.effect.decision);
  }
  return decision;
}

/** When the earliest thing began that speaks for a takeover now: a factor enrolled after it may be the thief's. */
function adverseSinceAt(
  timeline: Timeline,
  sheet: ScoreSheet,
  locks: readonly ActiveLock[],
  asked: readonly AskedQuestion[],
  now: UnixMs,
): UnixMs {
  let since = sheet.adverseSince;
  for (const question of asked) since = Math.min(since, question.since);
  for (const lock of locks) since = Math.min(since, lock.earliest);
  for (const exposure of timeline.evidence.exposures) {
    if (now < exposure.activeUntil) since = Math.min(since, exposure.at);
  }
  return since;
}

function heldLongEnough({ firstHeldAt, policy }: Timeline, now: UnixMs): boolean {
  return firstHeldAt !== undefined && now >= firstHeldAt + policy.hold.maxHold;
}

/** It was held before, but not as it is asked now. */
function isRestarted({ firstHeldAt, everHeldAt }: Timeline, now: UnixMs): boolean {
  return everHeldAt !== undefined && (firstHeldAt ?? now) > everHeldAt;
}

/** What is asked changed so long after the first hold that time shall not end it any more (I9: then a person does). */
function restartedTooLate({ firstHeldAt, everHeldAt, policy }: Timeline, now: UnixMs): boolean {
  const { total } = policy.hold;
  return total !== undefined && everHeldAt !== undefined && (firstHeldAt ?? now) >= everHeldAt + total;
}
