import fc from 'fast-check';
import type {
  AccountRecord,
  CohortRecord,
  HeldRecord,
  LedgerRecord,
  LoginFailureHour,
  MailboxLink,
  MailboxRecord,
  OutflowRecord,
  ProviderEventRecord,
  ReleaseRecord,
  RetractionRecord,
  SignalRecord,
  SpendRecord,
} from '../../../src/decision/evidence.js';
import {
  type AssessmentInput,
  type FactorFacts,
  type ProviderCap,
  type RequestFacts,
  UNREADABLE_EMAILS,
} from '../../../src/decision/input.js';
import type { ProviderWord } from '../../../src/decision/provider-word.js';
import {
  CHANNELS,
  DECISIONS,
  DESTINATION_DOUBTS,
  DESTINATION_KINDS,
  DESTINATION_TAGS,
  FEED_STATES,
  PROVIDER_EVENT_TYPES,
  SIGNAL_TYPES,
} from '../../../src/decision/vocabulary.js';
import type { AssessmentBody, ReportedSignal, WordEffect } from '../../../src/store/codec/entries.js';

/** An optional property that is left out, not set to undefined, when it is absent. */
export function record<T extends object, Optional extends keyof T & string>(
  model: { [Key in keyof T]-?: fc.Arbitrary<Exclude<T[Key], undefined>> },
  optional: readonly Optional[],
): fc.Arbitrary<T> {
  const requiredKeys = Object.keys(model).filter((key) => !optional.some((name) => name === key));
  return fc.record(model, { requiredKeys: requiredKeys as never }) as unknown as fc.Arbitrary<T>;
}

export const pseudonym = fc.stringMatching(/^[A-Za-z0-9_-]{1,43}$/);
export const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
export const time = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 43 }));
const fraction = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const minorUnits = fc.maxSafeNat();

const factor = record<FactorFacts, 'id' | 'enrolledAt' | 'verifiedAt'>(
  { channel: fc.constantFrom(...CHANNELS), id: pseudonym, enrolledAt: time, verifiedAt: time },
  ['id', 'enrolledAt', 'verifiedAt'],
);

export const signalRecord: fc.Arbitrary<SignalRecord> = record<
  SignalRecord,
  'channel' | 'mailbox' | 'factor' | 'since' | 'anyChannel' | 'anyFactor'
>(
  {
    type: fc.constantFrom(...SIGNAL_TYPES),
    id: pseudonym,
    digest: pseudonym,
    occurredAt: time,
    receivedAt: time,
    channel: fc.constantFrom(...CHANNELS),
    mailbox: pseudonym,
    factor,
    since: time,
    anyChannel: fc.constant(true as const),
    anyFactor: fc.constant(true as const),
  },
  ['channel', 'mailbox', 'factor', 'since', 'anyChannel', 'anyFactor'],
);

export const mailboxLink: fc.Arbitrary<MailboxLink> = record<MailboxLink, 'operator'>(
  {
    alias: pseudonym,
    aliases: fc.array(
      fc.record({
        alias: pseudonym,
        form: fc.constantFrom('exact' as const, 'canonical' as const, 'guessed' as const, 'pair' as const),
      }),
      { maxLength: 4 },
    ),
    domain: words,
    operator: words,
    lastUsedAt: time,
  },
  ['operator'],
);

const hashes = fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 64 });

const loginFailureHour: fc.Arbitrary<LoginFailureHour> = record<LoginFailureHour, 'count'>(
  { hour: fc.nat({ max: 2 ** 32 - 1 }), ids: hashes, count: fc.integer({ min: 1, max: 64 }) },
  ['count'],
);

export const accountRecord: fc.Arbitrary<AccountRecord> = record<
  AccountRecord,
  'heardAt' | 'mailboxDroppedAt'
>(
  {
    signals: fc.array(signalRecord, { maxLength: 12 }),
    loginFailures: fc.array(loginFailureHour, { maxLength: 4 }),
    mailboxes: fc.array(mailboxLink, { maxLength: 8 }),
    heardAt: time,
    mailboxDroppedAt: time,
  },
  ['heardAt', 'mailboxDroppedAt'],
);

export const providerEventRecord: fc.Arbitrary<ProviderEventRecord> = record<ProviderEventRecord, 'since'>(
  {
    type: fc.constantFrom(...PROVIDER_EVENT_TYPES),
    provider: pseudonym,
    id: pseudonym,
    occurredAt: time,
    issuedAt: time,
    receivedAt: time,
    timeIs: fc.constantFrom('OCCURRED' as const, 'DISCOVERED' as const),
    unauthorised: fc.boolean(),
    confidence: fraction,
    since: time,
  },
  ['since'],
);

