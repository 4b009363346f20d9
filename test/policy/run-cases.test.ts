import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CaseReport, formatCaseReport, readCases, runCases } from '../../src/policy/cases/index.js';
import { readPolicy } from '../../src/policy/index.js';
import { TEST_IDENTITY } from './case-identity.js';

const DEFAULT = readFileSync(new URL('../../policies/default.yaml', import.meta.url), 'utf8');

function casesText(cases: string): string {
  return `suite: A suite\npolicy: default\nnow: 2026-05-04T09:00:00Z\nrequest: { value: 500, email: joe@att.net }\ncases:\n${cases}`;
}

function run(cases: string, expectationsOf?: string): CaseReport {
  const file = readCases(casesText(cases));
  if (file.kind === 'invalid') throw new Error(JSON.stringify(file.problems));
  const policy = readPolicy(DEFAULT, { pseudonyms: TEST_IDENTITY });
  if (policy.kind === 'invalid') throw new Error(JSON.stringify(policy.problems));
  const options = { identity: TEST_IDENTITY, ...(expectationsOf !== undefined && { expectationsOf }) };
  return runCases([{ file: 'cases.yaml', document: file.document }], policy.policy, options);
}

describe('runCases', () => {
  it('passes a case whose expectations come true', () => {
    const report = run(
      '  - { name: a, description: b, expect: { decision: ALLOW, tier: small, release_conditions: [] } }',
    );
    expect(report).toMatchObject({ policy: 'default', passed: 1, failed: 0, notExpected: 0 });
    expect(formatCaseReport(report)).toBe('policy default: 1 passed, 0 failed');
  });

  it('shows every difference, and the reasons that came, most points first', () => {
    const report = run(`  - name: a
    description: b
    request: { destination: { added: -90d, first_used: -90d } }
    signals: [{ type: PASSWORD_RESET, at: -1h, channel: EMAIL }]
    expect:
      decision: HOLD
      score: [90, 100]
      level: HIGH
      tier: large
      reasons: [MAILBOX_EXPOSED]
      not_reasons: [PASSWORD_RESET]
      hold_until: +2h
      hold_within: [1h, 3h]
      release: PERSON
      untrusted_channels: [EMAIL]
      acceptable_channels: [TOTP]
      degradations: [FEED_STALE]
      degraded_allow: true
      release_conditions: [WAIT]`);
    const [result] = report.results;
    const differences = result?.kind === 'failed' ? result.differences : [];
    expect(differences.map((one) => one.what)).toEqual([
      'decision',
      'level',
      'tier',
      'score',
      'reasons',
      'not_reasons',
      'hold_until',
      'hold_within',
      'release',
      'untrusted_channels',
      'acceptable_channels',
      'degradations',
      'degraded_allow',
      'release_conditions',
    ]);
    const text = formatCaseReport(report);
    expect(text).toContain('FAIL cases.yaml: a');
    expect(text).toContain('decision: expected HOLD, came ALLOW');
    expect(text).toMatch(/PASSWORD_RESET +19\.9\n +PASSWORD_RESET_BY_EMAIL +8\.0/);
  });

  it('runs a case under the expectations of another policy when asked to', () => {
    const cases = '  - { name: a, description: b, expect_under: { mine: { decision: ALLOW } } }';
    expect(run(cases)).toMatchObject({ passed: 0, failed: 0, notExpected: 1 });
    expect(formatCaseReport(run(cases))).toContain('1 say nothing of this policy');
    expect(run(cases, 'mine')).toMatchObject({ passed: 1, failed: 0, notExpected: 0 });
  });

  it('goes on after a case that cannot be run', () => {
    const report =
      run(`  - { name: a, description: b, request: { email: nobody }, expect: { decision: ALLOW } }
  - { name: c, description: d, now: 2026-02-31T25:00:00Z, expect: { decision: ALLOW } }
  - { name: e, description: f, now: -1d, expect: { decision: ALLOW } }`);
    expect(report).toMatchObject({ passed: 1, failed: 2 });
    expect(formatCaseReport(report)).toContain('cannot be run: `2026-02-31T25:00:00Z` is not a time');
  });

  it('gives the same report each time', () => {
    const cases =
      '  - { name: a, description: b, signals: [{ type: MFA_RESET, at: -1h }], expect: { decision: HOLD } }';
    expect(run(cases)).toEqual(run(cases));
  });
});

describe('readCases', () => {
  it.each([
    [
      'an unknown key',
      '  - { name: a, description: b, expct: { decision: ALLOW } }',
      /did you mean `expect`/,
      6,
    ],
    ['nothing expected', '  - { name: a, description: b }', /expects nothing/, 6],
    [
      'a name twice',
      '  - { name: a, description: b, expect: { decision: ALLOW } }\n  - { name: a, description: b, expect: { decision: ALLOW } }',
      /comes twice/,
      7,
    ],
    [
      'an event about nobody',
      '  - name: a\n    description: b\n    provider_events: [{ type: RISK_HIGH, provider: att, email: x@att.net, at: -1h }]\n    expect: { decision: ALLOW }',
      /no mailbox of this account/,
      8,
    ],
    [
      'a time that is none',
      '  - name: a\n    description: b\n    signals: [{ type: MFA_RESET, at: yesterday }]\n    expect: { decision: ALLOW }',
      /-2h/,
      8,
    ],
  ])('refuses %s with its place', (_name, cases, message, line) => {
    const result = readCases(casesText(cases));
    const problems = result.kind === 'invalid' ? result.problems : [];
    const [problem] = problems.filter((one) => message.test(one.message));
    expect(problem, JSON.stringify(problems)).toMatchObject({ line });
  });

  it('refuses what is no YAML', () => {
    expect(readCases('a: [').kind).toBe('invalid');
  });
});
