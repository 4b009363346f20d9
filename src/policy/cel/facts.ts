import { mayBeTrusted } from '../../decision/destinations.js';
import { DRAIN_SCOPES, Drains } from '../../decision/drains.js';
import type { SignalRecord, UseRecord } from '../../decision/evidence.js';
import type { AssessmentInput, DestinationFacts } from '../../decision/input.js';
import { failuresIn } from '../../decision/login-failures.js';
import { destinationUse, deviceTag, factorTag, useOf } from '../../decision/uses.js';
import { otherSpends as countedSpends } from '../../decision/velocity.js';
import { CHANNELS, type UnixMs } from '../../decision/vocabulary.js';
import { DRAIN_WINDOWS, type DrainWindowText } from '../policy-document.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type CelFact =
  | number
  | string
  | boolean
  | undefined
  | readonly ReadonlyMap<string, number | string | boolean>[];

const WINDOWS_MS: Readonly<Record<DrainWindowText, number>> = { '7d': 7 * DAY_MS, '30d': 30 * DAY_MS };

const DRAIN_FACTS: Readonly<Record<string, (input: AssessmentInput) => CelFact>> = Object.fromEntries(
  DRAIN_SCOPES.flatMap((scope) =>
    DRAIN_WINDOWS.flatMap((window): (readonly [string, (input: AssessmentInput) => CelFact])[] => {
      const span = { scope, within: WINDOWS_MS[window] };
      return [
        [`drain.${scope}_share_${window}`, (input) => new Drains(input).shareAt(span, input.now)],
        [`drain.${scope}_value_${window}`, (input) => whole(new Drains(input).valueAt(span, input.now))],
      ];
    }),
  ),
);

/** How each field of an expression is read. Absent facts are undefined, which makes the expression fail. */
export const READ_FACT: Readonly<Record<string, (input: AssessmentInput) => CelFact>> = {
  'request.value': (input) => whole(input.request.value),
  'request.balance_share': (input) => input.request.balanceShare,
  'request.asset': (input) => input.request.asset,
  'request.country': (input) => input.request.country,
  'request.hour_utc': (input) => Math.floor(input.now / HOUR_MS) % 24,
  'destination.network': (input) => known(input.request.destination.network),
  'destination.kind': (input) => input.request.destination.kind,
  'destination.age_hours': (input) => hoursSince(input, input.request.destination.addedAt),
  'destination.used_hours': (input) => hoursSince(input, trusted(input, 'firstUsedAt')),
  'destination.allowlisted': (input) => trusted(input, 'allowlisted'),
  'destination.ownership_verified': (input) => trusted(input, 'ownershipVerified'),
  'device.age_hours': (input) => hoursSince(input, input.request.deviceFirstSeenAt),
  'account.age_hours': (input) => hoursSince(input, input.request.accountOpenedAt),
  'account.kyc_tier': (input) => input.request.kycTier,
  'account.last_good_withdrawal_hours': (input) => hoursSince(input, input.request.lastGoodWithdrawalAt),
  'device.first_use_hours': (input) => useHours(input, useOf(input.ledger.uses, deviceTag(input.request))),
  'destination.first_use_hours': (input) => useHours(input, destinationUse(input.ledger.uses, input.request)),
  ...DRAIN_FACTS,
  'velocity.count': (input) => 1 + otherSpends(input).count,
  'velocity.value': (input) =>
    input.request.value === undefined ? undefined : whole(input.request.value + otherSpends(input).value),
  'login_failures.last_hour': (input) => loginFailures(input, 1),
  'login_failures.last_day': (input) => loginFailures(input, 24),
  signals: (input) => input.account.signals.flatMap((signal) => signalFacts(signal, input.now)),
  events: (input) => events(input),
  cohorts: (input) =>
    input.cohorts
      .filter((cohort) => !cohort.retracted)
      .map(
        (cohort) =>
          new Map<string, number | string | boolean>([
            ['provider', cohort.provider],
            ['mechanism', cohort.mechanism],
            ['open', cohort.to === undefined || cohort.to > input.now],
            ['confidence', cohort.confidence],
            ['age_hours', (input.now - cohort.from) / HOUR_MS],
          ]),
      ),
  mailboxes: (input) =>
    input.mailboxes.map(
      ({ link }) =>
        new Map<string, number | string>([
          ['operator', link.operator ?? ''],
          ['unused_days', (input.now - link.lastUsedAt) / DAY_MS],
        ]),
    ),
  factors: (input) =>
    (input.request.factors ?? []).map(
      (factor) =>
        new Map<string, number | string>([
          ['channel', factor.channel],
          ['age_hours', hoursSince(input, factor.enrolledAt) ?? -1],
          [
            'verified_minutes',
            factor.verifiedAt === undefined ? -1 : (input.now - factor.verifiedAt) / 60_000,
          ],
          ['first_use_hours', useHours(input, useOf(input.ledger.uses, factorTag(factor))) ?? -1],
        ]),
    ),
};

