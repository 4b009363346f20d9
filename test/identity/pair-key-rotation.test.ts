import { describe, expect, test } from 'vitest';
import { opaqueSubjectOf, withPairKeys } from '../../src/identity/index.js';
import type { HmacKey } from '../../src/identity/keyring.js';
import {
  decodePairKeyTimes,
  encodePairKeyTimes,
  observePairKeys,
} from '../../src/identity/pair-key-overlap.js';
import { addressOf, KEYRING, NOW_MS, pairKey, pseudonymsOf } from './fixtures.js';

const DAY_MS = 86_400_000;
const k1 = pairKey('k1', 21);
const k2 = pairKey('k2', 22);
const k3 = pairKey('k3', 23);

const live = (...keys: HmacKey[]) => new Map([['att-feed', keys]]);

describe('aliases while pair keys rotate', () => {
  test('a mailbox has one under each live key, and subjects under each name it', () => {
    const names = pseudonymsOf(withPairKeys(KEYRING, live(k2, k1)));
    const address = addressOf('joe@att.net');
    const { aliases } = names.mailbox(address, NOW_MS);
    const pairAliases = aliases.filter(({ form }) => form === 'pair').map(({ alias }) => alias);
    expect(pairAliases.map((alias) => alias.split(':').slice(0, 3).join(':'))).toEqual([
      'p:att-feed:k2',
      'p:att-feed:k1',
    ]);
    for (const [index, key] of [k2, k1].entries()) {
      expect(names.subjectAlias('att-feed', opaqueSubjectOf(key, address))).toEqual({
        kind: 'alias',
        alias: pairAliases[index],
      });
    }
  });

  test('what is computed after a change knows the keys of after the change', () => {
    const names = pseudonymsOf(withPairKeys(KEYRING, live(k1)));
    const address = addressOf('joe@att.net');
    expect(names.mailbox(address, NOW_MS).aliases).toHaveLength(2);
    names.update(withPairKeys(KEYRING, live(k2)), names.directory);
    expect(names.mailbox(address, NOW_MS).aliases.map(({ alias }) => alias)).toContainEqual(
      expect.stringMatching(/^p:att-feed:k2:/),
    );
    expect(names.subjectAlias('att-feed', opaqueSubjectOf(k1, address))).toEqual({
      kind: 'refused',
      cause: 'unknown-key',
    });
  });
});

describe('the overlap of pair keys', () => {
  const start = observePairKeys(new Map(), live(k1), NOW_MS);

  test('the first look says nothing, and the same again changes nothing', () => {
    expect(start).toMatchObject({ hasChanged: true, droppedEarly: [] });
    expect(observePairKeys(start.times, live(k1), NOW_MS + DAY_MS)).toMatchObject({
      hasChanged: false,
      droppedEarly: [],
    });
  });

  test('an old key may go 30 days after the new one came, not before', () => {
    const both = observePairKeys(start.times, live(k2, k1), NOW_MS + 100 * DAY_MS);
    expect(both.droppedEarly).toEqual([]);
    const early = observePairKeys(both.times, live(k2), NOW_MS + 129 * DAY_MS);
    expect(early.droppedEarly).toEqual([{ provider: 'att-feed', keyId: 'k1', overlapMs: 29 * DAY_MS }]);
    const due = observePairKeys(both.times, live(k2), NOW_MS + 130 * DAY_MS);
    expect(due).toMatchObject({ hasChanged: true, droppedEarly: [] });
    const onward = observePairKeys(both.times, live(k3, k2), NOW_MS + 130 * DAY_MS);
    expect(onward.droppedEarly).toEqual([]);
  });

  test('a key that is replaced at once, also under its own id, is told', () => {
    const replaced = observePairKeys(start.times, live(k2), NOW_MS + 100 * DAY_MS);
    expect(replaced.droppedEarly).toEqual([{ provider: 'att-feed', keyId: 'k1', overlapMs: 0 }]);
    const otherSecret = observePairKeys(start.times, live(pairKey('k1', 99)), NOW_MS + 100 * DAY_MS);
    expect(otherSecret.droppedEarly).toEqual([{ provider: 'att-feed', keyId: 'k1', overlapMs: 0 }]);
  });

  test('a new key that is taken back, and a provider that leaves, are no loss', () => {
    const both = observePairKeys(start.times, live(k2, k1), NOW_MS + 100 * DAY_MS);
    expect(observePairKeys(both.times, live(k1), NOW_MS + 101 * DAY_MS).droppedEarly).toEqual([]);
    expect(observePairKeys(both.times, new Map(), NOW_MS + 101 * DAY_MS)).toMatchObject({
      hasChanged: true,
      droppedEarly: [],
    });
  });

  test('is remembered without the keys, and what cannot be read is forgotten', () => {
    const bytes = encodePairKeyTimes(start.times);
    expect(decodePairKeyTimes(bytes)).toEqual(start.times);
    const text = Buffer.from(bytes).toString('utf8');
    expect(text).not.toContain(k1.secret.export().toString('base64url'));
    for (const unreadable of [undefined, Buffer.from('x'), Buffer.from('[]'), Buffer.from('{"att":3}')]) {
      expect(decodePairKeyTimes(unreadable).size).toBe(0);
    }
    expect(decodePairKeyTimes(Buffer.from('{"att":{"k1:x":"soon"}}')).get('att')?.size).toBe(0);
  });
});
