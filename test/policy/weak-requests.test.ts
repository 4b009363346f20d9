import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decision/decide.js';
import { FACT_NAMES, isGiven, missingFacts } from '../../src/decision/facts-given.js';
import type { AssessmentInput, RequestFacts } from '../../src/decision/input.js';
import { buildInput } from '../../src/policy/cases/build-input.js';
import { readCases } from '../../src/policy/cases/index.js';
import { readPolicy } from '../../src/policy/index.js';
import { TEST_IDENTITY } from './case-identity.js';
import { problemsOf, SMALL_POLICY } from './small-policy.js';

const POLICIES = new URL('../../policies/', import.meta.url);
const HOUR_MS = 3_600_000;

function defaultPolicy() {
  const text = readFileSync(new URL('default.yaml', POLICIES), 'utf8');
  const read = readPolicy(text, { pseudonyms: TEST_IDENTITY });
  if (read.kind === 'invalid') throw new Error(JSON.stringify(read.problems));
  return read.policy;
}

const policy = defaultPolicy();

/** A customer of whom everything is known and nothing speaks against. */
const quiet: AssessmentInput = {
  now: Date.UTC(2026, 4, 4),
  request: {
    withdrawalId: 'w',
    withdrawal: 'w',
    accountId: 'a',
    asset: 'BTC',
    amount: '1',
    value: 1_000_000,
    destination: { id: 'd', suffix: 'dest', network: 'bitcoin', addedAt: Date.UTC(2020, 0, 1) },
    balanceShare: 0.01,
    deviceFirstSeenAt: Date.UTC(2020, 0, 1),
    factors: [{ channel: 'TOTP', enrolledAt: Date.UTC(2020, 0, 1) }],
  },
  account: { signals: [], loginFailures: [], mailboxes: [] },
  ledger: { spends: [], holds: [], releases: [] },
  mailboxes: [],
  cohorts: [],
  feeds: [],
  behind: false,
};

/** All that a weak integration leaves out. */
function withoutFacts(request: RequestFacts): RequestFacts {
  const { balanceShare: _share, deviceFirstSeenAt: _device, factors: _factors, ...rest } = request;
  const { addedAt: _added, firstUsedAt: _used, ...destination } = rest.destination;
  return { ...rest, destination };
}

/** Every input of the packaged cases, now and as asked two days later. */
const inputs = readdirSync(new URL('cases/', POLICIES))
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => {
    const read = readCases(readFileSync(new URL(`cases/${file}`, POLICIES), 'utf8'));
    if (read.kind === 'invalid') throw new Error(file);
    const { document } = read;
    return document.cases.flatMap((one): readonly (readonly [string, AssessmentInput])[] => {
      const input = buildInput(document, one, TEST_IDENTITY);
      return [
        [`${document.suite}: ${one.name}`, input],
        [`${document.suite}: ${one.name}, 49 h later`, { ...input, now: input.now + 49 * HOUR_MS }],
      ];
    });
  });

describe('I7 leaving facts out earns nothing', () => {
  const held = inputs.filter(([, input]) => ['HOLD', 'REJECT'].includes(decide(input, policy).decision));

  it('is tried on many shapes', () => {
    expect(held.length).toBeGreaterThan(60);
  });

  it.each(held)('%s: held with all facts, so not allowed without them', (_name, input) => {
    const weak = { ...input, request: withoutFacts(input.request) };
    expect(decide(weak, policy).decision).not.toBe('ALLOW');
  });
});

describe('what a tier requires', () => {
  it('is asked for at large amounts, whatever the score, and only when it is missing', () => {
    expect(decide(quiet, policy)).toMatchObject({ decision: 'ALLOW', tier: 'large', score: 0 });
    const { balanceShare: _share, ...request } = quiet.request;
    const verdict = decide({ ...quiet, request }, policy);
    expect(verdict).toMatchObject({ decision: 'STEP_UP', score: 0, level: 'LOW' });
    expect(verdict.reasons[0]).toMatchObject({
      code: 'REQUIRED_FACTS_MISSING',
      points: 0,
      source: 'DEGRADED',
    });
    expect(verdict.missingFacts).toContain('balance_share');
  });

  it('is settled by a confirmation, like any question', () => {
    const { balanceShare: _share, ...request } = quiet.request;
    const factors = [{ channel: 'TOTP' as const, enrolledAt: 1, verifiedAt: quiet.now }];
    expect(decide({ ...quiet, request: { ...request, factors } }, policy).decision).toBe('ALLOW');
  });

  it('is not asked for below the score that the tier names', () => {
    const request = withoutFacts({ ...quiet.request, value: 100 });
    expect(decide({ ...quiet, request }, policy).decision).toBe('ALLOW');
  });
});

describe('how complete a request is', () => {
  it('is told by field, in the order of the list', () => {
    const request = withoutFacts(quiet.request);
    const missing = missingFacts(request);
    expect(missing).toEqual(FACT_NAMES.filter((fact) => !isGiven(request, fact)));
    expect(missing).toEqual(
      expect.arrayContaining(['balance_share', 'destination.added_at', 'session.factors']),
    );
  });

  it('factors without a time of enrolment are factors that nobody can rely on', () => {
    const factors = [{ channel: 'TOTP' as const }];
    const request = { ...quiet.request, factors };
    expect(isGiven(request, 'session.factors')).toBe(true);
    expect(isGiven(request, 'session.factors.enrolled_at')).toBe(false);
  });
});

describe('a policy that requires facts', () => {
  const SMALL = 'hourly_allow: 500 }';
  const LARGE = 'hourly_allow: 0 }';
  const SHARE = '\n    require: { facts: [balance_share], step_up: 5 }';

  function problems(ofSmall: string, ofLarge: string) {
    const text = SMALL_POLICY.replace(SMALL, SMALL + ofSmall).replace(LARGE, LARGE + ofLarge);
    return problemsOf(readPolicy(text, { pseudonyms: TEST_IDENTITY })).map(({ message }) => message);
  }

  it.each([
    ['a fact that is none', '', SHARE.replace('balance_share', 'share'), /`share` is not one of/],
    ['a score that asks anyway', '', SHARE.replace('5', '10'), /does nothing/],
    ['nothing for more money', SHARE, '', /requires less than for smaller amounts: `balance_share`/],
    ['another fact for more money', SHARE, SHARE.replace('balance_share', 'email'), /requires less/],
    ['a milder question for more money', SHARE, SHARE.replace('5', '6'), /is milder than for smaller/],
  ])('is refused for %s', (_name, ofSmall, ofLarge, message) => {
    expect(problems(ofSmall, ofLarge)).toEqual([expect.stringMatching(message)]);
  });

  it('may require the same, more and more sternly for more money', () => {
    expect(problems(SHARE, SHARE)).toEqual([]);
    expect(problems('', SHARE.replace('5', '0'))).toEqual([]);
    expect(problems(SHARE, SHARE.replace('balance_share', 'email, balance_share'))).toEqual([]);
  });
});