export const retractionRecord: fc.Arbitrary<RetractionRecord> = record<RetractionRecord, 'receivedAt'>(
  { provider: pseudonym, id: pseudonym, issuedAt: time, receivedAt: time },
  ['receivedAt'],
);

export const mailboxRecord: fc.Arbitrary<MailboxRecord> = record<MailboxRecord, 'heardAt'>(
  {
    events: fc.array(providerEventRecord, { maxLength: 12 }),
    retractions: fc.array(retractionRecord, { maxLength: 4 }),
    heardAt: time,
  },
  ['heardAt'],
);

export const cohortRecord: fc.Arbitrary<CohortRecord> = record<
  CohortRecord,
  'to' | 'share' | 'latestFrom' | 'retractedAt'
>(
  {
    id: pseudonym,
    provider: pseudonym,
    domains: fc.array(words, { maxLength: 4 }),
    mechanism: words,
    from: time,
    to: time,
    share: fraction,
    confidence: fraction,
    issuedAt: time,
    retracted: fc.boolean(),
    latestFrom: time,
    retractedAt: time,
  },
  ['to', 'share', 'latestFrom', 'retractedAt'],
);

const minute = fc.nat();
const isTrue = fc.constant(true as const);

const SPEND_OPTIONS = ['leadMs', 'pending', 'sent', 'cancelled', 'destination', 'young', 'moved'] as const;

const spendRecord = record<SpendRecord, (typeof SPEND_OPTIONS)[number]>(
  {
    withdrawal: fc.oneof(fc.constant(''), pseudonym),
    minute,
    value: minorUnits,
    counted: fc.boolean(),
    degraded: fc.boolean(),
    leadMs: time,
    pending: isTrue,
    sent: isTrue,
    cancelled: isTrue,
    destination: pseudonym,
    young: isTrue,
    moved: minorUnits,
  },
  SPEND_OPTIONS,
);

const outflowRecord = record<OutflowRecord, 'destination' | 'young' | 'sent'>(
  {
    withdrawal: fc.oneof(fc.constant(''), pseudonym),
    minute,
    value: minorUnits,
    destination: pseudonym,
    young: isTrue,
    sent: isTrue,
  },
  ['destination', 'young', 'sent'],
);

export const heldRecord = record<HeldRecord, 'leadMs' | 'destination' | 'asset' | 'amount' | 'since'>(
  {
    withdrawal: pseudonym,
    firstHeldAt: time,
    leadMs: time,
    destination: pseudonym,
    asset: words,
    amount: words,
    since: time,
  },
  ['leadMs', 'destination', 'asset', 'amount', 'since'],
);

export const releaseRecord = record<ReleaseRecord, 'asset' | 'amount'>(
  {
    withdrawal: pseudonym,
    destination: pseudonym,
    ceiling: minorUnits,
    releasedAt: time,
    asset: words,
    amount: words,
  },
  ['asset', 'amount'],
);

export const ledgerRecord: fc.Arbitrary<LedgerRecord> = record<
  LedgerRecord,
  'outflows' | 'balances' | 'uses'
>(
  {
    spends: fc.array(spendRecord, { maxLength: 20 }),
    holds: fc.array(heldRecord, { maxLength: 4 }),
    releases: fc.array(releaseRecord, { maxLength: 4 }),
    outflows: fc.array(outflowRecord, { minLength: 1, maxLength: 20 }),
    balances: fc.array(fc.record({ minute, balance: minorUnits }), { minLength: 1, maxLength: 4 }),
    uses: fc.array(fc.record({ tag: pseudonym, first: minute, last: minute }), {
      minLength: 1,
      maxLength: 4,
    }),
  },
  ['outflows', 'balances', 'uses'],
);

const DESTINATION_OPTIONS = [
  'kind',
  'addedAt',
  'firstUsedAt',
  'allowlisted',
  'ownershipVerified',
  'accountId',
  'trustId',
  'formerId',
  'doubt',
  'tag',
  'knownBefore',
  'contestedIds',
  'linkIds',
] as const;

const destination = record<RequestFacts['destination'], (typeof DESTINATION_OPTIONS)[number]>(
  {
    id: pseudonym,
    suffix: pseudonym,
    network: words,
    kind: fc.constantFrom(...DESTINATION_KINDS),
    addedAt: time,
    firstUsedAt: time,
    allowlisted: fc.boolean(),
    ownershipVerified: fc.boolean(),
    accountId: pseudonym,
    trustId: pseudonym,
    formerId: pseudonym,
    doubt: fc.constantFrom(...DESTINATION_DOUBTS),
    tag: fc.constantFrom(...DESTINATION_TAGS),
    knownBefore: fc.boolean(),
    contestedIds: fc.array(pseudonym, { minLength: 1, maxLength: 3 }),
    linkIds: fc.array(pseudonym, { minLength: 1, maxLength: 2 }),
  },
  [...DESTINATION_OPTIONS],
);

