import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Channel } from '../../gen/holdfast/v1/decision_pb.js';
import {
  type AssessWithdrawalRequestSchema,
  DestinationKind,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { type SignalSchema, SignalType } from '../../gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../population/bitcoin-address.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

type SignalInit = MessageInitShape<typeof SignalSchema>;
type RequestInit = MessageInitShape<typeof AssessWithdrawalRequestSchema>;

/** One thing that happens. */
export type Step =
  | { readonly kind: 'signals'; readonly signals: readonly SignalInit[] }
  | { readonly kind: 'ask'; readonly who: string; readonly request: RequestInit }
  /** A mail provider speaks; left out where there is no broker. */
  | { readonly kind: 'provider'; readonly what: ProviderStep };

/** What the mail provider of the story says. */
export type ProviderStep =
  | { readonly kind: 'app-password'; readonly email: string; readonly at: Date }
  | { readonly kind: 'resecured'; readonly email: string; readonly at: Date }
  | {
      readonly kind: 'cohort';
      readonly domains: readonly string[];
      readonly from: Date;
      readonly share: number;
    };

/** A part of the story. */
export interface Scene {
  readonly title: string;
  readonly what: string;
  /** Needs a mail provider, and so a broker. */
  readonly needsProvider: boolean;
  readonly steps: readonly Step[];
}

const BITCOIN = 'bitcoin';
const TOTP_OLD = { channel: Channel.TOTP };

function ago(now: number, ms: number) {
  return timestampFromMs(now - ms);
}

interface Person {
  readonly accountId: string;
  readonly email: string;
}

/** The person's usual withdrawal: own device, address known for long, a small share. */
function usual(now: number, person: Person, withdrawalId: string, value: number) {
  return {
    withdrawalId,
    accountId: person.accountId,
    email: person.email,
    asset: 'BTC',
    amount: (value / 95_000).toFixed(8),
    referenceValue: value,
    balanceShare: 0.05,
    destination: {
      address: bitcoinAddress(`${person.accountId}-savings`),
      network: BITCOIN,
      kind: DestinationKind.SELF_HOSTED,
      addedAt: ago(now, 300 * DAY_MS),
      firstUsedAt: ago(now, 290 * DAY_MS),
      allowlisted: true,
    },
    session: {
      deviceId: `${person.accountId}-laptop`,
      deviceFirstSeenAt: ago(now, 400 * DAY_MS),
      ip: '192.0.2.17',
      country: 'US',
      factors: [{ ...TOTP_OLD, enrolledAt: ago(now, 380 * DAY_MS) }],
    },
    account: {
      openedAt: ago(now, 900 * DAY_MS),
      kycTier: 'full',
      lastGoodWithdrawalAt: ago(now, 20 * DAY_MS),
    },
  } satisfies RequestInit;
}

/** What a thief asks for: a device and an address of today, most of the balance. */
function theft(now: number, person: Person, withdrawalId: string, value: number) {
  return {
    ...usual(now, person, withdrawalId, value),
    balanceShare: 0.94,
    destination: {
      address: bitcoinAddress(`somewhere-else-${withdrawalId}`),
      network: BITCOIN,
      kind: DestinationKind.SELF_HOSTED,
      addedAt: ago(now, 10 * MINUTE_MS),
      allowlisted: false,
    },
    session: {
      deviceId: 'a-device-of-today',
      deviceFirstSeenAt: ago(now, 35 * MINUTE_MS),
      ip: '203.0.113.99',
      country: 'US',
      factors: [
        { channel: Channel.TOTP, enrolledAt: ago(now, 25 * MINUTE_MS), verifiedAt: ago(now, MINUTE_MS) },
      ],
    },
  } satisfies RequestInit;
}

/** The exchange's signals of a takeover through the mailbox. */
function takeover(now: number, person: Person): readonly SignalInit[] {
  const { accountId, email } = person;
  return [
    {
      accountId,
      email,
      type: SignalType.PASSWORD_RESET,
      channel: Channel.EMAIL,
      occurredAt: ago(now, 40 * MINUTE_MS),
    },
    { accountId, email, type: SignalType.SESSION_FROM_RESET_LINK, occurredAt: ago(now, 39 * MINUTE_MS) },
    { accountId, type: SignalType.NEW_DEVICE, occurredAt: ago(now, 35 * MINUTE_MS) },
    { accountId, type: SignalType.MFA_RESET, occurredAt: ago(now, 25 * MINUTE_MS) },
    { accountId, type: SignalType.ADDRESS_ADDED, occurredAt: ago(now, 10 * MINUTE_MS) },
  ];
}

const ALICE: Person = { accountId: 'alice', email: 'alice@example.com' };
const BOB: Person = { accountId: 'bob', email: 'bob@gmail.com' };
const VICTOR: Person = { accountId: 'victor', email: 'victor@att.net' };
const ERIN: Person = { accountId: 'erin', email: 'erin@sbcglobal.net' };
const SAM: Person = { accountId: 'sam', email: 'sam@example.org' };
const PAT: Person = { accountId: 'pat', email: 'pat@bellsouth.net' };
const LEE: Person = { accountId: 'lee', email: 'lee@att.net' };
const CORA: Person = { accountId: 'cora', email: 'cora@pacbell.net' };

/** The story of DESIGN's first chapter, as calls. `now` is the moment of telling. */
export function story(now: number): readonly Scene[] {
  return [...exchangeScenes(now), ...providerScenes(now)];
}

function exchangeScenes(now: number): readonly Scene[] {
  return [
    {
      title: 'An honest customer',
      what: 'Own device, an address used for months, 5 % of the balance.',
      needsProvider: false,
      steps: [{ kind: 'ask', who: 'Alice', request: usual(now, ALICE, 'w-alice-1', 1_200) }],
    },
    {
      title: 'A forgotten password',
      what: 'Reset by e-mail three hours ago, but everything else is as always.',
      needsProvider: false,
      steps: [
        {
          kind: 'signals',
          signals: [
            {
              accountId: BOB.accountId,
              email: BOB.email,
              type: SignalType.PASSWORD_RESET,
              channel: Channel.EMAIL,
              occurredAt: ago(now, 3 * HOUR_MS),
            },
          ],
        },
        { kind: 'ask', who: 'Bob', request: usual(now, BOB, 'w-bob-1', 800) },
      ],
    },
    {
      title: 'The victim',
      what: 'Reset by e-mail 40 minutes ago, then a new device, a new factor, a new address, 94 % of the balance.',
      needsProvider: false,
      steps: [
        { kind: 'signals', signals: takeover(now, VICTOR) },
        { kind: 'ask', who: 'Victor', request: theft(now, VICTOR, 'w-victor-1', 134_000) },
      ],
    },
    {
      title: 'The e-mail-change trick',
      what: 'The thief changes the e-mail to his own first, and names only that. The old mailbox still counts.',
      needsProvider: false,
      steps: [
        {
          kind: 'signals',
          signals: [
            ...takeover(now, ERIN),
            {
              accountId: ERIN.accountId,
              email: 'not.erin@example.net',
              type: SignalType.EMAIL_CHANGED,
              occurredAt: ago(now, 20 * MINUTE_MS),
            },
          ],
        },
        {
          kind: 'ask',
          who: 'Erin',
          request: { ...theft(now, ERIN, 'w-erin-1', 22_000), email: 'not.erin@example.net' },
        },
      ],
    },
    {
      title: 'Slicing',
      what: 'Ten withdrawals of 2,400 instead of one of 24,000: each counts with those before it.',
      needsProvider: false,
      steps: [
        {
          kind: 'signals',
          signals: [
            { accountId: SAM.accountId, type: SignalType.NEW_DEVICE, occurredAt: ago(now, 20 * HOUR_MS) },
            {
              accountId: SAM.accountId,
              type: SignalType.MFA_ENROLLED,
              occurredAt: ago(now, 19 * HOUR_MS),
            },
          ],
        },
        ...Array.from({ length: 10 }, (_, index): Step => {
          const request = theft(now, SAM, `w-sam-${index + 1}`, 2_400);
          return {
            kind: 'ask',
            who: 'Sam',
            request: {
              ...request,
              balanceShare: 0.09,
              destination: { ...request.destination, address: 'bc1q-one-place-for-all-slices-h3v8' },
              session: {
                ...request.session,
                deviceFirstSeenAt: ago(now, 20 * HOUR_MS),
                factors: [{ ...TOTP_OLD, enrolledAt: ago(now, 380 * DAY_MS) }],
              },
            },
          };
        }),
      ],
    },
  ];
}

function providerScenes(now: number): readonly Scene[] {
  return [
    {
      title: 'The mailbox speaks',
      what: 'A patient thief: the reset is ten days old, the device nine, the address a week. Then the provider says that an app password was made without the owner.',
      needsProvider: true,
      steps: [
        {
          kind: 'signals',
          signals: [
            {
              accountId: PAT.accountId,
              email: PAT.email,
              type: SignalType.PASSWORD_RESET,
              channel: Channel.EMAIL,
              occurredAt: ago(now, 10 * DAY_MS),
            },
          ],
        },
        { kind: 'ask', who: 'Pat, before', request: patient(now, PAT, 'w-pat-1') },
        {
          kind: 'provider',
          what: { kind: 'app-password', email: PAT.email, at: new Date(now - 11 * DAY_MS) },
        },
        { kind: 'ask', who: 'Pat, after', request: patient(now, PAT, 'w-pat-2') },
      ],
    },
    {
      title: 'A late event, and a re-secured mailbox',
      what: 'Lee has done nothing unusual. The provider learns only now of an app password of 25 days ago; then Lee has the mailbox back, and e-mail can be trusted again.',
      needsProvider: true,
      steps: [
        { kind: 'ask', who: 'Lee, before', request: usual(now, LEE, 'w-lee-1', 3_000) },
        {
          kind: 'provider',
          what: { kind: 'app-password', email: LEE.email, at: new Date(now - 25 * DAY_MS) },
        },
        { kind: 'ask', who: 'Lee, exposed', request: usual(now, LEE, 'w-lee-2', 3_000) },
        { kind: 'provider', what: { kind: 'resecured', email: LEE.email, at: new Date(now - HOUR_MS) } },
        { kind: 'ask', who: 'Lee, re-secured', request: usual(now, LEE, 'w-lee-3', 3_000) },
      ],
    },
    {
      title: 'A cohort',
      what: 'An incident at AT&T mail: all its domains, since last week. No mailbox is named.',
      needsProvider: true,
      steps: [
        {
          kind: 'provider',
          what: {
            kind: 'cohort',
            domains: ['att.net', 'sbcglobal.net', 'bellsouth.net', 'pacbell.net'],
            from: new Date(now - 7 * DAY_MS),
            share: 0.02,
          },
        },
        { kind: 'ask', who: 'Cora, usual', request: usual(now, CORA, 'w-cora-1', 400) },
        { kind: 'signals', signals: takeover(now, CORA).slice(0, 3) },
        { kind: 'ask', who: 'Cora, after a reset', request: theft(now, CORA, 'w-cora-2', 15_000) },
      ],
    },
  ];
}

/** A thief who waited: device and address are days old. */
function patient(now: number, person: Person, withdrawalId: string) {
  const request = theft(now, person, withdrawalId, 4_000);
  return {
    ...request,
    balanceShare: 0.4,
    destination: { ...request.destination, addedAt: ago(now, 7 * DAY_MS) },
    session: {
      ...request.session,
      deviceFirstSeenAt: ago(now, 9 * DAY_MS),
      factors: [{ ...TOTP_OLD, enrolledAt: ago(now, 380 * DAY_MS) }],
    },
  } satisfies RequestInit;
}
