import { describe, expect, test } from 'vitest';
import { cohortPoints } from '../../src/decision/cohorts.js';
import type { MailboxView, ProviderEventRecord } from '../../src/decision/evidence.js';
import { decide } from '../../src/decision/index.js';
import type { Condition } from '../../src/decision/policy-model.js';
import {
  cohort,
  DAY,
  event,
  HOUR,
  inputOf,
  LINK,
  NOW,
  OTHER_LINK,
  policyOf,
  requestOf,
  rule,
  signal,
  viewOf,
  withSignals,
} from './fixtures.js';

const OPEN: Condition = { kind: 'exposure', open: true };
const ANY: Condition = { kind: 'exposure' };
const RESET_INSIDE: Condition = { kind: 'signal', types: ['PASSWORD_RESET'], inExposure: 'named' };

/** Codes of the rules that these mailboxes meet: OPEN, ANY and WATCH. */
function exposureOf(...mailboxes: readonly MailboxView[]): readonly string[] {
  const rules = [rule('ANY', 10, ANY), rule('OPEN', 10, OPEN), rule('WATCH', 10, { kind: 'watch' })];
  return decide(inputOf({ mailboxes }), policyOf({ rules })).reasons.map((reason) => reason.code);
}

describe('an exposure', () => {
  test.each<{ name: string; events: readonly ProviderEventRecord[]; is: readonly string[] }>([
    { name: 'credential compromise', events: [event('CREDENTIAL_COMPROMISE', DAY)], is: ['ANY', 'OPEN'] },
    { name: 'hijacking', events: [event('ACCOUNT_HIJACKED', DAY)], is: ['ANY', 'OPEN'] },
    { name: 'a recycled address', events: [event('IDENTIFIER_RECYCLED', DAY)], is: ['ANY', 'OPEN'] },
    { name: 'a disabled account', events: [event('ACCOUNT_DISABLED', DAY)], is: [] },
    {
      name: 'an app password, unauthorised',
      events: [event('APP_PASSWORD_CREATED', DAY, { unauthorised: true })],
      is: ['ANY', 'OPEN'],
    },
    { name: 'an app password', events: [event('APP_PASSWORD_CREATED', DAY)], is: ['WATCH'] },
    { name: 'an app password a fortnight ago', events: [event('APP_PASSWORD_CREATED', 14 * DAY)], is: [] },
    {
      name: 'another credential, unauthorised',
      events: [event('CREDENTIAL_CREATED', DAY, { unauthorised: true })],
      is: ['ANY', 'OPEN'],
    },
    { name: 'another credential', events: [event('CREDENTIAL_CREATED', DAY)], is: [] },
    {
      name: 're-secured afterwards',
      events: [event('CREDENTIAL_COMPROMISE', 2 * DAY), event('RESECURED', DAY, { provider: 'other' })],
      is: ['ANY'],
    },
    {
      name: 're-secured before',
      events: [event('CREDENTIAL_COMPROMISE', DAY), event('RESECURED', 2 * DAY)],
      is: ['ANY', 'OPEN'],
    },
    {
      name: 're-secured at the same moment: compromise wins',
      events: [event('CREDENTIAL_COMPROMISE', DAY), event('RESECURED', DAY)],
      is: ['ANY', 'OPEN'],
    },
    {
      name: 'password change required afterwards',
      events: [event('CREDENTIAL_COMPROMISE', 2 * DAY), event('CREDENTIAL_CHANGE_REQUIRED', DAY)],
      is: ['ANY'],
    },
    {
      name: 'enabled again by the same provider',
      events: [event('ACCOUNT_HIJACKED', 2 * DAY), event('ACCOUNT_ENABLED', DAY)],
      is: ['ANY'],
    },
    {
      name: 'enabled again by another provider',
      events: [event('ACCOUNT_HIJACKED', 2 * DAY), event('ACCOUNT_ENABLED', DAY, { provider: 'other' })],
      is: ['ANY', 'OPEN'],
    },
    {
      name: 'closed longer ago than closed ones count',
      events: [event('CREDENTIAL_COMPROMISE', 70 * DAY), event('RESECURED', 60 * DAY)],
      is: [],
    },
    {
      name: 'never closed, longer ago than open ones count',
      events: [event('CREDENTIAL_COMPROMISE', 60 * DAY)],
      is: [],
    },
    {
      name: 'app passwords revoked: no watch any more',
      events: [event('APP_PASSWORD_CREATED', 2 * DAY), event('APP_PASSWORDS_REVOKED', DAY)],
      is: [],
    },
    {
      name: 'a forced password change leaves app passwords alive',
      events: [event('APP_PASSWORD_CREATED', 2 * DAY), event('CREDENTIAL_CHANGE_REQUIRED', DAY)],
      is: ['WATCH'],
    },
  ])('$name: $is', ({ events, is }) => {
    expect(exposureOf(viewOf(events))).toEqual(is);
  });

  test('is not closed by what is said of another mailbox', () => {
    const other = viewOf([event('RESECURED', DAY)], { link: OTHER_LINK });
    expect(exposureOf(viewOf([event('CREDENTIAL_COMPROMISE', 2 * DAY)]), other)).toEqual(['ANY', 'OPEN']);
  });

  test('and a watch are not closed by what came under a guessed alias', () => {
    const records = (opening: ProviderEventRecord) => ({
      link: LINK,
      records: [
        { form: 'exact' as const, record: { events: [opening], retractions: [] } },
        {
          form: 'guessed' as const,
          record: { events: [event('RESECURED', DAY)], retractions: [] },
        },
      ],
    });
    expect(exposureOf(records(event('CREDENTIAL_COMPROMISE', 2 * DAY)))).toEqual(['ANY', 'OPEN']);
    expect(exposureOf(records(event('APP_PASSWORD_CREATED', 2 * DAY)))).toEqual(['WATCH']);
  });

  test('ends with the retraction of its event, by the provider that said it', () => {
    const said = event('CREDENTIAL_COMPROMISE', DAY);
    const view = (provider: string): MailboxView => ({
      link: LINK,
      records: [
        {
          form: 'exact',
          record: { events: [said], retractions: [{ provider, id: said.id, issuedAt: NOW - HOUR }] },
        },
      ],
    });
    expect(exposureOf(view('att'))).toEqual([]);
    expect(exposureOf(view('other'))).toEqual(['ANY', 'OPEN']);
  });

  test('does not age while it is open, and ages from its end', () => {
    const rules = [rule('EXPOSED', 100, ANY, { halfLife: DAY, window: 3 * DAY })];
    const pointsOf = (...events: ProviderEventRecord[]) =>
      decide(inputOf({ mailboxes: [viewOf(events)] }), policyOf({ rules })).reasons[0]?.points;
    expect(pointsOf(event('CREDENTIAL_COMPROMISE', 20 * DAY))).toBe(100);
    expect(pointsOf(event('CREDENTIAL_COMPROMISE', 20 * DAY), event('RESECURED', DAY))).toBe(50);
    expect(pointsOf(event('CREDENTIAL_COMPROMISE', 20 * DAY), event('RESECURED', 3 * DAY))).toBeUndefined();
  });
});