/** A crowd counts at both its ends, and over each channel that its signals may have come over. */
function signalFacts(signal: SignalRecord, now: UnixMs): ReadonlyMap<string, number | string>[] {
  const { type, occurredAt, since = occurredAt, channel = '', anyChannel } = signal;
  const facts: ReadonlyMap<string, number | string>[] = [];
  for (const over of anyChannel === true ? [...CHANNELS, ''] : [channel]) {
    for (const at of since === occurredAt ? [occurredAt] : [occurredAt, since]) {
      facts.push(
        new Map<string, number | string>([
          ['type', type],
          ['channel', over],
          ['age_hours', (now - at) / HOUR_MS],
        ]),
      );
    }
  }
  return facts;
}

/** More than any hour is counted to; expressions get finite numbers. */
const MOST_FAILURES = 1_000_000;

/** An empty text is one that the exchange did not say. */
function known(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** Money leaves integers here only, to be compared with what an analyst wrote. */
function whole(minor: number | undefined): number | undefined {
  return minor === undefined ? undefined : minor / 100;
}

/** Hours since the first allowed withdrawal of real size by what has this tag. */
/** What the exchange says of a destination that may not be trusted is as good as not said. */
function trusted<K extends 'firstUsedAt' | 'allowlisted' | 'ownershipVerified'>(
  { request: { destination } }: AssessmentInput,
  fact: K,
): DestinationFacts[K] | undefined {
  return mayBeTrusted(destination) ? destination[fact] : undefined;
}

function useHours(input: AssessmentInput, use: UseRecord | undefined): number | undefined {
  return use === undefined ? undefined : hoursSince(input, use.first * 60_000);
}

function hoursSince(input: AssessmentInput, then: UnixMs | undefined): number | undefined {
  return then === undefined ? undefined : (input.now - then) / HOUR_MS;
}

function otherSpends(input: AssessmentInput): { count: number; value: number } {
  const spends = countedSpends(input).filter(({ dayUntil }) => input.now < dayUntil);
  return { count: spends.length, value: spends.reduce((sum, { value }) => sum + value, 0) };
}

function loginFailures(input: AssessmentInput, hours: number): number {
  const thisHour = Math.floor(input.now / HOUR_MS);
  let count = 0;
  for (const hour of input.account.loginFailures) {
    if (hour.hour <= thisHour && hour.hour >= thisHour - hours)
      count += Math.min(failuresIn(hour), MOST_FAILURES);
  }
  return count;
}

function events(input: AssessmentInput): ReadonlyMap<string, number | string | boolean>[] {
  const found: ReadonlyMap<string, number | string | boolean>[] = [];
  for (const { records } of input.mailboxes) {
    for (const { record } of records) {
      for (const event of record.events) {
        const retracted = record.retractions.some(
          (one) => one.provider === event.provider && one.id === event.id,
        );
        if (retracted) continue;
        const { occurredAt, since = occurredAt } = event;
        for (const at of since === occurredAt ? [occurredAt] : [occurredAt, since]) {
          found.push(
            new Map<string, number | string | boolean>([
              ['type', event.type],
              ['provider', event.provider],
              ['age_hours', (input.now - at) / HOUR_MS],
              ['confidence', event.confidence],
              ['unauthorised', event.unauthorised],
            ]),
          );
        }
      }
    }
  }
  return found;
}
