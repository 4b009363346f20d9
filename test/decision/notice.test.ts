import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput, NoticeFacts } from '../../src/decision/input.js';
import type { CompiledPolicy, NoticeRule } from '../../src/decision/policy-model.js';
import type { Verdict } from '../../src/decision/verdict.js';
import { type Channel, sternnessOf } from '../../src/decision/vocabulary.js';
import { adverseItemArb, inputArb, withAdverse } from './arbitraries.js';
import { DAY, HOUR, inputOf, MINUTE, NOW, policyOf, rule, signal, withSignals } from './fixtures.js';
import { noticeArb, policyArb } from './policy-arbitraries.js';
import { decide as decideSlowly } from './reference/decide.js';
import { explain as explainSlowly } from './reference/explain.js';

const NOTICE: NoticeRule = {
  channels: ['EMAIL'],
  hold: DAY,
  unless: ['MFA_RESET', 'MFA_DISABLED', 'PHONE_CHANGED', 'EMAIL_CHANGED'],
  window: 30 * DAY,
};

const POLICY = policyOf({
  rules: [
    rule('NEW_DEVICE', 350, { kind: 'signal', types: ['NEW_DEVICE'] }),
    rule('NEW_LOCATION', 250, { kind: 'signal', types: ['NEW_LOCATION'] }),
  ],
  stepUp: { channels: ['TOTP', 'SMS'], verifiedWithin: 15 * MINUTE, notice: NOTICE },
  hold: { maxHold: 6 * HOUR, reviewAfter: DAY, degradedHold: HOUR },
});

const MAILBOX_ONLY = [{ channel: 'EMAIL' as const, enrolledAt: NOW - 400 * DAY }];

interface Asked {
  readonly heldSince?: number;
  readonly notices?: readonly NoticeFacts[];
  readonly factors?: AssessmentInput['request']['factors'];
  readonly signals?: AssessmentInput['account']['signals'];
}

/** A customer with the mailbox alone, asked because of a new device. */
function asked({ heldSince, notices, factors = MAILBOX_ONLY, signals = [] }: Asked = {}): AssessmentInput {
  const input = withSignals(inputOf(), signal('NEW_DEVICE', HOUR), ...signals);
  const { request, ledger } = input;
  const holds = heldSince === undefined ? [] : [{ withdrawal: request.withdrawal, firstHeldAt: heldSince }];
  return {
    ...input,
    request: { ...request, value: 10_000, factors, ...(notices !== undefined && { notices }) },
    ledger: { ...ledger, holds },
  };
}

function withoutMailbox(input: AssessmentInput): AssessmentInput {
  const { mailbox: _mailbox, ...request } = input.request;
  return { ...input, request };
}

function told(sentAt: number, channel: Channel = 'EMAIL'): NoticeFacts[] {
  return [{ channel, sentAt }];
}

function answer(input: AssessmentInput, policy: CompiledPolicy = POLICY) {
  const verdict = decide(input, policy);
  const { holdUntil, release, releaseConditions } = explain(input, policy, verdict);
  return {
    decision: verdict.decision,
    release,
    holdUntil,
    kinds: releaseConditions.map(({ kind }) => kind),
    channels: verdict.noticeChannels,
    codes: verdict.reasons.filter(({ points }) => points === 0).map(({ code }) => code),
  };
}