describe('a reset inside an exposure', () => {
  const inside = (resetAgo: number, events: ProviderEventRecord[], mailbox?: string): boolean => {
    const reset = signal('PASSWORD_RESET', resetAgo, mailbox === undefined ? {} : { mailbox });
    const input = withSignals(
      inputOf({ mailboxes: [viewOf(events), viewOf([], { link: OTHER_LINK })] }),
      reset,
    );
    return decide(input, policyOf({ rules: [rule('INSIDE', 10, RESET_INSIDE)] })).reasons.length > 0;
  };
  const found = (ago: number) => event('CREDENTIAL_COMPROMISE', ago, { timeIs: 'DISCOVERED' });

  test.each([
    { name: 'after it happened', resetAgo: DAY, events: [event('CREDENTIAL_COMPROMISE', 2 * DAY)], is: true },
    {
      name: 'before it happened',
      resetAgo: 3 * DAY,
      events: [event('CREDENTIAL_COMPROMISE', 2 * DAY)],
      is: false,
    },
    { name: 'before it was discovered', resetAgo: 31 * DAY, events: [found(2 * DAY)], is: true },
    { name: 'long before it was discovered', resetAgo: 33 * DAY, events: [found(2 * DAY)], is: false },
    {
      name: 'at the moment of its end',
      resetAgo: DAY,
      events: [found(5 * DAY), event('RESECURED', DAY)],
      is: true,
    },
    {
      name: 'after its end',
      resetAgo: DAY - 1,
      events: [found(5 * DAY), event('RESECURED', DAY)],
      is: false,
    },
    {
      name: 'inside a closed one',
      resetAgo: 3 * DAY,
      events: [found(5 * DAY), event('RESECURED', DAY)],
      is: true,
    },
  ])('$name: $is', ({ resetAgo, events, is }) => {
    expect(inside(resetAgo, events)).toBe(is);
  });

  test('counts by the mailbox that the link went to; any of the account if unknown', () => {
    const events = [event('CREDENTIAL_COMPROMISE', 2 * DAY)];
    expect(inside(DAY, events, 'mailbox-1')).toBe(true);
    expect(inside(DAY, events, 'pair-1')).toBe(true);
    expect(inside(DAY, events, 'mailbox-2')).toBe(false);
    expect(inside(DAY, events, undefined)).toBe(true);
  });

  test('under a guessed alias alone asks for a step-up at most', () => {
    const reset = signal('PASSWORD_RESET', DAY);
    const rules = [rule('INSIDE', 900, RESET_INSIDE, { source: 'PROVIDER' })];
    const input = (form: 'exact' | 'guessed') =>
      withSignals(
        inputOf({ mailboxes: [viewOf([event('CREDENTIAL_COMPROMISE', 2 * DAY)], { form })] }),
        reset,
      );
    expect(decide(input('guessed'), policyOf({ rules })).decision).toBe('STEP_UP');
    expect(decide(input('exact'), policyOf({ rules })).decision).toBe('REJECT');
  });
});

