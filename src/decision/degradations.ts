import { isNotCurrent } from './degraded.js';
import { type FactName, isGiven } from './facts-given.js';
import type { AssessmentInput, RequestFacts, UnreadableEmail } from './input.js';
import type { Degradation } from './verdict.js';
import type { DestinationDoubt } from './vocabulary.js';

const NO_EXEMPTION = 'absent: earns no exemption and no points';

/** Facts whose absence an analyst should see: those that rules, locks and thresholds weigh most. */
const FACTS: readonly { readonly fact: FactName; readonly absent: Degradation }[] = [
  absence(
    'REFERENCE_VALUE_ABSENT',
    'reference_value',
    'absent, or nothing for a positive amount: the highest tier applies',
  ),
  absence('BALANCE_SHARE_ABSENT', 'balance_share'),
  absence('DESTINATION_ADDED_AT_ABSENT', 'destination.added_at'),
  absence('DESTINATION_NETWORK_ABSENT', 'destination.network'),
  absence('DEVICE_ID_ABSENT', 'session.device_id'),
  absence('DEVICE_FIRST_SEEN_AT_ABSENT', 'session.device_first_seen_at'),
  absence('FACTORS_ABSENT', 'session.factors'),
  absence('ACCOUNT_OPENED_AT_ABSENT', 'account.opened_at'),
];

function absence(
  code: string,
  fact: FactName,
  detail = NO_EXEMPTION,
): { readonly fact: FactName; readonly absent: Degradation } {
  return { fact, absent: { code, subject: fact, detail } };
}

const MAILBOX_UNKNOWN: Degradation = {
  code: 'MAILBOX_UNKNOWN',
  subject: 'email',
  detail: 'no mailbox of the account is known, so no provider event can match',
};

const BEHIND: Degradation = {
  code: 'BEHIND',
  subject: 'at_least_as_fresh',
  detail: 'the state is behind the freshness asked for',
};

const CLOCK_UNCONFIRMED: Degradation = {
  code: 'CLOCK_UNCONFIRMED',
  subject: 'clock',
  detail: "the service's clock is not confirmed: the more cautious of two times was taken",
};

const DOUBTS: Readonly<Record<Exclude<DestinationDoubt, 'NETWORK_ABSENT'>, Degradation>> = {
  NETWORK_UNKNOWN: doubt('DESTINATION_NETWORK_UNKNOWN', 'destination.network', 'not a network that we know'),
  ADDRESS_UNREADABLE: doubt(
    'DESTINATION_ADDRESS_UNREADABLE',
    'destination.address',
    'not an address of this network that we can read: it is taken as it is written',
  ),
  TAG_UNREADABLE: doubt('DESTINATION_TAG_UNREADABLE', 'destination.tag', 'not a tag of this network'),
  TAG_CONFLICT: doubt(
    'DESTINATION_TAG_CONFLICT',
    'destination.tag',
    'the address carries another tag: neither is picked',
  ),
  NAME: doubt('DESTINATION_IS_NAME', 'destination.address', 'a name, which its owner can point elsewhere'),
};

const TAG_ABSENT = doubt(
  'DESTINATION_TAG_ABSENT',
  'destination.tag',
  'absent: customers who share the account cannot be told apart',
);

function doubt(code: string, subject: string, why: string): Degradation {
  return { code, subject, detail: `${why}; earns no trust and no exemption` };
}

/** What keeps the destination from being trusted. That no network is named is an absent fact, and listed as such. */
function addDestination({ destination }: RequestFacts, degradations: Degradation[]): void {
  const { doubt: cause, tag } = destination;
  const known = cause === undefined || cause === 'NETWORK_ABSENT' ? undefined : DOUBTS[cause];
  // A later version may know more doubts.
  if (known !== undefined) degradations.push(known);
  if (tag === 'NOT_TOLD') degradations.push(TAG_ABSENT);
}

const NONE_UNREADABLE: readonly UnreadableEmail[] = [];
const NONE: readonly Degradation[] = [];

const EMAIL_ABSENT: Degradation = { code: 'EMAIL_ABSENT', subject: 'email', detail: NO_EXEMPTION };

const UNREADABLE =
  'not an address that we can read: nothing said about its mailbox can match, and it earns no exemption';

/** An address that was sent and cannot be read is not absent: the exchange can do something about it. */
function addEmails(request: RequestFacts, degradations: Degradation[]): void {
  const unreadable = request.unreadableEmails ?? NONE_UNREADABLE;
  if (!isGiven(request, 'email') && !unreadable.includes('email')) degradations.push(EMAIL_ABSENT);
  for (const subject of unreadable) {
    degradations.push({ code: 'EMAIL_UNREADABLE', subject, detail: UNREADABLE });
  }
}

/** Everything that is missing, not current or failing: absent facts first, then feeds, then rules (I7). */
export function degradationsOf(
  input: AssessmentInput,
  failedRules: readonly string[],
): readonly Degradation[] {
  const degradations: Degradation[] = [];
  addEmails(input.request, degradations);
  for (const { fact, absent } of FACTS) if (!isGiven(input.request, fact)) degradations.push(absent);
  addDestination(input.request, degradations);
  if (input.mailboxes.length === 0) degradations.push(MAILBOX_UNKNOWN);
  for (const feed of input.feeds) {
    if (!isNotCurrent(feed)) continue;
    degradations.push({
      code: `FEED_${feed.state}`,
      subject: feed.provider,
      detail: 'the feed is not current',
    });
  }
  if (input.behind) degradations.push(BEHIND);
  if (input.clockLead !== undefined) degradations.push(CLOCK_UNCONFIRMED);
  for (const rule of failedRules) {
    degradations.push({ code: 'RULE_ERROR', subject: rule, detail: 'the custom rule failed to evaluate' });
  }
  return degradations.length === 0 ? NONE : degradations;
}
