import { describe, expect, it } from 'vitest';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CustomRule } from '../../src/decision/policy-model.js';
import { READ_FACT } from '../../src/policy/cel/facts.js';
import { FIELDS, LISTS } from '../../src/policy/cel/fields.js';
import { problemsOf, readChanged } from './small-policy.js';

const NOW = Date.UTC(2026, 4, 4, 23, 30);
const HOUR_MS = 3_600_000;

const INPUT: AssessmentInput = {
  now: NOW,
  request: {
    withdrawalId: 'w',
    withdrawal: 'this',
    accountId: 'a',
    asset: 'BTC',
    amount: '1',
    value: 150_050,
    destination: {
      id: 'd',
      suffix: 'dest',
      network: 'bitcoin',
      addedAt: NOW - 5 * HOUR_MS,
      allowlisted: true,
    },
    country: 'PT',
    accountOpenedAt: NOW - 1000 * HOUR_MS,
    factors: [{ channel: 'TOTP', verifiedAt: NOW - 120_000 }],
  },
  account: {
    signals: [
      {
        type: 'PASSWORD_RESET',
        id: 's1',
        digest: '1',
        occurredAt: NOW - 2 * HOUR_MS,
        receivedAt: NOW,
        channel: 'SMS',
      },
      { type: 'NEW_DEVICE', id: 's2', digest: '2', occurredAt: NOW - HOUR_MS, receivedAt: NOW },
    ],
    loginFailures: [{ hour: Math.floor(NOW / HOUR_MS), ids: [1, 2, 3] }],
    mailboxes: [],
  },
  ledger: {
    spends: [
      {
        withdrawal: 'other',
        minute: Math.floor(NOW / 60_000) - 10,
        value: 5_000,
        counted: true,
        degraded: false,
      },
      {
        withdrawal: 'held',
        minute: Math.floor(NOW / 60_000) - 10,
        value: 9_000,
        counted: false,
        degraded: false,
      },
      {
        withdrawal: 'this',
        minute: Math.floor(NOW / 60_000) - 10,
        value: 9_000,
        counted: true,
        degraded: false,
      },
      {
        withdrawal: 'old',
        minute: Math.floor(NOW / 60_000) - 1441,
        value: 9_000,
        counted: true,
        degraded: false,
      },
    ],
    holds: [],
    releases: [],
  },
  mailboxes: [
    {
      link: { alias: 'm', aliases: [], domain: 'att.net', operator: 'att', lastUsedAt: NOW },
      records: [
        {
          form: 'exact',
          record: {
            events: ['kept', 'retracted'].map((id) => ({
              type: id === 'kept' ? ('RISK_HIGH' as const) : ('ACCOUNT_HIJACKED' as const),
              provider: 'att',
              id,
              occurredAt: NOW - 3 * HOUR_MS,
              issuedAt: NOW,
              receivedAt: NOW,
              timeIs: 'OCCURRED' as const,
              unauthorised: false,
              confidence: 0.8,
            })),
            retractions: [{ provider: 'att', id: 'retracted', issuedAt: NOW }],
          },
        },
      ],
    },
  ],
  cohorts: [
    {
      id: 'c',
      provider: 'att',
      domains: ['att.net'],
      mechanism: 'keys',
      from: NOW - 9 * HOUR_MS,
      confidence: 1,
      issuedAt: NOW,
      retracted: false,
    },
  ],
  feeds: [],
  behind: false,
};

function readRule(expression: string, points = 5): ReturnType<typeof readChanged> {
  return readChanged(
    'expression: request.value > 100\n    points: 5',
    `expression: ${JSON.stringify(expression)}\n    points: ${points}`,
  );
}

function rule(expression: string): CustomRule {
  const result = readRule(expression);
  const [first] = result.kind === 'valid' ? result.policy.customRules : [];
  if (first === undefined) throw new Error(JSON.stringify(problemsOf(result)));
  return first;
}