describe('a report by the customer', () => {
  test('exposes the mailbox it names, from before', () => {
    const rules = [rule('INSIDE', 10, RESET_INSIDE)];
    const input = (mailbox: string) =>
      withSignals(
        inputOf({ mailboxes: [viewOf(), viewOf([], { link: OTHER_LINK })] }),
        signal('EMAIL_REPORTED_COMPROMISED', DAY, { mailbox }),
        signal('PASSWORD_RESET', 10 * DAY, { mailbox: 'mailbox-1' }),
      );
    expect(decide(input('mailbox-1'), policyOf({ rules })).reasons).toHaveLength(1);
    expect(decide(input('mailbox-2'), policyOf({ rules })).reasons).toHaveLength(0);
    expect(decide(input('mailbox-unknown'), policyOf({ rules })).reasons).toHaveLength(0);
  });

  test('that names none exposes all, even of an account without a known mailbox', () => {
    const report = signal('EMAIL_REPORTED_COMPROMISED', DAY);
    for (const mailboxes of [[], [viewOf()], [viewOf(), viewOf([], { link: OTHER_LINK })]]) {
      const verdict = decide(
        withSignals(inputOf({ mailboxes }), report),
        policyOf({ rules: [rule('OPEN', 10, OPEN)] }),
      );
      expect(verdict.untrustedChannels).toEqual(['EMAIL']);
      expect(verdict.reasons).toMatchObject([{ code: 'OPEN' }]);
    }
  });

  test('is closed by securing the mailbox, not by enabling it', () => {
    const report = signal('EMAIL_REPORTED_COMPROMISED', 2 * DAY);
    const input = (type: 'RESECURED' | 'ACCOUNT_ENABLED') =>
      withSignals(inputOf({ mailboxes: [viewOf([event(type, DAY)])] }), report);
    expect(decide(input('ACCOUNT_ENABLED'), policyOf()).untrustedChannels).toEqual(['EMAIL']);
    expect(decide(input('RESECURED'), policyOf()).untrustedChannels).toEqual([]);
  });
});

