import type {
  AliasForm,
  CohortRecord,
  MailboxLink,
  MailboxView,
  ProviderEventRecord,
  SignalRecord,
  SpendRecord,
} from '../../src/decision/evidence.js';
import type { AssessmentInput, RequestFacts } from '../../src/decision/input.js';
import type { CompiledPolicy, LockRule, ReasonText, ScoreRule } from '../../src/decision/policy-model.js';
import type { ProviderEventType, ReasonSource, SignalType } from '../../src/decision/vocabulary.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** 2026-11-24T12:00:00Z, a whole minute. */
export const NOW = 1_795_521_600_000;

/** Everything a request can say, about an honest customer on a known device at a known address. */
export function requestOf(overrides: Partial<RequestFacts> = {}): RequestFacts {
  return {
    withdrawalId: 'w-1',
    withdrawal: 'digest-w-1',
    accountId: 'a-1',
    asset: 'BTC',
    amount: '0.5',
    value: 50_000,
    destination: {
      id: 'destination-1',
      suffix: 'wxyz',
      network: 'bitcoin',
      addedAt: NOW - 200 * DAY,
      firstUsedAt: NOW - 190 * DAY,
    },
    balanceShare: 0.05,
    deviceId: 'device-1',
    deviceFirstSeenAt: NOW - 300 * DAY,
    country: 'US',
    factors: [
      { channel: 'TOTP', enrolledAt: NOW - 300 * DAY },
      { channel: 'EMAIL', enrolledAt: NOW - 300 * DAY },
    ],
    accountOpenedAt: NOW - 400 * DAY,
    mailbox: 'mailbox-1',
    ...overrides,
  };
}

/** A thief's request: new device, destination added an hour ago, nearly everything. */
export function thiefRequest(overrides: Partial<RequestFacts> = {}): RequestFacts {
  return requestOf({
    destination: { id: 'destination-2', suffix: 'abcd', network: 'bitcoin', addedAt: NOW - HOUR },
    deviceId: 'device-2',
    deviceFirstSeenAt: NOW - 2 * HOUR,
    balanceShare: 0.95,
    value: 5_000_000,
    ...overrides,
  });
}

export const LINK: MailboxLink = {
  alias: 'mailbox-1',
  aliases: [
    { alias: 'mailbox-1', form: 'exact' },
    { alias: 'pair-1', form: 'pair' },
  ],
  domain: 'att.net',
  operator: 'att',
  lastUsedAt: NOW - DAY,
};

export const OTHER_LINK: MailboxLink = {
  alias: 'mailbox-2',
  aliases: [{ alias: 'mailbox-2', form: 'exact' }],
  domain: 'example.org',
  lastUsedAt: NOW - 2 * DAY,
};

/** A mailbox with events under its exact alias, or another form. */
export function viewOf(
  events: readonly ProviderEventRecord[] = [],
  { link = LINK, form = 'exact' }: { link?: MailboxLink; form?: AliasForm } = {},
): MailboxView {
  return { link, records: events.length === 0 ? [] : [{ form, record: { events, retractions: [] } }] };
}

/** An input about an account of which nothing adverse is known. */
export function inputOf(overrides: Partial<AssessmentInput> = {}): AssessmentInput {
  return {
    now: NOW,
    request: requestOf(),
    account: { signals: [], loginFailures: [], mailboxes: [LINK] },
    ledger: { spends: [], holds: [], releases: [] },
    mailboxes: [viewOf()],
    cohorts: [],
    feeds: [{ provider: 'att', state: 'FRESH' }],
    behind: false,
    ...overrides,
  };
}

/** The input with these signals. */
export function withSignals(input: AssessmentInput, ...signals: readonly SignalRecord[]): AssessmentInput {
  return { ...input, account: { ...input.account, signals: [...input.account.signals, ...signals] } };
}

let counter = 0;

/** A signal `agoMs` before {@link NOW}, with an id of its own. */
export function signal(type: SignalType, agoMs: number, overrides: Partial<SignalRecord> = {}): SignalRecord {
  counter += 1;
  const occurredAt = NOW - agoMs;
  return {
    type,
    id: `signal-${counter}`,
    digest: `digest-${counter}`,
    occurredAt,
    receivedAt: occurredAt + SECOND,
    ...overrides,
  };
}