describe('a custom rule', () => {
  it.each([
    ['request.value == 1500.5', true],
    ['request.value >= 1500 && request.value < 1501', true],
    ['request.country in ["PT", "ES"]', true],
    ['!(request.asset in ["ETH"])', true],
    ['request.asset.startsWith("BT") && request.asset.endsWith("C") && request.asset.contains("T")', true],
    ['request.asset.matches("^B.C$")', true],
    ['request.hour_utc == 23', true],
    ['destination.age_hours < 24 && destination.allowlisted', true],
    ['has(request.balance_share)', false],
    ['has(request.value) && !has(device.age_hours)', true],
    ['account.age_hours / 2 - 1 > 400 ? destination.network == "bitcoin" : false', true],
    ['velocity.count == 2', undefined],
    ['velocity.count >= 2 && velocity.count >= 1', true],
    ['velocity.value > 1550', true],
    ['velocity.value > 1551', false],
    ['login_failures.last_hour >= 3 && login_failures.last_day + 1 > 3', true],
    ['signals.exists(s, s.type == "PASSWORD_RESET" && s.channel == "SMS" && s.age_hours < 3)', true],
    ['signals.exists(s, s.type == "NEW_DEVICE" && s.channel != "")', false],
    ['events.exists(e, e.type == "RISK_HIGH" && e.confidence > 0.7 && !e.unauthorised)', true],
    ['events.exists(e, e.type == "ACCOUNT_HIJACKED")', false],
    ['cohorts.exists(c, c.open && c.mechanism == "keys")', true],
    [
      'mailboxes.exists(m, m.operator == "att") && factors.exists(f, f.verified_minutes >= 0 && f.verified_minutes < 15)',
      true,
    ],
  ])('%s', (expression, expected) => {
    if (expected === undefined) expect(readRule(expression).kind).toBe('invalid');
    else expect(rule(expression).test(INPUT)).toBe(expected);
  });

  it('fails when it needs a fact that is absent, and only then', () => {
    expect(rule('request.balance_share > 0.5').test(INPUT)).toBeUndefined();
    expect(rule('request.balance_share > 0.5 || request.value > 1').test(INPUT)).toBe(true);
    expect(rule('request.balance_share > 0.5 && request.value < 1').test(INPUT)).toBe(false);
    expect(rule('device.age_hours < 5').test(INPUT)).toBeUndefined();
  });

  it('comes from the evidence that it looks at', () => {
    expect(rule('request.value > 1').source).toBe('REQUEST');
    expect(rule('signals.exists(s, s.type == "NEW_DEVICE")').source).toBe('SIGNAL');
    expect(rule('cohorts.exists(c, c.open) && request.value > 1').source).toBe('COHORT');
    expect(rule('events.exists(e, true) || signals.exists(s, true)').source).toBe('PROVIDER');
  });
});

describe('an expression is refused', () => {
  it.each([
    ['an unknown field', 'request.amount > 5', /no field `request.amount`/],
    ['an unknown field of an element', 'signals.exists(s, s.kind == "X")', /no field `s.kind`/],
    ['a number as a rule', 'request.value', /is a number: a rule must be true or false/],
    ['a text beside a number', 'request.value > "5"', /is a text where a number is needed/],
    ['two kinds compared', 'request.country == 5', /is a number where a text is needed/],
    ['a list of another kind', 'request.value in ["5"]', /is a text in a list for a number/],
    ['a list alone', 'signals == signals', /is a list/],
    ['another macro', 'signals.all(s, s.age_hours > 5)', /only `exists` is/],
    ['exists inside exists', 'signals.exists(s, events.exists(e, true))', /inside another/],
    ['an unknown list', 'things.exists(t, true)', /no such list/],
    ['a pattern from data', 'request.asset.matches(request.country)', /must not come from data/],
    ['a function', 'size(request.asset) > 2', /`size` is not allowed/],
    ['a map', '{"a": 1}.a == 1', /only fields|maps/],
    ['evidence negated', '!signals.exists(s, s.type == "X")', /negation/],
    ['evidence compared downwards', 'velocity.count < 3', /only be compared upwards/],
    ['evidence on the wrong side', '3 > velocity.count', /only be compared upwards/],
    ['evidence as a condition', 'cohorts.exists(c, true) ? false : true', /negation/],
    ['too many parts', Array.from({ length: 40 }, () => '1>0').join('||'), /more than 100 parts/],
    ['a slip of the pen', 'request.value >', /not a CEL expression/],
    ['nothing but a macro name', 'has(velocity.count)', /compared, not asked for/],
  ])('%s', (_name, expression, message) => {
    const problems = problemsOf(readRule(expression));
    const [problem] = problems.filter((one) => message.test(one.message));
    expect(problem, JSON.stringify(problems)).toMatchObject({ path: 'custom_rules[0].expression', line: 53 });
  });

  it('at the line and column of the mistake, also in a folded text', () => {
    const folded = readChanged(
      'expression: request.value > 100',
      'expression: >-\n      request.value > 100\n      && request.vale > 5',
    );
    expect(problemsOf(folded)).toMatchObject([{ line: 53 }]);
    const plain = readChanged('request.value > 100', 'request.value > 100 && request.vale > 5');
    expect(problemsOf(plain)).toMatchObject([
      { line: 53, column: 17 + 'request.value > 100 && '.length + 'request'.length },
    ]);
  });

  it('when evidence would earn trust', () => {
    const problems = problemsOf(readRule('signals.exists(s, s.type == "MFA_ENROLLED")', -5));
    expect(problems).toMatchObject([{ path: 'custom_rules[0].points', message: /earns no trust/ }]);
  });
});

describe('the list of fields', () => {
  it('and the readers of facts name the same things', () => {
    expect(Object.keys(READ_FACT).sort()).toEqual([...Object.keys(FIELDS), ...Object.keys(LISTS)].sort());
  });
});
