import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Quarantine as Rows } from '../../src/evidence/quarantine.js';
import { ParkedRetry } from '../../src/feed/parked-retry.js';
import { Parking, UNREGISTERED } from '../../src/feed/parking.js';
import {
  messageDigest,
  Quarantine,
  type QuarantinedMessage,
  quarantineId,
} from '../../src/feed/quarantine.js';
import type { RefusalReason } from '../../src/feed/refusal.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { NOW_MS } from '../identity/fixtures.js';
import { bytesOf } from './fixtures.js';

function waiting(
  sequence: number,
  {
    provider = 'att',
    reason = 'KEY_UNKNOWN' as RefusalReason,
    text = `message ${sequence}`,
    created = 'monday',
  } = {},
): QuarantinedMessage {
  const digest = messageDigest(bytesOf(text));
  return {
    id: quarantineId(NOW_MS, digest, created, sequence),
    provider,
    reason,
    detail: 'no such key',
    refusedAt: NOW_MS + sequence,
    created,
    sequence,
    digest,
    sizeBytes: 9,
  };
}

function setUp(limit = 3) {
  const state = new MemoryStateStore();
  const rows = new Rows(state, Number.POSITIVE_INFINITY, 'parked');
  const others = new Rows(state, 5);
  const parking = new Parking(rows, limit);
  return { rows, others, parking, quarantine: new Quarantine(others, parking) };
}

const sequences = (messages: Iterable<QuarantinedMessage>): number[] =>
  [...messages].map(({ sequence }) => sequence);

describe('messages that wait for a key', () => {
  test('have room for their own provider only; what finds none is told apart', () => {
    const { quarantine, parking } = setUp(3);
    for (let n = 1; n <= 3; n++) expect(quarantine.put(waiting(n))?.reason).toBe('KEY_UNKNOWN');
    expect(quarantine.put(waiting(4))).toMatchObject({
      reason: 'PARKING_FULL',
      detail: 'KEY_UNKNOWN: no such key',
    });
    expect(quarantine.put(waiting(4))).toBeUndefined();
    expect(quarantine.put(waiting(5, { provider: 'acme' }))?.reason).toBe('KEY_UNKNOWN');
    expect([parking.count('att'), parking.count('acme'), parking.count('nobody')]).toEqual([3, 1, 0]);
    expect(sequences(quarantine.waiting())).toEqual([1, 2, 3, 4, 5]);
    expect(sequences(quarantine.waiting(new Set(['acme'])))).toEqual([5]);
    expect(sequences(quarantine.list({ limit: 10 }))).toEqual([5, 4, 3, 2, 1]);
    expect(sequences(quarantine.list({ limit: 10, reason: 'PARKING_FULL' }))).toEqual([4]);
  });

  test('are not pushed out by others, whoever sends those', () => {
    const { quarantine } = setUp();
    quarantine.put(waiting(1));
    for (let n = 2; n < 100; n++) quarantine.put(waiting(n, { reason: 'MALFORMED' }));
    expect(sequences(quarantine.waiting())).toEqual([1]);
  });

  test('take one place however often they come, and the one in the present stream', () => {
    const { quarantine, parking } = setUp();
    quarantine.put(waiting(1, { text: 'same' }));
    expect(quarantine.put(waiting(2, { text: 'same' }))).toBeUndefined();
    expect(sequences(quarantine.waiting())).toEqual([1]);
    expect(quarantine.put(waiting(7, { text: 'same', created: 'tuesday' }))?.sequence).toBe(7);
    expect(quarantine.waiting().map(({ created }) => created)).toEqual(['tuesday']);
    expect(parking.count('att')).toBe(1);
  });

  test('of names that nobody is registered under share one room', () => {
    const { quarantine, parking } = setUp(3);
    for (let n = 1; n <= 5; n++) {
      quarantine.put(waiting(n, { provider: `name-${n}`, reason: 'PROVIDER_UNKNOWN' }));
    }
    expect(parking.count(UNREGISTERED)).toBe(3);
    expect(parking.rooms()).toEqual([UNREGISTERED]);
    // Registered meanwhile, but its key is not there: it moves to the provider's own room.
    quarantine.put(waiting(1, { provider: 'name-1' }));
    expect([parking.count(UNREGISTERED), parking.count('name-1')]).toEqual([2, 1]);
  });

  test('leave no trace of room when they go, and are found again after a restart', () => {
    const { quarantine, rows, parking } = setUp();
    for (const n of [3, 1, 2]) quarantine.put(waiting(n));
    quarantine.remove(waiting(2).id);
    expect(parking.count('att')).toBe(2);
    expect(quarantine.put(waiting(2))?.sequence).toBe(2);
    const restarted = new Parking(rows, 3);
    expect(restarted.span('att')).toEqual({ oldestAt: NOW_MS + 1, newestAt: NOW_MS + 3 });
    expect(restarted.span('acme')).toBeUndefined();
    expect(restarted.count('att')).toBe(3);
    expect(sequences(restarted.inRoom('att'))).toEqual([1, 2, 3]);
    expect(restarted.offer(waiting(4))).toBe('full');
    expect(restarted.offer(waiting(3))).toBe('known');
  });

  test('that the stream has lost give up their room and are not tried again', () => {
    const { quarantine, parking } = setUp();
    quarantine.put(waiting(1));
    expect(quarantine.expire(waiting(1))).toMatchObject({
      reason: 'PARKING_EXPIRED',
      detail: 'KEY_UNKNOWN: no such key',
    });
    expect(parking.count('att')).toBe(0);
    expect(quarantine.waiting()).toEqual([]);
    expect(quarantine.list({ limit: 10 })).toHaveLength(1);
  });

  test('whatever comes and goes, the count is that of the rows, and never above the limit', () => {
    const step = fc.record({
      n: fc.integer({ min: 1, max: 12 }),
      provider: fc.constantFrom('att', 'acme'),
      reason: fc.constantFrom<RefusalReason>('KEY_UNKNOWN', 'PAIR_KEY_UNKNOWN', 'MALFORMED'),
      goes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { quarantine, parking, rows } = setUp(4);
        for (const { n, provider, reason, goes } of steps) {
          const message = waiting(n, { provider, reason, text: `${provider} ${n}` });
          if (goes) quarantine.remove(message.id);
          else quarantine.put(message);
          for (const room of ['att', 'acme']) {
            const inRoom = [...parking.all()].filter((parked) => parked.provider === room);
            expect(parking.count(room)).toBe(inRoom.length);
            expect(parking.count(room)).toBeLessThanOrEqual(4);
          }
          expect(rows.count).toBe(parking.count('att') + parking.count('acme'));
        }
      }),
    );
  });
});