/** A provider event `agoMs` before {@link NOW}, of a certain provider, with an id of its own. */
export function event(
  type: ProviderEventType,
  agoMs: number,
  overrides: Partial<ProviderEventRecord> = {},
): ProviderEventRecord {
  counter += 1;
  const occurredAt = NOW - agoMs;
  return {
    type,
    provider: 'att',
    id: `event-${counter}`,
    occurredAt,
    issuedAt: occurredAt + MINUTE,
    receivedAt: occurredAt + 2 * MINUTE,
    timeIs: 'OCCURRED',
    unauthorised: false,
    confidence: 1,
    ...overrides,
  };
}

/** A cohort of att.net, open for ten days. */
export function cohort(overrides: Partial<CohortRecord> = {}): CohortRecord {
  return {
    id: 'cohort-1',
    provider: 'att',
    domains: ['att.net'],
    mechanism: 'secure mail keys',
    from: NOW - 10 * DAY,
    share: 0.02,
    confidence: 1,
    issuedAt: NOW - 9 * DAY,
    retracted: false,
    ...overrides,
  };
}

/** Another withdrawal of the account, let go. */
export function spend(agoMs: number, value: number, overrides: Partial<SpendRecord> = {}): SpendRecord {
  counter += 1;
  return {
    withdrawal: `digest-other-${counter}`,
    minute: Math.floor((NOW - agoMs) / MINUTE),
    value,
    counted: true,
    degraded: false,
    ...overrides,
  };
}

export function text(code: string, source: ReasonSource = 'SIGNAL'): ReasonText {
  return { code, source, summary: `analyst: ${code}`, customerSummary: 'We are checking this withdrawal.' };
}

/** A rule with a code and points; 10 a point. */
export function rule(
  code: string,
  points: number,
  when: ScoreRule['when'],
  overrides: Partial<ScoreRule> = {},
): ScoreRule {
  return { ...text(code), points, when, aloneAtMostStepUp: false, timesConfidence: false, ...overrides };
}

/** A composite lock on a signal. */
export function lock(code: string, overrides: Partial<LockRule> = {}): LockRule {
  return {
    ...text(code, 'POLICY'),
    trigger: { kind: 'signal', types: ['PASSWORD_RESET'] },
    window: 48 * HOUR,
    shape: 'composite',
    release: 'AUTOMATIC',
    ...overrides,
  };
}

/** A policy with three tiers and nothing else that could give points. */
export const BARE_POLICY: CompiledPolicy = {
  name: 'bare',
  hash: '0'.repeat(64),
  currency: 'USD',
  pointsToDoubleOdds: 5,
  tiers: [
    {
      name: 'small',
      below: 100_000,
      stepUp: 300,
      hold: 500,
      reject: 850,
      degraded: { feedNotCurrent: 'ALLOW', behind: 'ALLOW', hourlyAllow: 200_000 },
    },
    {
      name: 'medium',
      below: 1_000_000,
      stepUp: 250,
      hold: 450,
      reject: 800,
      degraded: { feedNotCurrent: 'STEP_UP', behind: 'ALLOW', hourlyAllow: 500_000 },
    },
    {
      name: 'large',
      stepUp: 200,
      hold: 400,
      reject: 750,
      degraded: { feedNotCurrent: 'HOLD', behind: 'STEP_UP', hourlyAllow: 0 },
    },
  ],
  groups: [],
  rules: [],
  sequences: [],
  locks: [],
  lockShape: { destinationKnownAfter: 30 * DAY, largeShare: 0.5, valueFloor: 20_000 },
  lists: [],
  customRules: [],
  domainPrior: new Map(),
  domainPriorText: text('DOMAIN_PRIOR', 'REQUEST'),
  cohort: {
    text: text('COHORT', 'COHORT'),
    baseRate: 0.0001,
    defaultShare: 0.01,
    cap: 300,
    after: 30 * DAY,
  },
  exposure: { lookBack: 30 * DAY, keepAfter: 60 * DAY, watch: 14 * DAY },
  trustFloor: -150,
  rejectNeedsNamedCompromise: true,
  stepUp: { channels: ['PASSKEY', 'TOTP', 'PUSH', 'SMS', 'EMAIL'], verifiedWithin: 15 * MINUTE },
  simTrouble: { types: ['SIM_CHANGED', 'PHONE_CHANGED'], window: 7 * DAY },
  hold: { maxHold: 7 * DAY, reviewAfter: DAY, degradedHold: 2 * HOUR },
};

/** The bare policy with changes. */
export function policyOf(overrides: Partial<CompiledPolicy> = {}): CompiledPolicy {
  return { ...BARE_POLICY, ...overrides };
}

