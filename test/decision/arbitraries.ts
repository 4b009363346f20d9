import fc from 'fast-check';
import { EVENT_EFFECTS } from '../../src/decision/event-effects.js';
import type {
  AliasForm,
  CohortRecord,
  HeldRecord,
  LoginFailureHour,
  MailboxView,
  OutflowRecord,
  ProviderEventRecord,
  SignalFactor,
  SignalRecord,
  SpendRecord,
  UseRecord,
} from '../../src/decision/evidence.js';
import type { AssessmentInput, FactorFacts, RequestFacts } from '../../src/decision/input.js';
import {
  CHANNELS,
  type Channel,
  FEED_STATES,
  PROVIDER_EVENT_TYPES,
  type ProviderEventType,
  SIGNAL_TYPES,
} from '../../src/decision/vocabulary.js';
import { DAY, HOUR, LINK, MINUTE, NOW, OTHER_LINK } from './fixtures.js';

/** Provider events of which another one must never help a thief (I4). */
export const ADVERSE_EVENT_TYPES: readonly ProviderEventType[] = PROVIDER_EVENT_TYPES.filter(
  (type) => EVENT_EFFECTS[type].adverse,
);

/** Leaves out the keys whose value is undefined, as the types ask for. */
function present<T extends object>(record: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

/** Times of the last 80 days, mostly recent and often equal, some a little ahead of us. */
export const timeArb: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -1, max: 72 }).map((hours) => NOW - hours * HOUR) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 80 }).map((days) => NOW - days * DAY) },
  { weight: 1, arbitrary: fc.integer({ min: -5 * MINUTE, max: 40 * DAY }).map((ago) => NOW - ago) },
);

const channelArb: fc.Arbitrary<Channel> = fc.constantFrom(...CHANNELS);
const mailboxArb = fc.constantFrom<string | undefined>(
  undefined,
  LINK.alias,
  OTHER_LINK.alias,
  'mailbox-unknown',
);

let counter = 0;

const factorIdArb = fc.constantFrom(undefined, 'factor-1', 'factor-2');

const signalFactorArb: fc.Arbitrary<SignalFactor> = fc
  .record({
    channel: fc.oneof(fc.constant<Channel>('TOTP'), channelArb),
    id: factorIdArb,
    enrolledAt: fc.option(fc.oneof(timeArb, fc.constant(NOW - 300 * DAY)), { nil: undefined }),
    verifiedAt: fc.option(timeArb, { nil: undefined, freq: 1 }),
  })
  .map((factor) => present<SignalFactor>(factor));

/** A signal of any type. */
export const signalArb: fc.Arbitrary<SignalRecord> = fc
  .record({
    type: fc.constantFrom(...SIGNAL_TYPES),
    occurredAt: timeArb,
    delay: fc.integer({ min: 0, max: DAY }),
    channel: fc.option(channelArb, { nil: undefined }),
    mailbox: mailboxArb,
    factor: fc.option(signalFactorArb, { nil: undefined }),
  })
  .map(({ type, occurredAt, delay, channel, mailbox, factor }) => {
    counter += 1;
    const id = `signal-${counter}`;
    const receivedAt = occurredAt + delay;
    return present<SignalRecord>({ type, id, digest: id, occurredAt, receivedAt, channel, mailbox, factor });
  });

/** A provider event of one of these types. */
export function eventArb(
  types: readonly ProviderEventType[] = PROVIDER_EVENT_TYPES,
): fc.Arbitrary<ProviderEventRecord> {
  return fc
    .record({
      type: fc.constantFrom(...types),
      provider: fc.constantFrom('att', 'other'),
      occurredAt: timeArb,
      delay: fc.oneof(fc.integer({ min: 0, max: DAY }), fc.integer({ min: 0, max: 80 * DAY })),
      timeIs: fc.constantFrom<'OCCURRED' | 'DISCOVERED'>('OCCURRED', 'DISCOVERED'),
      unauthorised: fc.boolean(),
      confidence: fc.constantFrom(1, 0.9, 0.5, 0.05),
    })
    .map(({ delay, ...rest }) => {
      counter += 1;
      const heardAt = rest.occurredAt + delay;
      return { ...rest, id: `event-${counter}`, issuedAt: heardAt, receivedAt: heardAt };
    });
}

