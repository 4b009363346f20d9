import { isNotCurrent } from './degraded.js';
import type { AssessmentInput, RequestFacts } from './input.js';
import type { Degradation } from './verdict.js';

const NO_EXEMPTION = 'absent: earns no exemption and no points';

/** Facts whose absence an analyst should see, by their path in the request. */
const FACTS: readonly {
  readonly isAbsent: (request: RequestFacts) => boolean;
  readonly absent: Degradation;
}[] = [
  fact(
    'REFERENCE_VALUE_ABSENT',
    'reference_value',
    (r) => r.value === undefined,
    'absent: the highest tier applies',
  ),
  fact('BALANCE_SHARE_ABSENT', 'balance_share', (r) => r.balanceShare === undefined),
  fact('DESTINATION_ADDED_AT_ABSENT', 'destination.added_at', (r) => r.destination.addedAt === undefined),
  fact('DEVICE_ID_ABSENT', 'session.device_id', (r) => r.deviceId === undefined),
  fact(
    'DEVICE_FIRST_SEEN_AT_ABSENT',
    'session.device_first_seen_at',
    (r) => r.deviceFirstSeenAt === undefined,
  ),
  fact('FACTORS_ABSENT', 'session.factors', (r) => r.factors === undefined),
  fact('ACCOUNT_OPENED_AT_ABSENT', 'account.opened_at', (r) => r.accountOpenedAt === undefined),
];

function fact(
  code: string,
  subject: string,
  isAbsent: (request: RequestFacts) => boolean,
  detail = NO_EXEMPTION,
): { readonly isAbsent: (request: RequestFacts) => boolean; readonly absent: Degradation } {
  return { isAbsent, absent: { code, subject, detail } };
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

const NONE: readonly Degradation[] = [];

/** Everything that is missing, not current or failing: absent facts first, then feeds, then rules (I7). */
export function degradationsOf(
  input: AssessmentInput,
  failedRules: readonly string[],
): readonly Degradation[] {
  const degradations: Degradation[] = [];
  for (const { isAbsent, absent } of FACTS) if (isAbsent(input.request)) degradations.push(absent);
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