/** A policy of the shape that exchanges would use: signals, provider events, a sequence, locks, trust. */
export const TYPICAL_POLICY: CompiledPolicy = policyOf({
  name: 'typical',
  groups: [
    { name: 'account', cap: 350 },
    { name: 'destination', cap: 200 },
  ],
  rules: [
    rule(
      'RESET',
      120,
      { kind: 'signal', types: ['PASSWORD_RESET'] },
      { halfLife: 2 * DAY, window: 14 * DAY, group: 0 },
    ),
    rule(
      'RESET_IN_EXPOSURE',
      350,
      { kind: 'signal', types: ['PASSWORD_RESET', 'SESSION_FROM_RESET_LINK'], inExposure: 'named' },
      { source: 'PROVIDER', halfLife: 10 * DAY, window: 60 * DAY },
    ),
    rule(
      'RESET_IN_COHORT',
      180,
      { kind: 'signal', types: ['PASSWORD_RESET'], inExposure: 'cohort' },
      { source: 'COHORT', halfLife: 10 * DAY, window: 60 * DAY },
    ),
    rule(
      'NEW_DEVICE',
      80,
      { kind: 'signal', types: ['NEW_DEVICE'] },
      { halfLife: DAY, window: 7 * DAY, group: 0 },
    ),
    rule(
      'MFA',
      130,
      { kind: 'signal', types: ['MFA_RESET', 'MFA_DISABLED'] },
      { halfLife: DAY, window: 7 * DAY, group: 0 },
    ),
    rule('SIM', 150, { kind: 'signal', types: ['SIM_CHANGED'] }, { halfLife: 2 * DAY, window: 7 * DAY }),
    rule(
      'EXPOSED',
      250,
      { kind: 'exposure' },
      { source: 'PROVIDER', halfLife: 7 * DAY, timesConfidence: true },
    ),
    rule(
      'FORCED_RESET',
      200,
      { kind: 'event', types: ['CREDENTIAL_CHANGE_REQUIRED'] },
      { source: 'PROVIDER', halfLife: 7 * DAY, window: 30 * DAY, aloneAtMostStepUp: true },
    ),
    rule('STUFFING', 90, { kind: 'loginFailures', atLeast: 10, within: DAY }, { halfLife: 6 * HOUR }),
    rule(
      'FRESH_DESTINATION',
      100,
      { kind: 'destinationAge', below: 3 * DAY },
      { source: 'REQUEST', group: 1 },
    ),
    rule('FRESH_DEVICE', 60, { kind: 'deviceAge', below: 2 * DAY }, { source: 'REQUEST' }),
    rule('LARGE_SHARE', 60, { kind: 'balanceShare', atLeast: 0.5 }, { source: 'REQUEST' }),
    rule('OLD_DESTINATION', -100, { kind: 'destinationUsed', atLeast: 90 * DAY }, { source: 'REQUEST' }),
    rule('OLD_DEVICE', -80, { kind: 'deviceAge', atLeast: 90 * DAY }, { source: 'REQUEST' }),
  ],
  sequences: [
    {
      ...text('TAKEOVER'),
      steps: [
        { name: 'exposed', any: [{ kind: 'exposure' }, { kind: 'cohort' }], points: 100, required: false },
        { name: 'reset', any: [{ kind: 'signal', types: ['PASSWORD_RESET'] }], points: 120, required: true },
        {
          name: 'device',
          any: [{ kind: 'signal', types: ['NEW_DEVICE', 'MFA_ENROLLED'] }],
          points: 80,
          required: false,
        },
        {
          name: 'destination',
          any: [{ kind: 'destinationAge', below: 7 * DAY }],
          points: 80,
          required: false,
        },
        { name: 'share', any: [{ kind: 'balanceShare', atLeast: 0.5 }], points: 60, required: false },
      ],
      minSteps: 3,
      maxGap: 5 * DAY,
      window: 14 * DAY,
      halfLife: 3 * DAY,
    },
  ],
  locks: [
    lock('LOCK_RESET', { windowWithMailboxTrouble: 120 * HOUR }),
    lock('LOCK_MFA', { trigger: { kind: 'signal', types: ['MFA_RESET', 'SUPPORT_RECOVERY'] } }),
    lock('LOCK_EMAIL', { trigger: { kind: 'signal', types: ['EMAIL_CHANGED'] }, release: 'PERSON' }),
  ],
  domainPrior: new Map([['att', 20]]),
});
