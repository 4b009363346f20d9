import { describe, expect, test } from 'vitest';
import { formerMatches, mayBeTrusted, withKnownBefore } from '../../src/decision/destinations.js';
import type { LedgerRecord, ReleaseRecord, UseRecord } from '../../src/decision/evidence.js';
import { decide } from '../../src/decision/index.js';
import type { AssessmentInput, DestinationFacts } from '../../src/decision/input.js';
import { knownSince } from '../../src/decision/locks.js';
import { shortName } from '../../src/decision/short-name.js';
import { destinationUse } from '../../src/decision/uses.js';
import { evolveHolds } from '../../src/evidence/evolve-holds.js';
import { evolveUses } from '../../src/evidence/evolve-uses.js';
import {
  DAY,
  HOUR,
  inputOf,
  lock,
  NOW,
  policyOf,
  requestOf,
  signal,
  thiefRequest,
  withSignals,
} from './fixtures.js';

const OLD = 'former-name-of-the-text';
const EMPTY: LedgerRecord = { spends: [], holds: [], releases: [] };

/** As it is known now: with every name. */
function place(changes: Partial<DestinationFacts> = {}): DestinationFacts {
  return {
    id: 'the-place-itself',
    accountId: 'the-account',
    trustId: 'the-place-on-its-network',
    formerId: OLD,
    suffix: 'wxyz',
    network: 'ripple',
    tag: 'VALUE',
    addedAt: NOW - 200 * DAY,
    ...changes,
  };
}

/** The same without what trust needs. */
function untold(changes: Partial<DestinationFacts> = {}): DestinationFacts {
  const { trustId: _, ...rest } = place({ tag: 'NOT_TOLD', ...changes });
  return rest;
}

const USED: LedgerRecord = {
  ...EMPTY,
  uses: [{ tag: `a${shortName(OLD)}`, first: (NOW - 90 * DAY) / 60_000, last: NOW / DAY - 30 }],
};

describe('what the exchange says for a destination', () => {
  test('counts where it may be trusted, and in records of before', () => {
    expect(knownSince(place())).toBe(NOW - 200 * DAY);
    expect(knownSince({ id: OLD, suffix: '', network: 'ripple', addedAt: NOW - DAY })).toBe(NOW - DAY);
    expect(knownSince(untold())).toBeUndefined();
  });

  const READ_SINCE = NOW - 30 * DAY;
  const known = (destination: DestinationFacts, readSince: number | undefined = READ_SINCE, now = NOW) =>
    mayBeTrusted(withKnownBefore(requestOf({ destination }), readSince, now).destination);

  test('goes on where it was known before places were read, and nothing is told that the text did not say', () => {
    expect(known(untold())).toBe(true);
    expect(known(untold({ doubt: 'NETWORK_UNKNOWN' }))).toBe(true);
    expect(known(untold({ addedAt: NOW - DAY, firstUsedAt: READ_SINCE - 1 }))).toBe(true);
    expect(known(untold({ addedAt: READ_SINCE }))).toBe(false);
    expect(known(untold({ doubt: 'TAG_CONFLICT' }))).toBe(false);
    expect(known(untold({ doubt: 'TAG_UNREADABLE', tag: 'VALUE' }))).toBe(false);
  });

  test('goes on for 180 days, and not at all where places always were read', () => {
    const old = untold({ addedAt: NOW - 400 * DAY });
    expect(known(old, NOW - 180 * DAY + 1)).toBe(true);
    expect(known(old, NOW - 180 * DAY)).toBe(false);
    expect(withKnownBefore(requestOf({ destination: old }), undefined, NOW).destination).toEqual(old);
  });

  test('an exchange that tells no time loses nothing by it: nobody can say that it is new', () => {
    const { addedAt: _, ...allowlisted } = untold({ allowlisted: true });
    expect(known(allowlisted)).toBe(true);
  });
});

