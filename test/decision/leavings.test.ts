import { describe, expect, test } from 'vitest';
import type {
  MailboxLink,
  ProviderEventRecord,
  SignalFactor,
  SignalRecord,
} from '../../src/decision/evidence.js';
import { decide } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { Condition } from '../../src/decision/policy-model.js';
import {
  cohort,
  DAY,
  event,
  HOUR,
  inputOf,
  LINK,
  MINUTE,
  NOW,
  OTHER_LINK,
  policyOf,
  requestOf,
  rule,
  SECOND,
  signal,
  viewOf,
  withSignals,
} from './fixtures.js';

const INSIDE: Condition = { kind: 'signal', types: ['PASSWORD_RESET'], inExposure: 'named' };
const POLICY = policyOf({
  rules: [
    rule('OPEN', 10, { kind: 'exposure', open: true }),
    rule('INSIDE', 10, INSIDE),
    rule('RISK', 10, { kind: 'event', types: ['RISK_HIGH'] }),
    rule('INCIDENT', 10, { kind: 'cohort', open: true }),
  ],
  exposure: { lookBack: 30 * DAY, keepAfter: 60 * DAY, watch: 14 * DAY, untilClosed: true },
  stepUp: { channels: ['PASSKEY', 'TOTP', 'SMS'], verifiedWithin: 15 * MINUTE, factorMargin: HOUR },
});

const OLD_TOTP: SignalFactor = { channel: 'TOTP', id: 'totp', enrolledAt: NOW - 300 * DAY };
const NAMED = event('APP_PASSWORD_CREATED', 40 * DAY, { unauthorised: true });

/** The account went from the first mailbox to the second, 20 days ago. */
function change(factor: SignalFactor = OLD_TOTP, mailbox = OTHER_LINK.alias): SignalRecord {
  return signal('EMAIL_CHANGED', 20 * DAY, { mailbox, factor });
}

function codes(
  events: readonly ProviderEventRecord[],
  signals: readonly SignalRecord[],
  overrides: Partial<AssessmentInput> = {},
): readonly string[] {
  const input = inputOf({
    request: requestOf({ mailbox: OTHER_LINK.alias }),
    mailboxes: [viewOf(events), viewOf([], { link: OTHER_LINK })],
    ...overrides,
  });
  const { reasons, untrustedChannels } = decide(withSignals(input, ...signals), POLICY);
  return [...reasons.map(({ code }) => code), ...untrustedChannels];
}