describe('a question to a customer without a factor that could answer it', () => {
  test('waits for a person, and the answer says over which channel he may be told', () => {
    expect(answer(asked())).toMatchObject({
      decision: 'HOLD',
      release: 'PERSON',
      channels: ['EMAIL'],
      kinds: expect.arrayContaining(['NOTIFY', 'REVIEW']),
      codes: ['NO_ACCEPTABLE_CHANNEL'],
    });
  });

  test('told, it waits for his objection, by itself and to the second', () => {
    const sentAt = NOW - 2 * HOUR;
    expect(answer(asked({ heldSince: NOW - 3 * HOUR, notices: told(sentAt) }))).toMatchObject({
      decision: 'HOLD',
      release: 'AUTOMATIC',
      holdUntil: sentAt + DAY,
      kinds: expect.arrayContaining(['WAIT']),
      codes: ['NOTICE_SENT'],
    });
    const served = asked({ heldSince: NOW - 25 * HOUR, notices: told(NOW - DAY) });
    expect(answer(served)).toMatchObject({ decision: 'ALLOW', codes: ['NOTICE_UNOPPOSED'] });
    expect(answer({ ...served, now: NOW - 1 }).decision).toBe('HOLD');
  });

  test('told, he has his time though nothing need be asked any more', () => {
    const sentAt = NOW - 2 * HOUR;
    const input = asked({ heldSince: NOW - 3 * HOUR, notices: told(sentAt) });
    const faded = { ...input, account: { ...input.account, signals: [] } };
    expect(answer(faded)).toMatchObject({
      decision: 'HOLD',
      release: 'AUTOMATIC',
      holdUntil: sentAt + DAY,
      codes: ['NOTICE_SENT'],
    });
    expect(answer({ ...faded, now: sentAt + DAY }).decision).toBe('ALLOW');
    const answering = [...MAILBOX_ONLY, { channel: 'TOTP' as const, enrolledAt: NOW - 400 * DAY }];
    expect(answer({ ...faded, request: { ...faded.request, factors: answering } }).decision).toBe('ALLOW');
  });

  test('a clock that is minutes behind ours ends nothing early', () => {
    const heldSince = NOW - DAY + 2 * MINUTE;
    const notices = told(heldSince - 3 * MINUTE);
    expect(answer(asked({ heldSince, notices }))).toMatchObject({ holdUntil: heldSince + DAY });
  });

  const heldSince = NOW - 30 * HOUR;
  const notices = told(NOW - 29 * HOUR);
  const person = { decision: 'HOLD', release: 'PERSON' };

  test.each<[string, AssessmentInput]>([
    ['never held before', asked({ notices })],
    ['the notice is older than the hold', asked({ heldSince, notices: told(heldSince - HOUR) })],
    ['the notice went over another channel', asked({ heldSince, notices: told(NOW - 29 * HOUR, 'SMS') })],
    [
      'a factor was lost',
      asked({ heldSince, notices, signals: [signal('MFA_RESET', 29 * DAY, { channel: 'SUPPORT' })] }),
    ],
    [
      'the mailbox is younger than the trouble',
      asked({ heldSince, notices, factors: [{ channel: 'EMAIL', enrolledAt: NOW }] }),
    ],
    ['nobody knows how old the mailbox is', asked({ heldSince, notices, factors: [{ channel: 'EMAIL' }] })],
    [
      'a reset went through the mailbox',
      asked({
        heldSince,
        notices,
        signals: [signal('PASSWORD_RESET', 20 * DAY, { channel: 'EMAIL' })],
      }),
    ],
    [
      'a reset went nobody knows where',
      asked({ heldSince, notices, signals: [signal('PASSWORD_RESET', 20 * DAY)] }),
    ],
    [
      'he could answer, over a factor too young',
      asked({ heldSince, notices, factors: [...MAILBOX_ONLY, { channel: 'TOTP', enrolledAt: NOW }] }),
    ],
    ['we do not know the mailbox', withoutMailbox(asked({ heldSince, notices }))],
    [
      'the feed is not current',
      { ...asked({ heldSince, notices }), feeds: [{ provider: 'att', state: 'SILENT' }] },
    ],
    ['more than a question', asked({ heldSince, notices, signals: [signal('NEW_LOCATION', HOUR)] })],
  ])('a person decides: %s', (_name, input) => {
    expect(answer(input)).toMatchObject(person);
  });

  test('a reset by another way leaves the mailbox alone', () => {
    const signals = [signal('PASSWORD_RESET', 20 * DAY, { channel: 'SUPPORT' })];
    expect(answer(asked({ heldSince, notices, signals })).decision).toBe('ALLOW');
  });

  test('without the setting a person decides, as before it was there', () => {
    const { notice: _notice, ...stepUp } = POLICY.stepUp;
    const result = answer(asked({ heldSince, notices }), { ...POLICY, stepUp });
    expect(result).toMatchObject({ ...person, channels: undefined });
    expect(result.kinds).not.toContain('NOTIFY');
  });
});