describe('a cohort', () => {
  const policy = policyOf({
    rules: [rule('OPEN', 10, { kind: 'cohort', open: true }), rule('ANY', 10, { kind: 'cohort' })],
  });
  const codes = (overrides: Parameters<typeof cohort>[0]) =>
    decide(inputOf({ cohorts: [cohort(overrides)] }), policy).reasons.map((reason) => reason.code);

  test.each([
    { name: 'open', overrides: {}, is: ['COHORT', 'ANY', 'OPEN'] },
    { name: 'open at its last moment', overrides: { to: NOW }, is: ['COHORT', 'ANY', 'OPEN'] },
    { name: 'ended', overrides: { to: NOW - 1 }, is: ['COHORT', 'ANY'] },
    { name: 'ended as long ago as it counts', overrides: { to: NOW - 30 * DAY }, is: ['COHORT', 'ANY'] },
    { name: 'ended longer ago', overrides: { to: NOW - 30 * DAY - 1 }, is: [] },
    { name: 'of another domain', overrides: { domains: ['elsewhere.example'] }, is: [] },
    { name: 'taken back', overrides: { retracted: true }, is: [] },
  ])('$name: $is', ({ overrides, is }) => {
    expect(codes(overrides)).toEqual(is);
  });

  test('gives log-odds points of share and confidence against the base rate', () => {
    // odds 0.02/0.98 against 0.0001/0.9999: a ratio of 204, 7.67 doublings of 5 points each.
    expect(cohortPoints(cohort({ share: 0.02 }), policyOf({ cohort: { ...policy.cohort, cap: 999 } }))).toBe(
      384,
    );
    expect(cohortPoints(cohort({ share: 0.02, confidence: 0.5 }), policy)).toBe(300);
    expect(cohortPoints(cohort({ share: 0.0002 }), policy)).toBe(50);
    expect(cohortPoints(cohort({ share: 0.00005 }), policy)).toBe(0);
    expect(cohortPoints(cohort({ share: 1 }), policy)).toBe(300);
    const { share: _, ...unknownShare } = cohort();
    expect(cohortPoints(unknownShare, policyOf({ cohort: { ...policy.cohort, cap: 999 } }))).toBe(333);
    expect(cohortPoints(cohort(), policyOf({ cohort: { ...policy.cohort, baseRate: 0 } }))).toBe(300);
  });

  test('the strongest of several counts, and names its provider', () => {
    const cohorts = [cohort({ share: 0.0002 }), cohort({ id: 'cohort-2', provider: 'other', share: 0.0004 })];
    expect(decide(inputOf({ cohorts }), policyOf()).reasons).toMatchObject([
      { points: 100, provider: 'other' },
    ]);
  });

  test('a reset in its window is told from one before it', () => {
    const rules = [rule('INSIDE', 10, { kind: 'signal', types: ['PASSWORD_RESET'], inExposure: 'cohort' })];
    const inside = (ago: number, mailbox: string) =>
      decide(
        withSignals(
          inputOf({
            cohorts: [cohort({ share: 0 })],
            mailboxes: [viewOf(), viewOf([], { link: OTHER_LINK })],
          }),
          signal('PASSWORD_RESET', ago, { mailbox }),
        ),
        policyOf({ rules }),
      ).reasons.length > 0;
    expect(inside(5 * DAY, 'mailbox-1')).toBe(true);
    expect(inside(11 * DAY, 'mailbox-1')).toBe(false);
    expect(inside(5 * DAY, 'mailbox-2')).toBe(false);
  });
});