describe('trying them again', () => {
  function retrying(options: { fails?: (sequence: number) => boolean } = {}) {
    const tried: number[] = [];
    const asked: (ReadonlySet<string> | undefined)[] = [];
    let isUp = true;
    const retry = new ParkedRetry({
      waiting: (providers) => {
        asked.push(providers);
        return [waiting(1), waiting(2), waiting(3)];
      },
      isLinkUp: () => isUp,
      retry: async ({ sequence }) => {
        if (options.fails?.(sequence) === true) throw new Error('the broker is away');
        tried.push(sequence);
      },
    });
    const setLink = (up: boolean): void => {
      isUp = up;
    };
    return { retry, tried, asked, setLink };
  }

  test('goes through them in order, of the provider whose key came', async () => {
    const { retry, tried, asked } = retrying();
    retry.request('att');
    await expect.poll(() => tried).toEqual([1, 2, 3]);
    expect(asked).toEqual([new Set(['att'])]);
    await retry.stop();
  });

  test('waits for the link, and does then what was asked meanwhile', async () => {
    const { retry, tried, asked, setLink } = retrying();
    setLink(false);
    retry.request('att');
    retry.request('acme');
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual([]);
    setLink(true);
    retry.runIfDue();
    await expect.poll(() => tried).toEqual([1, 2, 3]);
    expect(asked).toEqual([new Set(['att', 'acme'])]);
    retry.runIfDue();
    await retry.stop();
    expect(asked).toHaveLength(1);
  });

  test('begins anew when the broker goes away in the middle', async () => {
    let isAway = true;
    const { retry, tried, asked } = retrying({ fails: (sequence) => isAway && sequence === 2 });
    retry.request('att');
    await expect.poll(() => tried).toEqual([1]);
    retry.request();
    await new Promise((resolve) => setImmediate(resolve));
    isAway = false;
    retry.runIfDue();
    await expect.poll(() => tried.slice(-3)).toEqual([1, 2, 3]);
    expect(asked.at(-1)).toBeUndefined();
    await retry.stop();
  });
});
