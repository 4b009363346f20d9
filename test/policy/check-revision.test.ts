import { describe, expect, test } from 'vitest';
import { checkRevision } from '../../src/policy/cases/index.js';
import { type CaseText, policyHash } from '../../src/policy/index.js';
import { TEST_IDENTITY } from './case-identity.js';
import { SMALL_POLICY } from './small-policy.js';

function cases(policy: string, decision: string, name = 'file.yaml'): CaseText {
  const text = `
suite: A suite
policy: ${policy}
now: 2026-05-04T09:00:00Z
cases:
  - name: nothing speaks against it
    description: Goes.
    request: { email: joe@example.org, value: 50, balance_share: 0.1 }
    expect: { decision: ${decision} }
`;
  return { name, text };
}

function check(text: string, own: readonly CaseText[] = [], packaged: readonly CaseText[] = []) {
  return checkRevision(text, own, {
    identity: TEST_IDENTITY,
    packaged: () => packaged,
    nextTurn: () => Promise.resolve(),
  });
}

describe('a revision', () => {
  test('is checked with its own cases, whatever comes with the package', async () => {
    const result = await check(
      SMALL_POLICY,
      [cases('small-policy', 'ALLOW')],
      [cases('small-policy', 'HOLD')],
    );
    expect(result).toEqual({
      kind: 'valid',
      hash: policyHash(SMALL_POLICY),
      report: { passedCount: 1, failures: [] },
    });
  });

  test('without own cases is checked with the packaged ones that speak of its name', async () => {
    const packaged = [
      cases('small-policy', 'HOLD', 'ours.yaml'),
      cases('small-policy-2', 'HOLD', 'others.yaml'),
    ];
    expect(await check(SMALL_POLICY, [], packaged)).toMatchObject({
      report: {
        passedCount: 0,
        failures: [
          {
            file: 'ours.yaml',
            suite: 'A suite',
            name: 'nothing speaks against it',
            cause: 'decision: expected HOLD, came ALLOW',
          },
        ],
      },
    });
  });

  test('with no cases at all has nothing to pass', async () => {
    expect(await check(SMALL_POLICY)).toMatchObject({ report: { passedCount: 0, failures: [] } });
  });

  test('with mistakes is told all of them, its cases are then not looked at', async () => {
    const text = SMALL_POLICY.replace('hold: 30', 'hold: many').replace('max: 72h', 'max: soon');
    const result = await check(text, [{ name: 'broken.yaml', text: 'x' }]);
    const paths = result.kind === 'invalid' ? result.problems.map(({ path }) => path) : [];
    expect(paths).toEqual(['tiers[0].hold', 'hold.max']);
  });

  test('with case files that are broken or speak of others is refused, file by file', async () => {
    const own = [{ name: 'broken.yaml', text: 'suite: 1' }, cases('another', 'ALLOW', 'others.yaml')];
    const result = await check(SMALL_POLICY, own);
    const files = result.kind === 'invalid' ? result.problems.map((one) => 'file' in one && one.file) : [];
    expect(new Set(files)).toEqual(new Set(['broken.yaml', 'others.yaml']));
  });
});
