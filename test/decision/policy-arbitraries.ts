import fc from 'fast-check';
import { DRAIN_SCOPES } from '../../src/decision/drains.js';
import type {
  CompiledPolicy,
  Condition,
  CustomRule,
  LockRule,
  NoticeRule,
  PolicyList,
  Question,
  ScoreRule,
  SequenceRule,
  Tier,
} from '../../src/decision/policy-model.js';
import {
  CHANNELS,
  type DurationMs,
  PROVIDER_EVENT_TYPES,
  type ReasonSource,
  SIGNAL_TYPES,
} from '../../src/decision/vocabulary.js';
import { DAY, HOUR, lock, NOW, policyOf, rule, text } from './fixtures.js';

const durationArb: fc.Arbitrary<DurationMs> = fc.oneof(
  fc.integer({ min: 1, max: 96 }).map((hours) => hours * HOUR),
  fc.integer({ min: 1, max: 60 }).map((days) => days * DAY),
  fc.integer({ min: 1000, max: 5 * DAY }),
);
const maybeDurationArb = fc.option(durationArb, { nil: undefined });
const signalTypesArb = fc.uniqueArray(fc.constantFrom(...SIGNAL_TYPES), { minLength: 1, maxLength: 8 });
const eventTypesArb = fc.uniqueArray(fc.constantFrom(...PROVIDER_EVENT_TYPES), {
  minLength: 1,
  maxLength: 6,
});

type Shaped<T> = { [K in keyof T]: T[K] | undefined };

function present<T extends object>(record: Shaped<T>): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

/** A condition met by evidence: more of it never stops meeting it. */
const evidenceConditionArb: fc.Arbitrary<Condition> = fc.oneof(
  fc
    .record({
      kind: fc.constant('signal' as const),
      types: signalTypesArb,
      channels: fc.option(fc.uniqueArray(fc.constantFrom(...CHANNELS), { minLength: 1, maxLength: 4 }), {
        nil: undefined,
        freq: 1,
      }),
      inExposure: fc.constantFrom<'named' | 'halfOpen' | 'cohort' | undefined>(
        undefined,
        'named',
        'halfOpen',
        'cohort',
      ),
    })
    .map((condition) => present<Condition & { kind: 'signal' }>(condition)),
  fc
    .record({
      kind: fc.constant('event' as const),
      types: eventTypesArb,
      unauthorised: fc.constantFrom(undefined, true, false),
      afterExposure: fc.constantFrom<true | undefined>(undefined, undefined, true),
      followedBy: fc.option(fc.record({ types: signalTypesArb, within: durationArb }), { nil: undefined }),
    })
    .map((condition) => present<Condition & { kind: 'event' }>(condition)),
  fc.boolean().map((open): Condition => ({ kind: 'exposure', open })),
  fc.constant<Condition>({ kind: 'exposure', halfOpen: true }),
  fc.boolean().map((open): Condition => ({ kind: 'cohort', open })),
  fc.constant<Condition>({ kind: 'watch' }),
  fc
    .record({ atLeast: fc.integer({ min: 1, max: 30 }), within: durationArb })
    .map((rest): Condition => ({ kind: 'loginFailures', ...rest })),
);

const requestConditionArb: fc.Arbitrary<Condition> = fc.oneof(
  durationArb.map((below): Condition => ({ kind: 'destinationAge', below })),
  durationArb.map((atLeast): Condition => ({ kind: 'destinationNotUsed', atLeast })),
  durationArb.map((below): Condition => ({ kind: 'deviceAge', below })),
  fc.constantFrom(0.01, 0.5).map((atLeast): Condition => ({ kind: 'balanceShare', atLeast })),
  durationArb.map((below): Condition => ({ kind: 'accountAge', below })),
  durationArb.map((atLeast): Condition => ({ kind: 'lastGoodWithdrawal', atLeast })),
  fc.integer({ min: 1, max: 4 }).map((atLeast): Condition => ({ kind: 'withdrawalCount', atLeast })),
  fc
    .record({
      what: fc.constantFrom('device' as const, 'factor' as const, 'destination' as const),
      below: durationArb,
      usedBelow: maybeDurationArb,
    })
    .map(
      ({ usedBelow, ...rest }): Condition => ({
        kind: 'unproven',
        ...rest,
        ...(usedBelow !== undefined && { usedBelow }),
      }),
    ),
  fc
    .record({
      scope: fc.constantFrom(...DRAIN_SCOPES),
      within: fc.constantFrom(7 * DAY, 30 * DAY),
      atLeast: fc.constantFrom(
        { of: 'share' as const, share: 0.5 },
        { of: 'share' as const, share: 0.1 },
        { of: 'value' as const, value: 600_000 },
      ),
      byAtLeast: fc.constantFrom(undefined, 2),
    })
    .map(
      ({ byAtLeast, ...rest }): Condition => ({
        kind: 'drain',
        ...rest,
        ...(byAtLeast !== undefined && { byAtLeast }),
      }),
    ),
);

