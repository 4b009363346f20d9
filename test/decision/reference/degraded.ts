import {
  DEGRADED_ALLOWANCE_USED,
  FEED_NOT_CURRENT,
  STATE_BEHIND,
} from '../../../src/decision/builtin-reasons.js';
import type { FeedView } from '../../../src/decision/evidence.js';
import type { DegradedAction, ReasonText, Tier } from '../../../src/decision/policy-model.js';
import { degradedHourValue } from '../../../src/decision/velocity.js';
import { type Decision, sternest, type UnixMs } from '../../../src/decision/vocabulary.js';
import type { Timeline } from './timeline.js';

/** What missing freshness asks for at least. */
export interface DegradedDemand {
  readonly decision: Decision;
  /** Why, if it asks for more than ALLOW. */
  readonly reason: ReasonText | undefined;
  /** The policy lets such a withdrawal pass, if nothing else speaks against it. */
  readonly letsPass: boolean;
}

const NO_DEMAND: DegradedDemand = { decision: 'ALLOW', reason: undefined, letsPass: false };

/** Anything but FRESH is not current. NOT_COVERED means that no feed is needed: visible, changes nothing. */
export function isNotCurrent(feed: FeedView): boolean {
  return feed.state !== 'FRESH' && feed.state !== 'NOT_COVERED';
}

/** What the tier asks for when a needed feed is not current or the state is behind. */
export function degradedDemandAt(timeline: Timeline, tier: Tier, now: UnixMs): DegradedDemand {
  const { input } = timeline;
  const feedNotCurrent = input.feeds.some(isNotCurrent);
  if (!feedNotCurrent && !input.behind) return NO_DEMAND;
  const feedAction = feedNotCurrent ? tier.degraded.feedNotCurrent : 'ALLOW';
  const behindAction = input.behind ? tier.degraded.behind : 'ALLOW';
  const action: DegradedAction = sternerAction(feedAction, behindAction);
  if (action === 'ALLOW') return letPass(timeline, tier, now);
  const reason = feedAction === action ? FEED_NOT_CURRENT : STATE_BEHIND;
  return { decision: afterDegradedHold(timeline, action, now), reason, letsPass: false };
}

function sternerAction(a: DegradedAction, b: DegradedAction): DegradedAction {
  return sternest(a, b) === a ? a : b;
}

/** A hold for want of freshness alone does not last: after its time a confirmation is enough. */
function afterDegradedHold(timeline: Timeline, action: DegradedAction, now: UnixMs): DegradedAction {
  const { firstHeldAt, policy } = timeline;
  if (action !== 'HOLD' || firstHeldAt === undefined) return action;
  return now >= firstHeldAt + policy.hold.degradedHold ? 'STEP_UP' : 'HOLD';
}

/** An unknown value may be any value: it exceeds every allowance (I7). */
function letPass(timeline: Timeline, tier: Tier, now: UnixMs): DegradedDemand {
  const { value } = timeline.input.request;
  const within =
    value !== undefined && degradedHourValue(timeline.spends, now) + value <= tier.degraded.hourlyAllow;
  if (within) return { decision: 'ALLOW', reason: undefined, letsPass: true };
  return { decision: 'STEP_UP', reason: DEGRADED_ALLOWANCE_USED, letsPass: true };
}