const OPTIONAL_FACTS = [
  'value',
  'balanceShare',
  'deviceId',
  'deviceFirstSeenAt',
  'ip',
  'country',
  'factors',
  'accountOpenedAt',
  'kycTier',
  'lastGoodWithdrawalAt',
  'mailbox',
  'unreadableEmails',
  'notices',
] as const;

export const requestFacts = record<RequestFacts, (typeof OPTIONAL_FACTS)[number]>(
  {
    withdrawalId: words,
    withdrawal: pseudonym,
    accountId: words,
    asset: words,
    amount: words,
    value: minorUnits,
    destination,
    balanceShare: fraction,
    deviceId: pseudonym,
    deviceFirstSeenAt: time,
    ip: pseudonym,
    country: words,
    factors: fc.array(factor, { maxLength: 3 }),
    accountOpenedAt: time,
    kycTier: words,
    lastGoodWithdrawalAt: time,
    mailbox: pseudonym,
    unreadableEmails: fc.subarray([...UNREADABLE_EMAILS], { minLength: 1 }),
    notices: fc.array(fc.record({ channel: fc.constantFrom(...CHANNELS), sentAt: time }), {
      minLength: 1,
      maxLength: 3,
    }),
  },
  OPTIONAL_FACTS,
);

const feedView = record<AssessmentInput['feeds'][number], 'watermark'>(
  { provider: words, state: fc.constantFrom(...FEED_STATES), watermark: time },
  ['watermark'],
);

/** One provider's word, or one incident of it. */
export const providerWord = record<ProviderWord, 'cohortId'>({ provider: words, cohortId: pseudonym }, [
  'cohortId',
]);

const providerCap = fc
  .tuple(
    providerWord,
    fc.record({
      most: fc.constantFrom('STEP_UP' as const, 'HOLD' as const),
      cause: fc.constantFrom('GOVERNED' as const, 'MAX_DECISION' as const),
    }),
  )
  .map(([word, cap]): ProviderCap => ({ ...word, ...cap }));

const wordEffect = fc
  .tuple(providerWord, fc.constantFrom('MOVED' as const, 'GOVERNED' as const))
  .map(([word, effect]): WordEffect => ({ ...word, effect }));

export const assessmentInput = record<AssessmentInput, 'caps' | 'clockLead'>(
  {
    now: time,
    request: requestFacts,
    account: accountRecord,
    ledger: ledgerRecord,
    mailboxes: fc.array(
      fc.record({
        link: mailboxLink,
        records: fc.array(
          fc.record({ form: fc.constantFrom('exact' as const, 'pair' as const), record: mailboxRecord }),
          { maxLength: 2 },
        ),
      }),
      { maxLength: 3 },
    ),
    cohorts: fc.array(cohortRecord, { maxLength: 3 }),
    feeds: fc.array(feedView, { maxLength: 2 }),
    behind: fc.boolean(),
    caps: fc.array(providerCap, { minLength: 1, maxLength: 3 }),
    clockLead: time,
  },
  ['caps', 'clockLead'],
);

export const reportedSignal = record<ReportedSignal, 'mailbox'>(
  { accountId: words, signal: signalRecord, mailbox: mailboxLink },
  ['mailbox'],
);

export const assessmentBody = record<
  AssessmentBody,
  'requestId' | 'mailbox' | 'wordEffects' | 'previousPosition'
>(
  {
    kind: fc.constant('assessment' as const),
    requestId: words,
    requestDigest: pseudonym,
    input: assessmentInput,
    response: fc.uint8Array({ maxLength: 300 }),
    decision: fc.constantFrom(...DECISIONS),
    tier: words,
    policyNumber: fc.nat({ max: 2 ** 32 - 1 }),
    policyHash: pseudonym,
    engineVersion: words,
    inlineSignals: fc.array(reportedSignal, { maxLength: 3 }),
    mailbox: mailboxLink,
    degradedAllow: fc.boolean(),
    wordEffects: fc.array(wordEffect, { minLength: 1, maxLength: 3 }),
    previousPosition: fc.maxSafeNat(),
  },
  ['requestId', 'mailbox', 'wordEffects', 'previousPosition'],
);