/** What may earn trust: facts of the request, never evidence. */
const trustConditionArb: fc.Arbitrary<Condition> = fc.oneof(
  durationArb.map((atLeast): Condition => ({ kind: 'destinationUsed', atLeast })),
  fc.constantFrom(0, DAY).map((atLeast): Condition => ({ kind: 'destinationAllowlisted', atLeast })),
  fc.constant<Condition>({ kind: 'destinationOwned' }),
  durationArb.map((atLeast): Condition => ({ kind: 'deviceAge', atLeast })),
  durationArb.map((atLeast): Condition => ({ kind: 'accountAge', atLeast })),
);

function sourceOf(condition: Condition): ReasonSource {
  switch (condition.kind) {
    case 'signal':
      return condition.inExposure === undefined ? 'SIGNAL' : 'PROVIDER';
    case 'loginFailures':
      return 'SIGNAL';
    case 'cohort':
      return 'COHORT';
    case 'event':
    case 'exposure':
    case 'watch':
      return 'PROVIDER';
    default:
      return 'REQUEST';
  }
}

const decayArb = fc.record({
  halfLife: maybeDurationArb,
  window: maybeDurationArb,
  group: fc.constantFrom(undefined, 0, 1),
});

const scoreRuleArb: fc.Arbitrary<ScoreRule> = fc
  .oneof(
    { weight: 4, arbitrary: fc.tuple(evidenceConditionArb, fc.integer({ min: 1, max: 500 })) },
    { weight: 2, arbitrary: fc.tuple(requestConditionArb, fc.integer({ min: 1, max: 300 })) },
    { weight: 1, arbitrary: fc.tuple(trustConditionArb, fc.integer({ min: -200, max: -1 })) },
  )
  .chain(([when, points]) =>
    fc.tuple(decayArb, fc.boolean(), fc.boolean()).map(([decay, aloneAtMostStepUp, timesConfidence]) =>
      rule(`RULE_${when.kind}_${points}`, points, when, {
        source: sourceOf(when),
        aloneAtMostStepUp,
        timesConfidence: timesConfidence && (when.kind === 'event' || when.kind === 'exposure'),
        ...present<Partial<ScoreRule>>(decay),
      }),
    ),
  );

export const sequenceArb: fc.Arbitrary<SequenceRule> = fc
  .record({
    steps: fc.array(
      fc.record({
        name: fc.constant('step'),
        any: fc.array(
          fc.oneof(
            { weight: 3, arbitrary: evidenceConditionArb },
            { weight: 1, arbitrary: requestConditionArb },
          ),
          {
            minLength: 1,
            maxLength: 2,
          },
        ),
        points: fc.integer({ min: 0, max: 200 }),
        required: fc.boolean(),
      }),
      { minLength: 2, maxLength: 4 },
    ),
    minSteps: fc.integer({ min: 1, max: 3 }),
    maxGap: durationArb,
    window: durationArb,
    halfLife: maybeDurationArb,
    group: fc.constantFrom(undefined, 0),
  })
  .map((sequence) => present<SequenceRule>({ ...text('SEQUENCE'), ...sequence }));

const lockArb: fc.Arbitrary<LockRule> = fc
  .record({
    trigger: evidenceConditionArb,
    window: durationArb,
    windowWithMailboxTrouble: maybeDurationArb,
    shape: fc.constantFrom('composite' as const, 'timer' as const),
    onlyDestinationsYoungerThan: maybeDurationArb,
    release: fc.constantFrom('AUTOMATIC' as const, 'AUTOMATIC' as const, 'PERSON' as const),
  })
  .map((overrides) => lock('LOCK', present<Partial<LockRule>>(overrides)));

const listArb: fc.Arbitrary<PolicyList> = fc
  .record({
    effect: fc.oneof(
      fc
        .constantFrom('STEP_UP' as const, 'HOLD' as const, 'REJECT' as const)
        .map((decision) => ({ kind: 'deny' as const, decision })),
      fc.integer({ min: -200, max: -1 }).map((points) => ({ kind: 'trust' as const, points })),
    ),
    on: fc.constantFrom(
      'account' as const,
      'destination' as const,
      'mailbox' as const,
      'domain' as const,
      'device' as const,
      'country' as const,
    ),
    expiresAt: fc.option(
      fc.integer({ min: -DAY, max: 9 * DAY }).map((ahead) => NOW + ahead),
      { nil: undefined },
    ),
  })
  .map(({ effect, on, expiresAt }) => {
    const entry = expiresAt === undefined ? { reason: 'because' } : { reason: 'because', expiresAt };
    const names = ['a-1', 'destination-1', 'mailbox-1', 'att.net', 'device-1', 'XX'];
    return {
      ...text('LIST', 'POLICY'),
      name: 'list',
      effect,
      on,
      entries: new Map(names.map((name) => [name, entry])),
    };
  });