export const formArb: fc.Arbitrary<AliasForm> = fc.constantFrom('exact', 'canonical', 'guessed', 'pair');

/** One or two mailboxes with events and retractions. */
const mailboxesArb: fc.Arbitrary<readonly MailboxView[]> = fc
  .tuple(
    fc.constantFrom(0, 1, 2),
    fc.array(fc.tuple(formArb, fc.array(eventArb(), { maxLength: 3 })), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([count, groups, retract]) =>
    [LINK, OTHER_LINK].slice(0, count).map((link, index) => ({
      link,
      records: groups
        .filter(([, events], place) => place % count === index && events.length > 0)
        .map(([form, events]) => ({
          form,
          record: { events, retractions: retract ? events.slice(0, 1).map(retractionOf) : [] },
        })),
    })),
  );

function retractionOf(event: ProviderEventRecord) {
  return { provider: event.provider, id: event.id, issuedAt: event.issuedAt + HOUR };
}

/** A cohort that may include the account's mailboxes. */
export const cohortArb: fc.Arbitrary<CohortRecord> = fc
  .record({
    domains: fc.constantFrom(['att.net'], ['example.org'], ['att.net', 'example.org'], ['elsewhere.example']),
    from: timeArb,
    length: fc.option(fc.integer({ min: 0, max: 30 * DAY }), { nil: undefined }),
    share: fc.constantFrom(undefined, 0.00001, 0.02, 1),
    confidence: fc.constantFrom(1, 0.5),
    issuedAt: timeArb,
    retracted: fc.constantFrom(false, false, false, true),
  })
  .map(({ length, share, ...rest }) => {
    counter += 1;
    return present<CohortRecord>({
      ...rest,
      id: `cohort-${counter}`,
      provider: 'att',
      mechanism: 'secure mail keys',
      to: length === undefined ? undefined : rest.from + length,
      share,
    });
  });

const loginFailuresArb: fc.Arbitrary<readonly LoginFailureHour[]> = fc
  .uniqueArray(fc.integer({ min: 0, max: 48 }), { maxLength: 5 })
  .chain((hoursAgo) =>
    fc.tuple(
      ...[...hoursAgo]
        .sort((a, b) => a - b)
        .map((ago) =>
          fc.integer({ min: 1, max: 20 }).map((count) => ({
            hour: Math.floor(NOW / HOUR) - ago,
            ids: Array.from({ length: count }, (_, index) => index),
          })),
        ),
    ),
  );

const factorArb: fc.Arbitrary<FactorFacts> = fc
  .record({
    channel: fc.oneof(fc.constant<Channel>('TOTP'), channelArb),
    id: factorIdArb,
    enrolledAt: fc.option(fc.oneof(timeArb, fc.constant(NOW - 300 * DAY)), { nil: undefined }),
    verifiedAt: fc.option(
      fc.integer({ min: -MINUTE, max: 30 * MINUTE }).map((ago) => NOW - ago),
      { nil: undefined },
    ),
  })
  .map((factor) => present<FactorFacts>(factor));

const oldOrRecentArb = fc.option(fc.oneof(timeArb, fc.constant(NOW - 300 * DAY)), { nil: undefined });

const requestArb: fc.Arbitrary<RequestFacts> = fc
  .record({
    value: fc.option(
      fc.oneof(fc.integer({ min: 0, max: 3_000_000 }), fc.constantFrom(10_000, 99_999, 5_000_000)),
      {
        nil: undefined,
      },
    ),
    addedAt: oldOrRecentArb,
    firstUsedAt: oldOrRecentArb,
    allowlisted: fc.constantFrom(undefined, true, false),
    ownershipVerified: fc.constantFrom(undefined, true, false),
    balanceShare: fc.constantFrom(undefined, 0.01, 0.5, 1),
    deviceFirstSeenAt: oldOrRecentArb,
    country: fc.constantFrom(undefined, 'US', 'XX'),
    factors: fc.option(fc.array(factorArb, { maxLength: 4 }), { nil: undefined }),
    notices: fc.constantFrom<RequestFacts['notices']>(
      undefined,
      undefined,
      [{ channel: 'EMAIL', sentAt: NOW - 30 * HOUR }],
      [{ channel: 'SMS', sentAt: NOW - 2 * HOUR }],
    ),
    accountOpenedAt: oldOrRecentArb,
    lastGoodWithdrawalAt: oldOrRecentArb,
  })
  .map(({ addedAt, firstUsedAt, allowlisted, ownershipVerified, ...rest }) =>
    present<RequestFacts>({
      withdrawalId: 'w-1',
      withdrawal: 'digest-w-1',
      accountId: 'a-1',
      asset: 'BTC',
      amount: '0.5',
      destination: present<RequestFacts['destination']>({
        id: 'destination-1',
        suffix: 'wxyz',
        network: 'bitcoin',
        kind: undefined,
        addedAt,
        firstUsedAt,
        allowlisted,
        ownershipVerified,
      }),
      deviceId: 'device-1',
      ip: undefined,
      kycTier: undefined,
      mailbox: LINK.alias,
      ...rest,
    }),
  );

const flagArb = fc.constantFrom<true | undefined>(undefined, undefined, true);

const spendArb: fc.Arbitrary<SpendRecord> = fc
  .record({
    withdrawal: fc.constantFrom('digest-w-1', 'digest-w-2', 'digest-w-3', ''),
    minutesAgo: fc.integer({ min: 0, max: 1440 }),
    value: fc.integer({ min: 0, max: 900_000 }),
    counted: fc.boolean(),
    degraded: fc.boolean(),
    pending: flagArb,
    sent: flagArb,
    cancelled: flagArb,
    destination: fc.constantFrom(undefined, 'nation-1', 'nation-2'),
    young: flagArb,
    moved: fc.constantFrom(undefined, undefined, 1_000),
  })
  .map(({ minutesAgo, ...rest }) =>
    present<SpendRecord>({ ...rest, minute: Math.floor(NOW / MINUTE) - minutesAgo }),
  );

const daysAgoArb = fc
  .integer({ min: 24, max: 30 * 24 })
  .map((hours) => Math.floor(NOW / MINUTE) - hours * 60);

const outflowArb: fc.Arbitrary<OutflowRecord> = fc
  .record({
    withdrawal: fc.constantFrom('gest-w-1', 'gest-w-4', ''),
    minute: daysAgoArb,
    value: fc.integer({ min: 0, max: 900_000 }),
    destination: fc.constantFrom(undefined, 'nation-1', 'nation-2'),
    young: flagArb,
  })
  .map((outflow) => present<OutflowRecord>(outflow));

const useArb: fc.Arbitrary<UseRecord> = fc.record({
  tag: fc.constantFrom('ddevice-1', 'anation-1'),
  first: daysAgoArb,
  last: fc.constant(Math.floor(NOW / DAY)),
});

/** What the withdrawals of a month left behind. */
const monthArb = fc.record(
  {
    outflows: fc.array(outflowArb, { minLength: 1, maxLength: 3 }),
    balances: fc.array(fc.record({ minute: daysAgoArb, balance: fc.integer({ min: 1, max: 5_000_000 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    uses: fc.array(useArb, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);

/** What was held: as asked now, or something else, or not known. */
const heldTermsArb = fc.constantFrom<Partial<HeldRecord>>(
  {},
  { destination: 'destination-1', asset: 'BTC', amount: '0.50' },
  { destination: 'destination-2', asset: 'BTC', amount: '9' },
  { destination: 'destination-1', asset: 'BTC', amount: '0.4', since: NOW - 9 * DAY },
);

/** Any input, small enough to see through: few records, few times, many coincidences. */
export const inputArb: fc.Arbitrary<AssessmentInput> = fc
  .record({
    request: requestArb,
    signals: fc.array(signalArb, { maxLength: 6 }),
    loginFailures: loginFailuresArb,
    mailboxes: mailboxesArb,
    cohorts: fc.array(cohortArb, { maxLength: 2 }),
    spends: fc.array(spendArb, { maxLength: 3 }),
    month: monthArb,
    heldTerms: heldTermsArb,
    heldAgo: fc.option(fc.integer({ min: 0, max: 8 * DAY }), { nil: undefined }),
    released: fc.option(timeArb, { nil: undefined }),
    feeds: fc.array(
      fc.constantFrom(...FEED_STATES).map((state) => ({ provider: 'att', state })),
      { maxLength: 2 },
    ),
    behind: fc.boolean(),
  })
  .map(({ signals, loginFailures, spends, month, heldTerms, heldAgo, released, mailboxes, ...rest }) => ({
    ...rest,
    now: NOW,
    account: { signals, loginFailures, mailboxes: mailboxes.map((view) => view.link) },
    mailboxes,
    ledger: {
      ...month,
      spends,
      holds:
        heldAgo === undefined ? [] : [{ withdrawal: 'digest-w-1', firstHeldAt: NOW - heldAgo, ...heldTerms }],
      releases:
        released === undefined
          ? []
          : [
              {
                withdrawal: 'digest-w-1',
                destination: 'destination-1',
                ceiling: 2_000_000,
                releasedAt: released,
              },
            ],
    },
  }));

/** A change of the e-mail address that names a factor may be the owner's way out of an exposed mailbox. */
const adverseSignalArb: fc.Arbitrary<SignalRecord> = signalArb.map((signal) => {
  if (signal.type !== 'EMAIL_CHANGED') return signal;
  const { factor: _, ...rest } = signal;
  return rest;
});

/** One more thing that speaks for a takeover. */
export type AdverseItem =
  | { readonly kind: 'signal'; readonly signal: SignalRecord }
  | {
      readonly kind: 'event';
      readonly form: AliasForm;
      readonly mailbox: number;
      readonly event: ProviderEventRecord;
    }
  | { readonly kind: 'cohort'; readonly cohort: CohortRecord }
  | { readonly kind: 'loginFailures'; readonly hour: number; readonly ids: readonly number[] };

export const adverseItemArb: fc.Arbitrary<AdverseItem> = fc.oneof(
  adverseSignalArb.map((signal) => ({ kind: 'signal' as const, signal })),
  fc
    .tuple(formArb, fc.constantFrom(0, 1), eventArb(ADVERSE_EVENT_TYPES))
    .map(([form, mailbox, event]) => ({ kind: 'event' as const, form, mailbox, event })),
  cohortArb.map((cohort) => ({ kind: 'cohort' as const, cohort: { ...cohort, retracted: false } })),
  fc.tuple(fc.integer({ min: 0, max: 48 }), fc.integer({ min: 1, max: 30 })).map(([ago, count]) => ({
    kind: 'loginFailures' as const,
    hour: Math.floor(NOW / HOUR) - ago,
    ids: Array.from({ length: count }, (_, index) => 1000 + index),
  })),
);

/** The input with one more adverse item. An event about a mailbox that the account lacks changes nothing. */
export function withAdverse(input: AssessmentInput, item: AdverseItem): AssessmentInput {
  const { account } = input;
  switch (item.kind) {
    case 'signal':
      return { ...input, account: { ...account, signals: [...account.signals, item.signal] } };
    case 'cohort':
      return { ...input, cohorts: [...input.cohorts, item.cohort] };
    case 'event': {
      const record = { form: item.form, record: { events: [item.event], retractions: [] } };
      const mailboxes = input.mailboxes.map((view, index) =>
        index === item.mailbox ? { ...view, records: [...view.records, record] } : view,
      );
      return { ...input, mailboxes };
    }
    case 'loginFailures': {
      const others = account.loginFailures.filter(({ hour }) => hour !== item.hour);
      const same = account.loginFailures.find(({ hour }) => hour === item.hour);
      const merged = { hour: item.hour, ids: [...(same?.ids ?? []), ...item.ids] };
      const loginFailures = [...others, merged].sort((a, b) => b.hour - a.hour);
      return { ...input, account: { ...account, loginFailures } };
    }
    default:
      return item satisfies never;
  }
}