describe('untrusted channels', () => {
  test.each([
    {
      name: 'an open exposure',
      input: inputOf({ mailboxes: [viewOf([event('ACCOUNT_HIJACKED', DAY)])] }),
      are: ['EMAIL'],
    },
    {
      name: 'an open exposure under a guessed alias',
      input: inputOf({ mailboxes: [viewOf([event('ACCOUNT_HIJACKED', DAY)], { form: 'guessed' })] }),
      are: ['EMAIL'],
    },
    {
      name: 'of an older mailbox than the one named now',
      input: inputOf({
        request: requestOf({ mailbox: 'mailbox-2' }),
        mailboxes: [viewOf([], { link: OTHER_LINK }), viewOf([event('ACCOUNT_HIJACKED', DAY)])],
      }),
      are: ['EMAIL'],
    },
    { name: 'an open cohort', input: inputOf({ cohorts: [cohort()] }), are: ['EMAIL'] },
    { name: 'an ended cohort', input: inputOf({ cohorts: [cohort({ to: NOW - 1 })] }), are: [] },
    {
      name: 'a SIM change',
      input: withSignals(inputOf(), signal('SIM_CHANGED', 7 * DAY - 1)),
      are: ['SMS', 'VOICE'],
    },
    { name: 'an old SIM change', input: withSignals(inputOf(), signal('SIM_CHANGED', 7 * DAY)), are: [] },
    {
      name: 'both',
      input: withSignals(inputOf({ cohorts: [cohort()] }), signal('PHONE_CHANGED', DAY)),
      are: ['EMAIL', 'SMS', 'VOICE'],
    },
  ])('$name: $are', ({ input, are }) => {
    expect(decide(input, policyOf()).untrustedChannels).toEqual(are);
  });
});