describe('a mailbox is left', () => {
  test.each<{ name: string; signals: readonly SignalRecord[]; left: boolean }>([
    { name: 'over a factor older than the exposure', signals: [change()], left: true },
    {
      name: 'checked at the time',
      signals: [change({ ...OLD_TOTP, verifiedAt: NOW - 20 * DAY })],
      left: true,
    },
    { name: 'never', signals: [], left: false },
    {
      name: 'without a word of the factor',
      signals: [signal('EMAIL_CHANGED', 20 * DAY, { mailbox: OTHER_LINK.alias })],
      left: false,
    },
    {
      name: 'over a factor of unknown age',
      signals: [change({ channel: 'TOTP', id: 'totp' })],
      left: false,
    },
    {
      name: 'over one that was checked another day',
      signals: [change({ ...OLD_TOTP, verifiedAt: NOW - 21 * DAY })],
      left: false,
    },
    {
      name: 'over one enrolled inside the exposure',
      signals: [change({ ...OLD_TOTP, enrolledAt: NOW - 30 * DAY })],
      left: false,
    },
    {
      name: 'over one enrolled before it, within the margin',
      signals: [change({ ...OLD_TOTP, enrolledAt: NOW - 40 * DAY - HOUR })],
      left: false,
    },
    {
      name: 'over one enrolled before it, just beyond the margin',
      signals: [change({ ...OLD_TOTP, enrolledAt: NOW - 40 * DAY - HOUR - 1 })],
      left: true,
    },
    { name: 'over the mailbox itself', signals: [change({ ...OLD_TOTP, channel: 'EMAIL' })], left: false },
    {
      name: 'over a channel that nobody asks',
      signals: [change({ ...OLD_TOTP, channel: 'SUPPORT' })],
      left: false,
    },
    { name: 'over the phone', signals: [change({ ...OLD_TOTP, channel: 'SMS' })], left: true },
    {
      name: 'over the phone soon after its SIM changed',
      signals: [signal('SIM_CHANGED', 25 * DAY), change({ ...OLD_TOTP, channel: 'SMS' })],
      left: false,
    },
    {
      name: 'over the phone long after its SIM changed',
      signals: [signal('SIM_CHANGED', 27 * DAY), change({ ...OLD_TOTP, channel: 'SMS' })],
      left: true,
    },
    {
      name: 'over a factor whose own signal came inside the exposure',
      signals: [signal('MFA_ENROLLED', 30 * DAY, { factor: { channel: 'TOTP', id: 'totp' } }), change()],
      left: false,
    },
    {
      name: 'over another factor than the one enrolled inside',
      signals: [signal('MFA_ENROLLED', 30 * DAY, { factor: { channel: 'TOTP', id: 'his' } }), change()],
      left: true,
    },
    {
      name: 'over what may be the one enrolled inside',
      signals: [signal('MFA_ENROLLED', 30 * DAY, { factor: { channel: 'TOTP' } }), change()],
      left: false,
    },
    { name: 'for itself', signals: [change(OLD_TOTP, LINK.alias)], left: false },
    {
      name: 'and gone back to',
      signals: [change(), signal('EMAIL_CHANGED', 5 * DAY, { mailbox: LINK.alias })],
      left: false,
    },
    {
      name: 'gone back to, and left again',
      signals: [
        change(),
        signal('EMAIL_CHANGED', 5 * DAY, { mailbox: LINK.alias }),
        signal('EMAIL_CHANGED', 4 * DAY, { mailbox: OTHER_LINK.alias, factor: OLD_TOTP }),
      ],
      left: true,
    },
  ])('$name: $left', ({ signals, left }) => {
    expect(codes([NAMED], signals)).toEqual(left ? [] : ['OPEN', 'EMAIL']);
  });

  test('over a person, where the policy asks over one', () => {
    const asking = policyOf({ ...POLICY, stepUp: { ...POLICY.stepUp, channels: ['SUPPORT'] } });
    const identified = change({ channel: 'SUPPORT', enrolledAt: NOW - 300 * DAY });
    const input = inputOf({
      request: requestOf({ mailbox: OTHER_LINK.alias }),
      mailboxes: [viewOf([NAMED]), viewOf([], { link: OTHER_LINK })],
    });
    const untrusted = (policy: typeof POLICY) =>
      decide(withSignals(input, identified), policy).untrustedChannels;
    expect([untrusted(POLICY), untrusted(asking)]).toEqual([['EMAIL'], []]);
  });

  const RESPELT: MailboxLink = {
    alias: 'mailbox-1-with-a-dot',
    aliases: [
      { alias: 'mailbox-1-with-a-dot', form: 'exact' },
      { alias: 'mailbox-1', form: 'canonical' },
    ],
    domain: 'att.net',
    lastUsedAt: NOW - DAY,
  };

  test('not for another spelling of itself', () => {
    const mailboxes = [LINK, RESPELT];
    const account = { signals: [], loginFailures: [], mailboxes };
    const views = [viewOf([NAMED]), viewOf([], { link: RESPELT })];
    const request = requestOf({ mailbox: RESPELT.alias });
    const changes = { request, account, mailboxes: views };
    expect(codes([], [change(OLD_TOTP, RESPELT.alias)], changes)).toEqual(['OPEN', 'EMAIL']);
  });

  test('nor where another spelling of it is gone back to, or asked with', () => {
    const mailboxes = [LINK, OTHER_LINK, RESPELT];
    const account = { signals: [], loginFailures: [], mailboxes };
    const views = [viewOf([NAMED]), viewOf([], { link: OTHER_LINK }), viewOf([], { link: RESPELT })];
    const back = signal('EMAIL_CHANGED', 5 * DAY, { mailbox: RESPELT.alias });
    const withViews = { account, mailboxes: views };
    expect(codes([], [change()], withViews)).toEqual([]);
    expect(codes([], [change(), back], withViews)).toEqual(['OPEN', 'EMAIL']);
    const request = requestOf({ mailbox: RESPELT.alias });
    expect(codes([], [change()], { ...withViews, request })).toEqual(['OPEN', 'EMAIL']);
  });

  test('not while requests name it', () => {
    const request = requestOf({ mailbox: LINK.alias });
    expect(codes([NAMED], [change()], { request })).toEqual(['OPEN', 'EMAIL']);
  });

  test('and what is said of it later is no trouble of the account, as far as it happened later', () => {
    const later = [
      event('CREDENTIAL_COMPROMISE', 10 * DAY),
      event('RISK_HIGH', 10 * DAY),
      event('IDENTIFIER_RECYCLED', 10 * DAY),
    ];
    expect(codes(later, [])).toEqual(['OPEN', 'RISK', 'EMAIL']);
    expect(codes(later, [change()])).toEqual([]);
    // Discovered 5 days after, so begun before: it ends with the leaving, which only an older factor proves.
    const discovered = event('CREDENTIAL_COMPROMISE', 15 * DAY, { timeIs: 'DISCOVERED' });
    expect(codes([discovered], [change()])).toEqual([]);
    const young = { ...OLD_TOTP, enrolledAt: NOW - 45 * DAY };
    expect(codes([discovered], [change(young)])).toEqual(['OPEN', 'EMAIL']);
  });

  test('and resets inside still count', () => {
    const reset = signal('PASSWORD_RESET', 20 * DAY + HOUR, { mailbox: LINK.alias });
    expect(codes([NAMED], [reset, change()])).toEqual(['INSIDE']);
  });

  test('by an account that reported none by name: what it moved to is not meant', () => {
    const report = signal('EMAIL_REPORTED_COMPROMISED', 25 * DAY);
    expect(codes([], [report])).toEqual(['OPEN', 'EMAIL']);
    expect(codes([], [report, change()])).toEqual([]);
    const after = signal('EMAIL_REPORTED_COMPROMISED', 15 * DAY);
    expect(codes([], [after, change()])).toEqual(['OPEN', 'EMAIL']);
  });

  test('in an incident of its domain: the window ended then, or never was', () => {
    const incident = (from: number) => ({ cohorts: [cohort({ share: 0, from: NOW - from })] });
    expect(codes([], [], incident(30 * DAY))).toEqual(['INCIDENT', 'EMAIL']);
    expect(codes([], [change()], incident(30 * DAY))).toEqual([]);
    expect(codes([], [change()], incident(10 * DAY))).toEqual([]);
    const young = { ...OLD_TOTP, enrolledAt: NOW - 25 * DAY };
    expect(codes([], [change(young)], incident(30 * DAY))).toEqual(['INCIDENT', 'EMAIL']);
  });

  test('and news of it does not undo what a person released', () => {
    const heard = { receivedAt: NOW - SECOND };
    const release = { withdrawal: 'digest-w-1', destination: 'destination-1', ceiling: 50_000 };
    const ledger = { spends: [], holds: [], releases: [{ ...release, releasedAt: NOW - HOUR }] };
    expect(codes([event('RISK_HIGH', HOUR, heard)], [change()], { ledger })).toEqual(['RELEASED']);
    expect(codes([event('RISK_HIGH', HOUR, heard)], [], { ledger })).toEqual(['RISK']);
  });
});
