import fc from 'fast-check';
import type {
  CohortRecord,
  MailboxLink,
  ProviderEventRecord,
  RetractionRecord,
  SignalRecord,
} from '../../src/decision/evidence.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { AssessmentBody } from '../../src/store/codec/entries.js';

// A world small enough that ids, times and types collide all the time: that is where joins go wrong.

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** A moment on the hour. */
export const T0 = Date.UTC(2024, 0, 10);

const hour = fc.integer({ min: 0, max: 12 }).map((hours) => T0 + hours * HOUR);

/** Content of a signal; its digest follows from it, as it does in the service. */
export const signal: fc.Arbitrary<SignalRecord> = fc
  .record({
    type: fc.constantFrom('PASSWORD_RESET' as const, 'NEW_DEVICE' as const, 'LOGIN_FAILED' as const),
    id: fc.integer({ min: 0, max: 30 }).map((n) => `id-${n}`),
    occurredAt: hour,
    mailbox: fc.constantFrom('m:1', 'm:2'),
    receivedAt: hour,
  })
  .map((made) => ({ ...made, digest: `${made.type}/${made.occurredAt}/${made.mailbox}/${made.id.length}` }));

export const link: fc.Arbitrary<MailboxLink> = fc
  .record({
    mailbox: fc.integer({ min: 0, max: 11 }),
    keys: fc.integer({ min: 1, max: 3 }),
    domain: fc.constantFrom('att.net', 'sbcglobal.net'),
    minutes: fc.integer({ min: 0, max: 600 }),
  })
  .map(({ mailbox, keys, domain, minutes }) => ({
    alias: `m:${mailbox}`,
    aliases: Array.from({ length: keys }, (_, key) => ({
      alias: `k${key}:${mailbox}`,
      form: 'exact' as const,
    })),
    domain,
    lastUsedAt: T0 + minutes * 60_000,
  }));

export const providerEvent: fc.Arbitrary<ProviderEventRecord> = fc.record({
  type: fc.constantFrom('CREDENTIAL_COMPROMISE' as const, 'RESECURED' as const),
  provider: fc.constantFrom('att', 'other'),
  id: fc.integer({ min: 0, max: 15 }).map((n) => `jti-${n}`),
  occurredAt: hour,
  issuedAt: hour,
  receivedAt: hour,
  timeIs: fc.constantFrom('OCCURRED' as const, 'DISCOVERED' as const),
  unauthorised: fc.boolean(),
  confidence: fc.constantFrom(0.5, 1),
});

export const retraction: fc.Arbitrary<RetractionRecord> = fc.record({
  provider: fc.constantFrom('att', 'other'),
  id: fc.integer({ min: 0, max: 15 }).map((n) => `jti-${n}`),
  issuedAt: hour,
});

export const cohort: fc.Arbitrary<CohortRecord> = fc
  .record({
    id: fc.constantFrom('incident-1', 'incident-2'),
    provider: fc.constantFrom('att', 'other'),
    domains: fc.subarray(['att.net', 'sbcglobal.net'], { minLength: 1 }),
    from: hour,
    to: fc.option(hour, { nil: undefined }),
    confidence: fc.constantFrom(0.5, 1),
    issuedAt: hour,
  })
  .map(({ to, ...told }) => ({
    ...told,
    ...(to === undefined ? {} : { to }),
    mechanism: 'app passwords',
    retracted: false,
  }));

/** The items in another order, some of them again. */
export function disturbed<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc
    .tuple(
      fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length }),
      fc.subarray([...items]),
      fc.nat(),
    )
    .map(([order, again, at]) => order.toSpliced(at % (order.length + 1), 0, ...again));
}

/** A list and a disturbed copy of it. */
export function twice<T>(
  item: fc.Arbitrary<T>,
  maxLength = 60,
  size: fc.SizeForArbitrary = 'small',
): fc.Arbitrary<readonly [T[], T[]]> {
  return fc
    .array(item, { maxLength, size })
    .chain((items) => disturbed(items).map((other) => [items, other] as const));
}

/** A plain request for the withdrawal `w` of the account `a`. */
export function requestFacts(facts: Partial<AssessmentInput['request']> = {}): AssessmentInput['request'] {
  return {
    withdrawalId: 'w',
    withdrawal: 'digest-of-w',
    accountId: 'a',
    asset: 'BTC',
    amount: '1',
    value: 10_000,
    destination: { id: 'destination', suffix: 'last', network: 'bitcoin' },
    ...facts,
  };
}

/** An answer to {@link requestFacts} at `now`. */
export function assessment(
  now: number,
  facts: Partial<AssessmentInput['request']> = {},
  body: Partial<AssessmentBody> = {},
): AssessmentBody {
  return {
    kind: 'assessment',
    requestDigest: 'digest',
    input: {
      now,
      request: requestFacts(facts),
      account: { signals: [], loginFailures: [], mailboxes: [] },
      ledger: { spends: [], holds: [], releases: [] },
      mailboxes: [],
      cohorts: [],
      feeds: [],
      behind: false,
    },
    response: Buffer.from('answer'),
    decision: 'ALLOW',
    tier: 'small',
    policyNumber: 1,
    policyHash: 'hash',
    engineVersion: '1',
    inlineSignals: [],
    degradedAllow: false,
    ...body,
  };
}
