import type { ReasonText } from './policy-model.js';
import type { UnixMs } from './vocabulary.js';

/** Safe to show in every case: says that something happens, never why. */
const CUSTOMER_CHECK = 'We are taking extra care with this withdrawal.';
const CUSTOMER_CONFIRMED = 'You confirmed this withdrawal.';
const CUSTOMER_REVIEWED = 'This withdrawal was reviewed.';
const CUSTOMER_REVIEW = 'A member of our team will look at this withdrawal.';

/** A fact without points, with the time it happened if it has one. */
export interface Note extends ReasonText {
  readonly occurredAt?: UnixMs;
}

/** Facts that change the decision without a policy's rule behind them. They have 0 points. */
export const STEP_UP_SATISFIED: ReasonText = {
  code: 'STEP_UP_SATISFIED',
  summary: 'the customer confirmed over a channel enrolled before the trouble began',
  customerSummary: CUSTOMER_CONFIRMED,
  source: 'POLICY',
};

export const NO_ACCEPTABLE_CHANNEL: ReasonText = {
  code: 'NO_ACCEPTABLE_CHANNEL',
  summary: 'no channel is left over which the customer could confirm, so only a person may let it go',
  customerSummary: CUSTOMER_REVIEW,
  source: 'POLICY',
};

export const NOTICE_SENT: ReasonText = {
  code: 'NOTICE_SENT',
  summary:
    'the customer has no factor to answer with; he was told over a channel older than the trouble, and may object',
  customerSummary: 'We have told you of this withdrawal. If you did not ask for it, tell us.',
  source: 'POLICY',
};

export const NOTICE_UNOPPOSED: ReasonText = {
  code: 'NOTICE_UNOPPOSED',
  summary: 'the customer was told over a channel older than the trouble and did not object in the time given',
  customerSummary: 'You were told of this withdrawal and did not object.',
  source: 'POLICY',
};

export const MAX_HOLD_REACHED: ReasonText = {
  code: 'MAX_HOLD_REACHED',
  summary: 'the longest time that the policy holds a withdrawal has passed',
  customerSummary: CUSTOMER_CHECK,
  source: 'POLICY',
};

export const HOLD_RESTARTED: ReasonText = {
  code: 'HOLD_RESTARTED',
  summary: 'it was held before for another destination, another asset or less of it, so its hold begins anew',
  customerSummary: CUSTOMER_CHECK,
  source: 'POLICY',
};

export const HOLD_FOR_PERSON: ReasonText = {
  code: 'HOLD_FOR_PERSON',
  summary:
    'what is asked changed too long after the first hold of this withdrawal, so only a person may let it go',
  customerSummary: CUSTOMER_REVIEW,
  source: 'POLICY',
};

export const RELEASED: ReasonText = {
  code: 'RELEASED',
  summary: 'a person released this withdrawal and nothing adverse was heard since',
  customerSummary: CUSTOMER_REVIEWED,
  source: 'POLICY',
};

export const REJECT_NEEDS_NAMED_COMPROMISE: ReasonText = {
  code: 'REJECT_NEEDS_NAMED_COMPROMISE',
  summary:
    'the score reaches the reject threshold, but neither a provider nor the customer names a compromise: held',
  customerSummary: CUSTOMER_CHECK,
  source: 'POLICY',
};

export const ALONE_AT_MOST_STEP_UP: ReasonText = {
  code: 'ALONE_AT_MOST_STEP_UP',
  summary: 'the score reaches the hold threshold, but by evidence that alone asks for no more than a step-up',
  customerSummary: CUSTOMER_CHECK,
  source: 'POLICY',
};

export const REQUIRED_FACTS_MISSING: ReasonText = {
  code: 'REQUIRED_FACTS_MISSING',
  summary:
    'the request leaves out facts that the policy requires for this amount: `missing_facts` names them',
  customerSummary: CUSTOMER_CHECK,
  source: 'DEGRADED',
};

export const EVIDENCE_CROWDED: ReasonText = {
  code: 'EVIDENCE_CROWDED',
  summary:
    'more was heard of one kind than is kept one by one: the rest counts as if it had happened at any time in between',
  customerSummary: CUSTOMER_CHECK,
  source: 'SIGNAL',
};

export const MAILBOXES_CROWDED: ReasonText = {
  code: 'MAILBOXES_CROWDED',
  summary: 'the account used more mailboxes than are kept, and any of the others may be a compromised one',
  customerSummary: CUSTOMER_CHECK,
  source: 'SIGNAL',
};

export const FEED_NOT_CURRENT: ReasonText = {
  code: 'FEED_NOT_CURRENT',
  summary: 'a feed that covers a mailbox of the account is not current, and the policy asks for care',
  customerSummary: CUSTOMER_CHECK,
  source: 'DEGRADED',
};

export const STATE_BEHIND: ReasonText = {
  code: 'STATE_BEHIND',
  summary: 'the state is behind the freshness asked for, and the policy asks for care',
  customerSummary: CUSTOMER_CHECK,
  source: 'DEGRADED',
};

export const DEGRADED_ALLOWANCE_USED: ReasonText = {
  code: 'DEGRADED_ALLOWANCE_USED',
  summary: 'what the policy lets pass without current feeds in an hour is used up',
  customerSummary: CUSTOMER_CHECK,
  source: 'DEGRADED',
};

export const PROVIDER_GOVERNED: ReasonText = {
  code: 'PROVIDER_GOVERNED',
  summary:
    'held more than one provider may hold in a while: its word alone asks for no more than a step-up until a person lifts that',
  customerSummary: CUSTOMER_CHECK,
  source: 'POLICY',
};

export const COHORT_GOVERNED: ReasonText = {
  code: 'COHORT_GOVERNED',
  summary:
    'held more than one incident may hold in a while: it alone asks for no more than a step-up until a person lifts that',
  customerSummary: CUSTOMER_CHECK,
  source: 'POLICY',
};

export const PROVIDER_MAX_DECISION: ReasonText = {
  code: 'PROVIDER_MAX_DECISION',
  summary: 'the provider is registered with a `max_decision`: its word alone makes the answer no sterner',
  customerSummary: CUSTOMER_CHECK,
  source: 'POLICY',
};
