import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import { canonicalText, policyHash } from '../../src/policy/index.js';
import { formatDuration, readDuration, readMoney, readPoints } from '../../src/policy/text/quantities.js';
import { problemsOf, readChanged } from './small-policy.js';

function compiled(piece = 'small-policy', instead = piece): CompiledPolicy {
  const result = readChanged(piece, instead);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(problemsOf(result)));
  return result.policy;
}

const LISTED = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';

describe('the compiled policy', () => {
  it('has points in tenths, times in milliseconds and money in minor units', () => {
    const policy = compiled();
    expect(policy.rules[0]).toMatchObject({
      code: 'RESET',
      points: 300,
      halfLife: 7 * 86_400_000,
      window: 14 * 86_400_000,
      group: 0,
      source: 'SIGNAL',
      aloneAtMostStepUp: false,
    });
    expect(policy.tiers[0]).toMatchObject({ below: 100_000, stepUp: 200, hold: 300, reject: 400 });
    expect(policy.tiers[1]).not.toHaveProperty('below');
    expect(policy.groups).toEqual([{ name: 'access', cap: 350 }]);
    expect(policy.trustFloor).toBe(-150);
  });

  it.each([
    ['{ event: [RISK_HIGH] }', 'PROVIDER'],
    ['{ exposure: any }', 'PROVIDER'],
    ['{ watch: any }', 'PROVIDER'],
    ['{ cohort: open }', 'COHORT'],
    ['{ login_failures: { at_least: 3, within: 1h } }', 'SIGNAL'],
    ['{ balance_share: { at_least: 0.5 } }', 'REQUEST'],
    ['{ withdrawals_in_24h: { at_least: 3 } }', 'REQUEST'],
  ])('takes the source of a reason from its condition: %s', (when, source) => {
    const policy = compiled(
      'when: { signal: [PASSWORD_RESET] }\n    points: 30',
      `when: ${when}\n    points: 30`,
    );
    expect(policy.rules[0]?.source).toBe(source);
  });

  it('gives customers a text that names neither rule nor provider', () => {
    const policy = compiled();
    for (const text of [...policy.rules, ...policy.locks, ...policy.lists, ...policy.customRules]) {
      expect(text.customerSummary).not.toBe('');
      expect(text.customerSummary.toLowerCase()).not.toMatch(/provider|incident|rule|score|lock|att|mailbox/);
    }
  });

  it.each([
    ['mailbox', 'Joe@Att.net', 'm:joe@att.net'],
    ['mailbox', 'hmac:m:k1:AbC', 'm:k1:AbC'],
    ['device', 'laptop', 'dev:laptop'],
    ['domain', 'ATT.net', 'att.net'],
    ['account', 'account-7', 'account-7'],
    ['country', 'PT', 'PT'],
  ])('pseudonymises lists on %s', (on, value, key) => {
    expect(listKeys(on, '{ deny: REJECT }', `{ value: "${value}"`)).toEqual([key]);
  });

  it('denies a destination also where the request does not say its network', () => {
    expect(
      listKeys(
        'destination',
        '{ deny: REJECT }',
        '{ value: "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"',
      ),
    ).toEqual([
      expect.stringMatching(/^place:bitcoin:/),
      expect.stringMatching(/^place-account:bitcoin:/),
      `destination:bitcoin:${LISTED}`,
      `destination::${LISTED}`,
    ]);
  });

  it('trusts a destination on its own network only', () => {
    const entry =
      '{ expires_at: 2027-01-01T00:00:00Z, value: "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"';
    expect(listKeys('destination', '{ trust: -5 }', entry)).toEqual([
      expect.stringMatching(/^place-on-network:bitcoin:bitcoin:/),
      // What a request is known by that was recorded before places were read.
      `destination:bitcoin:${LISTED}`,
    ]);
  });

  function listKeys(on: string, effect: string, entry: string): readonly string[] | false {
    const changed = readChanged(
      'on: destination\n    effect: { deny: REJECT }\n    summary: Stolen.\n    entries: [{ value: "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"',
      `on: ${on}\n    effect: ${effect}\n    summary: Stolen.\n    entries: [${entry}`,
    );
    return changed.kind === 'valid' && [...(changed.policy.lists[0]?.entries.keys() ?? [])];
  }
});

describe('the hash', () => {
  it('is the same for texts that differ in line ends and trailing blanks only', () => {
    const line = fc.stringMatching(/^[a-z:# ]{0,20}$/);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const unix = lines.join('\n');
        const windows = `\uFEFF${lines.map((one) => `${one} \t`).join('\r\n')}\r\n\r\n`;
        expect(policyHash(windows)).toBe(policyHash(unix));
        expect(canonicalText(canonicalText(unix))).toBe(canonicalText(unix));
      }),
    );
  });

  it('differs for texts that differ in a character', () => {
    expect(policyHash('a: 1')).not.toBe(policyHash('a: 2'));
    expect(policyHash('a: 1')).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('quantities', () => {
  it('read what they write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), (seconds) => {
        expect(readDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });

  it('keep money exact to the last minor unit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_999_999_999_999 }),
        fc.integer({ min: 0, max: 99 }),
        (whole, cents) => {
          expect(readMoney(`${whole}.${String(cents).padStart(2, '0')}`)).toBe(whole * 100 + cents);
        },
      ),
    );
    expect(readMoney('1.5')).toBe(150);
    expect(readMoney('1.555')).toBeUndefined();
  });

  it('keep points exact to the tenth', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), (tenths) => {
        expect(readPoints(tenths / 10)).toBe(tenths);
      }),
    );
    expect(readPoints(0.25)).toBeUndefined();
  });
});
