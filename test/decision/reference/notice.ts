import type { AssessmentInput } from '../../../src/decision/input.js';
import type { Channel, UnixMs } from '../../../src/decision/vocabulary.js';
import { isNotCurrent } from './degraded.js';
import { enrolledBefore } from './step-up.js';
import type { Timeline } from './timeline.js';

const NO_CHANNELS: readonly Channel[] = [];

/** Over which a customer without any factor that answers may be told, as the policy says: everything is looked at. */
export function noticeChannelsAt(
  timeline: Timeline,
  untrusted: readonly Channel[],
  adverseSince: UnixMs,
  now: UnixMs,
): readonly Channel[] {
  const { input, policy, evidence } = timeline;
  const { notice, channels } = policy.stepUp;
  const { factors = [] } = input.request;
  if (notice === undefined || factors.some((factor) => channels.includes(factor.channel))) return NO_CHANNELS;
  if (evidence.exposures.some(({ activeUntil }) => activeUntil > now)) return NO_CHANNELS;
  const { signals } = input.account;
  const lately = signals.filter(({ occurredAt }) => occurredAt > now - notice.window);
  if (lately.some(({ type }) => notice.unless.includes(type))) return NO_CHANNELS;
  return notice.channels.filter(
    (channel) =>
      !untrusted.includes(channel) &&
      factors.some((one) => one.channel === channel && enrolledBefore(one, timeline, adverseSince)) &&
      (channel !== 'EMAIL' || isQuiet(timeline, lately, now)),
  );
}

function isQuiet(
  { evidence, input }: Timeline,
  lately: AssessmentInput['account']['signals'],
  now: UnixMs,
): boolean {
  const through =
    /^(PASSWORD_RESET|SESSION_FROM_RESET_LINK|MFA_RESET|MFA_DISABLED|ACCOUNT_UNLOCKED|SUPPORT_RECOVERY)$/;
  return (
    input.request.mailbox !== undefined &&
    (input.request.unreadableEmails ?? []).length === 0 &&
    evidence.events.length === 0 &&
    !input.behind &&
    !input.feeds.some(isNotCurrent) &&
    evidence.cohorts.every(({ activeUntil }) => activeUntil <= now) &&
    lately.every(({ type, channel }) => (channel === undefined ? !through.test(type) : channel !== 'EMAIL'))
  );
}

/** When the first notice of this hold over one of these channels has been out for long enough. */
export function noticeEndsAt(
  { input, policy, firstHeldAt }: Timeline,
  channels: readonly Channel[],
): UnixMs | undefined {
  const hold = policy.stepUp.notice?.hold ?? 0;
  if (firstHeldAt === undefined) return undefined;
  const ends = (input.request.notices ?? [])
    .filter(({ channel, sentAt }) => channels.includes(channel) && sentAt + 5 * 60_000 >= firstHeldAt)
    .map(({ sentAt }) => Math.max(sentAt, firstHeldAt) + hold);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Over which a customer without any factor that answers may have been told, whatever is known of them now. */
export function tellingChannels({ input, policy }: Timeline): readonly Channel[] {
  const { notice, channels } = policy.stepUp;
  const { factors } = input.request;
  if (notice === undefined || factors === undefined) return NO_CHANNELS;
  return factors.some((factor) => channels.includes(factor.channel)) ? NO_CHANNELS : notice.channels;
}
