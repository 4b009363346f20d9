import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VerificationKey } from '../../src/feed/jwks.js';
import { type HeldKey, RETIREMENT_GRACE_MS, takeKeys, verificationKeys } from '../../src/feed/key-set.js';
import { freshnessMs, KEY_SET_TIMES, nextLookMs, nextRetryMs } from '../../src/feed/key-set-schedule.js';
import { redirectTarget } from '../../src/feed/key-set-url.js';
import { NOW_MS } from '../identity/fixtures.js';

const DAY_MS = 86_400_000;

function key(kid: string, x = kid): VerificationKey {
  return { kid, algorithm: 'EdDSA', jwk: { kty: 'OKP', crv: 'Ed25519', x } };
}

function taken(held: readonly HeldKey[], listed: readonly VerificationKey[], now = NOW_MS) {
  const taking = takeKeys(held, listed, now);
  if (taking.kind === 'refused') throw new Error(taking.problem);
  return taking;
}

describe('a fetched key set', () => {
  test('tells what is new from what it had', () => {
    const first = taken([], [key('a')]);
    expect(first).toEqual({ kind: 'taken', hasChanged: true, held: [{ key: key('a') }] });
    expect(taken(first.held, [key('a')])).toMatchObject({ hasChanged: false });
    expect(taken(first.held, [key('a'), key('b')])).toMatchObject({ hasChanged: true });
  });

  test('a key that left counts for what came up to ten minutes after, and is forgotten after the stream', () => {
    const both = taken([], [key('a'), key('b')]).held;
    const { held, hasChanged } = taken(both, [key('b')]);
    expect(hasChanged).toBe(true);
    expect(verificationKeys(held)).toEqual([
      key('b'),
      { ...key('a'), validUntil: NOW_MS + RETIREMENT_GRACE_MS },
    ]);
    const later = taken(held, [key('b')], NOW_MS + 89 * DAY_MS);
    expect(later).toMatchObject({ hasChanged: false, held });
    expect(taken(held, [key('b')], NOW_MS + 91 * DAY_MS).held).toEqual([{ key: key('b') }]);
  });

  test('a key that comes back counts again', () => {
    const left = taken(taken([], [key('a'), key('b')]).held, [key('b')]).held;
    expect(taken(left, [key('a'), key('b')])).toMatchObject({
      hasChanged: true,
      held: [{ key: key('a') }, { key: key('b') }],
    });
  });

  test('a kid never stands for another key or algorithm while we know it', () => {
    const held = taken([], [key('a'), key('b')]).held;
    const otherAlgorithm: VerificationKey = { ...key('a'), algorithm: 'RS256' };
    expect(takeKeys(held, [key('a', 'other')], NOW_MS)).toEqual({
      kind: 'refused',
      problem: '`a` was another key before: a new key needs a new `kid`',
    });
    expect(takeKeys(held, [otherAlgorithm], NOW_MS).kind).toBe('refused');
    const left = taken(held, [key('b')]).held;
    expect(takeKeys(left, [key('a', 'other')], NOW_MS + DAY_MS).kind).toBe('refused');
    expect(takeKeys(left, [key('a', 'other')], NOW_MS + 91 * DAY_MS).kind).toBe('taken');
  });

  test('whatever sets follow each other, what is listed counts without end and memory is bounded', () => {
    const sets = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 32 }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(sets, (rounds) => {
        let held: readonly HeldKey[] = [];
        for (const [round, ids] of rounds.entries()) {
          const listed = ids.map((id) => key(`k${id}`));
          held = taken(held, listed, NOW_MS + round * DAY_MS).held;
          const current = held.filter(({ leftAt }) => leftAt === undefined).map((entry) => entry.key);
          expect(current).toEqual(listed);
          expect(held.length).toBeLessThanOrEqual(listed.length + 64);
          expect(new Set(held.map((entry) => entry.key.kid)).size).toBe(held.length);
        }
      }),
    );
  });
});

describe('when it is looked at', () => {
  const hour = 3_600_000;

  test.each([
    ['nothing said: as registered', undefined, hour, hour],
    ['fresh for longer: as registered', 24 * hour, hour, hour],
    ['fresh for less: then', 10 * 60_000, hour, 10 * 60_000],
    ['fresh for nothing: the floor', 0, hour, 60_000],
    ['a floor above what is registered', 0, 60_000, 60_000],
  ])('%s', (_, freshMs, refreshMs, expected) => {
    expect(nextLookMs(freshMs, refreshMs, KEY_SET_TIMES, 0)).toBe(expected);
    expect(nextLookMs(freshMs, refreshMs, KEY_SET_TIMES, 1)).toBe(expected * 0.9);
  });

  test('failures wait longer each time, never longer than usual', () => {
    const waits = [1, 2, 3, 4, 20, 5_000].map((failures) => nextRetryMs(failures, hour, KEY_SET_TIMES, 0));
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 900_000, 900_000]);
    expect(nextRetryMs(9, 60_000, KEY_SET_TIMES, 0)).toBe(60_000);
    expect(nextRetryMs(1, hour, KEY_SET_TIMES, 1)).toBe(2_500);
  });

  test.each([
    ['max-age=600', null, 600_000],
    ['public, max-age=600, must-revalidate', '100', 500_000],
    ['Max-Age = "60"', null, 60_000],
    ['max-age=60', '100', 0],
    ['s-maxage=60', null, undefined],
    ['no-store', null, undefined],
    ['max-age=-1', null, undefined],
    ['max-age=9999999999', null, 9_999_999_999_000],
    [null, '5', undefined],
  ])('Cache-Control %j and Age %j', (cacheControl, age, expected) => {
    expect(freshnessMs(cacheControl, age)).toBe(expected);
  });

  test.each([
    ['/new', 'https://a.example/new'],
    ['https://a.example/new?x=1', 'https://a.example/new?x=1'],
    ['https://b.example/keys', undefined],
    ['https://a.example.b.example/keys', undefined],
    ['https://a.example:8443/keys', undefined],
    ['http://a.example/keys', undefined],
    ['https://user@a.example/keys', undefined],
    ['//b.example/keys', undefined],
    ['', 'https://a.example/keys'],
  ])('redirected to %j', (location, expected) => {
    expect(redirectTarget('https://a.example/keys', location)).toBe(expected);
  });
});