describe('an exposure until somebody closes it', () => {
  const policy = policyOf({
    rules: [
      rule('ANY', 100, ANY, { halfLife: 30 * DAY }),
      rule('OPEN', 100, OPEN, { halfLife: 30 * DAY }),
      rule('HALF_OPEN', 100, { kind: 'exposure', halfOpen: true }),
      rule('INSIDE', 10, RESET_INSIDE),
      rule('INSIDE_HALF_OPEN', 10, { kind: 'signal', types: ['PASSWORD_RESET'], inExposure: 'halfOpen' }),
      rule('SECURED', 10, { kind: 'event', types: ['RESECURED'], afterExposure: true }),
    ],
    exposure: {
      lookBack: 30 * DAY,
      keepAfter: 20 * DAY,
      watch: 14 * DAY,
      untilClosed: true,
      halfOpen: 10 * DAY,
    },
  });
  const told = (...events: readonly ProviderEventRecord[]) => {
    const { reasons, untrustedChannels } = decide(inputOf({ mailboxes: [viewOf(events)] }), policy);
    const shown = reasons.map(({ code, points }) => `${code} ${points}`).sort();
    return untrustedChannels.length > 0 ? [...shown, 'EMAIL'] : shown;
  };
  const said = (ago: number) => ({ issuedAt: NOW - ago, receivedAt: NOW - ago });

  test('is as young as its last saying, however long ago it began', () => {
    const young = ['ANY 100', 'OPEN 100', 'EMAIL'];
    expect(told(event('CREDENTIAL_COMPROMISE', 399 * DAY, said(HOUR)))).toEqual(young);
    expect(told(event('CREDENTIAL_COMPROMISE', 399 * DAY, said(20 * DAY)))).toEqual(young);
    const old = event('CREDENTIAL_COMPROMISE', 399 * DAY, said(50 * DAY));
    expect(told(old)).toEqual(['ANY 50', 'OPEN 50', 'EMAIL']);
    expect(told(old, event('CREDENTIAL_COMPROMISE', 399 * DAY, said(HOUR)))).toEqual(young);
    // Neither side's slow clock makes old news of it.
    const received = { issuedAt: NOW - 300 * DAY, receivedAt: NOW - HOUR };
    expect(told(event('CREDENTIAL_COMPROMISE', 399 * DAY, received))).toEqual(young);
    const issued = { issuedAt: NOW - HOUR, receivedAt: NOW - 300 * DAY };
    expect(told(event('CREDENTIAL_COMPROMISE', 399 * DAY, issued))).toEqual(young);
  });

  test('of a recycled address does not age, and nothing closes it', () => {
    const recycled = event('IDENTIFIER_RECYCLED', 399 * DAY);
    expect(told(recycled)).toEqual(['ANY 100', 'OPEN 100', 'EMAIL']);
    expect(told(recycled, event('CREDENTIAL_CHANGE_REQUIRED', 9 * DAY))).toEqual([
      'ANY 100',
      'OPEN 100',
      'EMAIL',
    ]);
    expect(told(recycled, event('RESECURED', DAY))).toEqual(['ANY 100', 'OPEN 100', 'SECURED 10', 'EMAIL']);
  });

  test.each(['CREDENTIAL_CHANGE_REQUIRED', 'APP_PASSWORDS_REVOKED', 'ACCOUNT_ENABLED'] as const)(
    'is half open for a while after %s',
    (type) => {
      const named = event('CREDENTIAL_COMPROMISE', 15 * DAY);
      expect(told(named, event(type, 10 * DAY - 1))).toEqual(['ANY 100', 'HALF_OPEN 100', 'EMAIL']);
      expect(told(named, event(type, 10 * DAY))).toEqual(['ANY 100']);
      // Nobody could ask before it was said.
      const late = event('CREDENTIAL_COMPROMISE', 90 * DAY, said(HOUR));
      expect(told(late, event(type, 60 * DAY))).toEqual(['ANY 100', 'HALF_OPEN 100', 'EMAIL']);
      expect(told(named, event(type, 9 * DAY), event('RESECURED', DAY))).toEqual(['ANY 98', 'SECURED 10']);
    },
  );

  test('is not closed by a recovery', () => {
    const named = event('CREDENTIAL_COMPROMISE', 5 * DAY);
    for (const type of ['RECOVERY_ACTIVATED', 'RECOVERY_INFORMATION_CHANGED'] as const) {
      expect(told(named, event(type, DAY))).toEqual(['ANY 100', 'OPEN 100', 'EMAIL']);
    }
  });

  test('gives what happened inside it for good, apart by its parts', () => {
    const inside = (resetAgo: number, ...events: readonly ProviderEventRecord[]) => {
      const reset = signal('PASSWORD_RESET', resetAgo, { mailbox: 'mailbox-1' });
      const { reasons } = decide(withSignals(inputOf({ mailboxes: [viewOf(events)] }), reset), policy);
      return reasons.map(({ code }) => code).filter((code) => code.startsWith('INSIDE'));
    };
    const named = event('CREDENTIAL_COMPROMISE', 150 * DAY);
    expect(inside(HOUR, named)).toEqual(['INSIDE']);
    const forced = event('CREDENTIAL_CHANGE_REQUIRED', 100 * DAY);
    expect(inside(100 * DAY, named, forced)).toEqual(['INSIDE']);
    expect(inside(100 * DAY - 1, named, forced)).toEqual(['INSIDE_HALF_OPEN']);
    expect(inside(90 * DAY, named, forced)).toEqual(['INSIDE_HALF_OPEN']);
    expect(inside(90 * DAY - 1, named, forced)).toEqual([]);
  });

  test('an incident that is told late counts from its telling', () => {
    const points = (issuedAgo: number, untilClosed: boolean) => {
      const over = cohort({ from: NOW - 90 * DAY, to: NOW - 60 * DAY, issuedAt: NOW - issuedAgo });
      const { cohort: counted, exposure } = policyOf();
      const late = policyOf({
        cohort: { ...counted, after: 30 * DAY },
        exposure: { ...exposure, untilClosed },
      });
      return decide(inputOf({ cohorts: [over] }), late).reasons.length;
    };
    expect([points(30 * DAY - 1, true), points(30 * DAY, true)]).toEqual([1, 0]);
    expect(points(HOUR, false)).toBe(0);
  });

  test('a closing says nothing where no trouble was known before it', () => {
    expect(told(event('RESECURED', DAY))).toEqual([]);
    expect(told(event('RESECURED', DAY), event('CREDENTIAL_COMPROMISE', HOUR))).not.toContain('SECURED 10');
    const incident = inputOf({
      mailboxes: [viewOf([event('RESECURED', DAY)])],
      cohorts: [cohort({ share: 0 })],
    });
    expect(decide(incident, policy).reasons).toMatchObject([{ code: 'SECURED' }]);
  });
});