describe('records of before', () => {
  const held = {
    withdrawal: 'digest-w-1',
    firstHeldAt: NOW - HOUR,
    destination: OLD,
    asset: 'BTC',
    amount: '0.5',
  };
  const answer = (destination: DestinationFacts) =>
    ({
      kind: 'answer',
      request: requestOf({ destination }),
      at: NOW,
      decision: 'HOLD',
      degraded: false,
    }) as const;

  test('a hold that is asked for again belongs to the place, once and for all', () => {
    const holds = evolveHolds([held], answer(place()));
    expect(holds).toEqual([{ ...held, destination: place().id }]);
    const [restarted] = evolveHolds(holds, answer(place({ id: 'another-tag' })));
    expect(restarted).toMatchObject({ firstHeldAt: NOW, destination: 'another-tag' });
  });

  test('a release lets the same text go, and no other', () => {
    const release: ReleaseRecord = {
      withdrawal: 'digest-w-1',
      destination: OLD,
      ceiling: 0,
      releasedAt: NOW - HOUR,
      asset: 'BTC',
      amount: '0.5',
    };
    const policy = policyOf({ locks: [lock('LOCK_RESET', { window: 5 * DAY })] });
    const asked = (formerId: string): AssessmentInput => {
      const { addedAt: _, ...destination } = place({ formerId });
      const input = inputOf({ request: thiefRequest({ destination }) });
      return withSignals(
        { ...input, ledger: { ...input.ledger, releases: [release] } },
        { ...signal('PASSWORD_RESET', 2 * DAY), receivedAt: NOW - 2 * DAY },
      );
    };
    expect(decide(asked('another-text'), policy).decision).toBe('HOLD');
    expect(decide(asked(OLD), policy).decision).not.toBe('HOLD');
  });

  test('a first use is one of the place from its next use on', () => {
    const request = requestOf({ destination: place() });
    const uses = evolveUses(USED.uses, {
      kind: 'answer',
      request,
      at: NOW,
      decision: 'ALLOW',
      degraded: false,
    });
    const first = (NOW - 90 * DAY) / 60_000;
    expect(destinationUse(USED.uses, request)?.first).toBe(first);
    expect(uses?.find(({ tag }) => tag === `a${shortName(place().id)}`)?.first).toBe(first);
    // What it was known by ages: it was not used again by that name.
    expect(uses?.find(({ tag }) => tag === `a${shortName(OLD)}`)?.last).toBe(NOW / DAY - 30);
  });

  test('give their room to places: paying goes on without new ones, whatever the number', () => {
    const ADDRESSES = 10;
    const request = (index: number) =>
      requestOf({ destination: place({ id: `place-${index}`, formerId: `text-${index}` }) });
    const first = (NOW - 90 * DAY) / 60_000;
    let uses: readonly UseRecord[] | undefined = Array.from({ length: ADDRESSES }, (_, index) => ({
      tag: `a${shortName(`text-${index}`)}`,
      first,
      last: NOW / DAY - 7,
    }));
    for (let week = 0; week < 40; week++) {
      for (let index = 0; index < ADDRESSES; index++) {
        const at = NOW + week * 7 * DAY;
        uses = evolveUses(uses, {
          kind: 'answer',
          request: request(index),
          at,
          decision: 'ALLOW',
          degraded: false,
        });
        expect(destinationUse(uses, request(index))?.first).toBe(first);
      }
    }
    expect(uses?.filter(({ tag }) => tag.startsWith('a'))).toHaveLength(12);
  });

  test('are told apart from those that name the place', () => {
    const withLedger = (ledger: LedgerRecord) => ({
      ...inputOf({ request: requestOf({ destination: place() }) }),
      ledger,
    });
    expect(formerMatches(withLedger({ ...USED, holds: [held] }))).toEqual(['hold', 'use']);
    expect(formerMatches(withLedger({ ...EMPTY, holds: [{ ...held, destination: place().id }] }))).toEqual(
      [],
    );
  });
});
