import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type ProviderLimits } from '../../../src/feed/governor/limits.js';
import { describeProblem } from '../../../src/feed/registry.js';
import { readRegistryDocument } from '../../../src/feed/registry-document.js';

const HOUR_MS = 3_600_000;

function read(lines: string) {
  return readRegistryDocument(
    `providers:
  - id: att
    issuer: https://mail.att.example
    operator: att
    keys: { jwks_file: att.jwks.json }
    subjects: [email]
${lines}`,
    'providers.yaml',
  );
}

function limits(lines: string): ProviderLimits | undefined {
  const { declarations, problems } = read(lines);
  expect(problems.map(describeProblem)).toEqual([]);
  return declarations[0]?.limits;
}

function problems(lines: string): readonly string[] {
  return read(lines).problems.map(({ message }) => message);
}

describe("limits of a provider's word in the registry", () => {
  test('are the defaults where nothing is written', () => {
    expect(limits('')).toEqual(DEFAULT_LIMITS);
  });

  test('are by default what the documentation says', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/feeds.md'), 'utf8');
    const [, lines = ''] = / {4}# \.\.\.\n([^`]*) {4}cohorts: none/.exec(text) ?? [];
    expect(lines).toContain('mailbox_quota');
    expect(limits(lines)).toEqual(DEFAULT_LIMITS);
  });

  test('are read, and what is left out of a governor is as by default', () => {
    expect(
      limits(`    governor: { window_hours: 12, max_accounts: 300, max_value: "2500000.5" }
    cohort_governor: { max_accounts: 50 }
    max_decision: hold
    mailbox_quota: 20000
`),
    ).toEqual({
      governor: { windowMs: 12 * HOUR_MS, maxAccounts: 300, maxValue: 250_000_050 },
      cohortGovernor: { ...DEFAULT_LIMITS.cohortGovernor, maxAccounts: 50 },
      maxDecision: 'HOLD',
      mailboxQuota: 20_000,
    });
  });

  test.each([
    ['governor: { window_hours: 0 }', '`window_hours` must be a number from 1 to 168'],
    ['governor: { window_hours: 169 }', '`window_hours` must be a number from 1 to 168'],
    ['governor: { max_accounts: 0 }', '`max_accounts` must be a number from 1 to 1000000'],
    ['governor: { max_accounts: 1.5 }', '`max_accounts` must be a whole number from 1 to 1000000'],
    ['governor: { max_value: 5 }', '`max_value` must be text'],
    [
      'governor: { max_value: "5.001" }',
      '`max_value` must be an amount in quotes, with at most two decimals, e.g. "2500000.00"',
    ],
    ['governor: 5', '`governor` must be a mapping'],
    ['cohort_governor: { accounts: 5 }', 'unknown field `accounts`'],
    ['max_decision: allow', '`max_decision` must be one of step_up, hold, reject'],
    ['mailbox_quota: -1', '`mailbox_quota` must be a number from 0 to 100000000'],
  ])('%s is refused, with field and rule', (line, message) => {
    expect(problems(`    ${line}\n`)).toEqual([message]);
  });
});