/** Customers with old mailboxes and phones alone, little evidence, a hold and notices of it: what the wait is for. */
const quietArb: fc.Arbitrary<AssessmentInput> = fc
  .record({
    input: inputArb,
    kept: fc.nat(3),
    factors: fc.subarray<Channel>(['EMAIL', 'SMS', 'VOICE'], { minLength: 1 }),
    heldFor: fc.constantFrom(HOUR, 30 * HOUR, 80 * HOUR),
    notices: fc.array(
      fc.record({
        channel: fc.constantFrom<Channel>('EMAIL', 'SMS'),
        sentAt: fc.integer({ min: 0, max: 100 * HOUR }).map((ago) => NOW - ago),
      }),
      { maxLength: 2 },
    ),
    quiet: fc.boolean(),
  })
  .map(({ input, kept, factors, heldFor, notices, quiet }) => ({
    ...input,
    account: { ...input.account, signals: input.account.signals.slice(0, kept) },
    mailboxes: quiet ? input.mailboxes.map((view) => ({ ...view, records: [] })) : input.mailboxes,
    cohorts: quiet ? [] : input.cohorts,
    feeds: quiet ? [] : input.feeds,
    behind: false,
    request: {
      ...input.request,
      factors: factors.map((channel) => ({ channel, enrolledAt: NOW - 300 * DAY })),
      ...(notices.length > 0 && { notices }),
    },
    ledger: {
      ...input.ledger,
      holds: [{ withdrawal: input.request.withdrawal, firstHeldAt: NOW - heldFor }],
      releases: [],
    },
  }));

/** Policies that ask about nearly everything and hold little. */
const askingArb: fc.Arbitrary<CompiledPolicy> = fc
  .record({ policy: policyArb, notice: noticeArb })
  .map(({ policy, notice }) => {
    const [first, ...rest] = policy.tiers;
    const asking = <T extends { readonly stepUp: number; readonly hold: number; readonly reject: number }>(
      tier: T,
    ): T => ({ ...tier, stepUp: 1, hold: 600, reject: 900 });
    return {
      ...policy,
      locks: policy.locks.slice(0, 1),
      lists: [],
      tiers: [asking(first), ...rest.map(asking)],
      stepUp: { ...policy.stepUp, channels: ['PASSKEY', 'TOTP', 'PUSH'], notice },
      hold: { ...policy.hold, reviewAfter: Math.max(policy.hold.reviewAfter, notice.hold) },
    };
  });

function holdUntilOf(input: AssessmentInput, policy: CompiledPolicy, verdict: Verdict): number {
  if (verdict.decision === 'REJECT') return Number.POSITIVE_INFINITY;
  return explain(input, policy, verdict).holdUntil ?? Number.NEGATIVE_INFINITY;
}

describe('the wait for an objection', () => {
  test('comes up often enough among these inputs to be tried', () => {
    const codes = fc
      .sample(fc.tuple(quietArb, askingArb), { numRuns: 2_000, seed: 7 })
      .flatMap(([input, policy]) => decide(input, policy).reasons.map(({ code }) => code));
    expect(codes.filter((code) => code === 'NOTICE_SENT').length).toBeGreaterThan(20);
    expect(codes.filter((code) => code === 'NOTICE_UNOPPOSED').length).toBeGreaterThan(20);
  });

  test('I4: more adverse evidence never makes it milder or shorter', () => {
    fc.assert(
      fc.property(quietArb, adverseItemArb, askingArb, (input, item, policy) => {
        const more = withAdverse(input, item);
        const before = decide(input, policy);
        const after = decide(more, policy);
        expect(sternnessOf(after.decision)).toBeGreaterThanOrEqual(sternnessOf(before.decision));
        expect(holdUntilOf(more, policy, after)).toBeGreaterThanOrEqual(holdUntilOf(input, policy, before));
      }),
      { numRuns: 3_000 },
    );
  });

  test('I9: it ends at hold_until, and not a second before', () => {
    fc.assert(
      fc.property(quietArb, askingArb, (input, policy) => {
        const verdict = decide(input, policy);
        fc.pre(verdict.decision === 'HOLD');
        const { holdUntil, release } = explain(input, policy, verdict);
        fc.pre(release === 'AUTOMATIC' && holdUntil !== undefined);
        const at = (now: number) => decide({ ...input, now }, policy).decision;
        expect(at(holdUntil ?? 0)).not.toBe('HOLD');
        expect(sternnessOf(at((holdUntil ?? 0) - 1000))).toBeGreaterThanOrEqual(sternnessOf('HOLD'));
      }),
      { numRuns: 1_500 },
    );
  });

  test('is what the plain method says', () => {
    fc.assert(
      fc.property(quietArb, askingArb, (input, policy) => {
        const verdict = decide(input, policy);
        const slow = decideSlowly(input, policy);
        expect(verdict).toEqual(slow);
        expect(explain(input, policy, verdict)).toEqual(explainSlowly(input, policy, slow));
      }),
      { numRuns: 1_500 },
    );
  });
});