/** Custom rules that are true of more evidence whenever they are true of less. */
const customRuleArb: fc.Arbitrary<CustomRule> = fc
  .record({
    test: fc.constantFrom<CustomRule['test']>(
      (input) => input.account.signals.length > 2,
      (input) => (input.request.value ?? 0) > 500_000,
      (input) => (input.request.country === undefined ? undefined : input.request.country === 'XX'),
    ),
    points: fc.integer({ min: 1, max: 300 }),
    onErrorPoints: fc.integer({ min: 0, max: 100 }),
    group: fc.constantFrom(undefined, 1),
  })
  .map((custom) => present<CustomRule>({ ...text('CUSTOM', 'POLICY'), ...custom }));

const tierArb = (name: string, below: number | undefined): fc.Arbitrary<Tier> =>
  fc
    .record({
      thresholds: fc.uniqueArray(fc.integer({ min: 1, max: 900 }), { minLength: 3, maxLength: 3 }),
      feedNotCurrent: fc.constantFrom('ALLOW' as const, 'STEP_UP' as const, 'HOLD' as const),
      behind: fc.constantFrom('ALLOW' as const, 'STEP_UP' as const, 'HOLD' as const),
      hourlyAllow: fc.constantFrom(0, 50_000, 10_000_000),
    })
    .map(({ thresholds, ...degraded }) => {
      const [stepUp = 1, hold = 2, reject = 3] = [...thresholds].sort((a, b) => a - b);
      return present<Tier>({ name, below, stepUp, hold, reject, degraded });
    });

/** Its hold is no longer than `reviewAfter`: see `compileNotice`. */
export const noticeArb: fc.Arbitrary<NoticeRule> = fc.record({
  channels: fc.constantFrom<NoticeRule['channels']>(['EMAIL'], ['SMS', 'EMAIL'], ['VOICE', 'SMS']),
  hold: fc.constantFrom(DAY, 3 * DAY),
  unless: fc.constantFrom<NoticeRule['unless']>(
    ['MFA_RESET', 'PHONE_CHANGED', 'EMAIL_CHANGED'],
    ['SIM_CHANGED'],
  ),
  window: fc.constantFrom(2 * DAY, 30 * DAY),
});

const questionArb: fc.Arbitrary<Question> = fc
  .record({
    when: fc.array(fc.oneof(requestConditionArb, evidenceConditionArb), { minLength: 1, maxLength: 2 }),
    tiers: fc.constantFrom(undefined, ['medium', 'large']),
  })
  .map((question) => present<Question>({ ...text('QUESTION', 'REQUEST'), ...question }));

/** Any policy whose custom rules keep I4. */
export const policyArb: fc.Arbitrary<CompiledPolicy> = fc
  .record({
    tiers: fc.tuple(tierArb('small', 100_000), tierArb('medium', 1_000_000), tierArb('large', undefined)),
    groups: fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 500 })),
    rules: fc.array(scoreRuleArb, { maxLength: 8 }),
    sequences: fc.array(sequenceArb, { maxLength: 2 }),
    locks: fc.array(lockArb, { maxLength: 2 }),
    lists: fc.array(listArb, { maxLength: 1 }),
    customRules: fc.array(customRuleArb, { maxLength: 1 }),
    prior: fc.integer({ min: 0, max: 50 }),
    rejectNeedsNamedCompromise: fc.boolean(),
    cohortAfter: durationArb,
    cohortCap: fc.integer({ min: 0, max: 400 }),
    exposure: fc
      .record({
        lookBack: durationArb,
        keepAfter: durationArb,
        untilClosed: fc.constantFrom(undefined, true, true),
        halfOpen: maybeDurationArb,
        watch: durationArb,
      })
      .map((exposure) => present<CompiledPolicy['exposure']>(exposure)),
    factorMargin: fc.constantFrom(undefined, 1000, 3 * HOUR),
    notice: fc.option(noticeArb, { nil: undefined }),
    hold: fc
      .record({
        maxHold: durationArb,
        total: maybeDurationArb,
        reviewAfter: durationArb,
        degradedHold: durationArb,
      })
      .map((hold) => present<CompiledPolicy['hold']>(hold)),
    questions: fc.array(questionArb, { maxLength: 2 }),
    tierWindow: fc.constantFrom(undefined, 7 * DAY),
  })
  .map(({ groups, prior, cohortAfter, cohortCap, factorMargin, notice, tierWindow, ...rest }) =>
    policyOf({
      ...rest,
      ...(tierWindow !== undefined && { tierWindow }),
      stepUp: {
        ...policyOf().stepUp,
        ...(factorMargin !== undefined && { factorMargin }),
        ...(notice !== undefined && { notice, channels: ['PASSKEY', 'TOTP', 'PUSH'] }),
      },
      hold: { ...rest.hold, reviewAfter: Math.max(rest.hold.reviewAfter, notice?.hold ?? 0) },
      groups: groups.map((cap, index) => ({ name: `group-${index}`, cap })),
      domainPrior: new Map([['att', prior]]),
      cohort: { ...policyOf().cohort, after: cohortAfter, cap: cohortCap, group: 0 },
    }),
  );
