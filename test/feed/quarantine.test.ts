import { describe, expect, test } from 'vitest';
import { Quarantine as Rows } from '../../src/evidence/quarantine.js';
import { Parking } from '../../src/feed/parking.js';
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

function refused(
  sequence: number,
  reason: RefusalReason = 'MALFORMED',
  provider = 'att',
): QuarantinedMessage {
  const digest = messageDigest(bytesOf(`message ${sequence}`));
  return {
    id: quarantineId(NOW_MS, digest, 'monday', sequence),
    provider,
    reason,
    detail: 'not three base64url segments',
    refusedAt: NOW_MS,
    created: 'monday',
    sequence,
    digest,
    sizeBytes: 9,
  };
}

function quarantine(): { readonly messages: Quarantine; readonly rows: Rows } {
  const rows = new Rows(new MemoryStateStore());
  const parking = new Parking(new Rows(new MemoryStateStore(), 10, 'parked'), 3);
  return { messages: new Quarantine(rows, parking), rows };
}

describe('quarantine', () => {
  test('keeps a message whole, newest first, whatever the millisecond', () => {
    const { messages } = quarantine();
    for (const sequence of [1, 9, 10, 255, 256])
      expect(messages.put(refused(sequence))).toEqual(refused(sequence));
    expect(messages.list({ limit: 10 }).map(({ sequence }) => sequence)).toEqual([256, 255, 10, 9, 1]);
    expect(messages.get(refused(9).id)).toEqual(refused(9));
  });

  test('knows a message again, unless its reason has changed', () => {
    const { messages } = quarantine();
    messages.put(refused(1, 'KEY_UNKNOWN'));
    expect(messages.put(refused(1, 'KEY_UNKNOWN'))).toBeUndefined();
    expect(messages.put(refused(1, 'SIGNATURE_INVALID'))?.reason).toBe('SIGNATURE_INVALID');
    expect(messages.list({ limit: 10 })).toHaveLength(1);
  });

  test('filters across pages', () => {
    const { messages } = quarantine();
    for (let n = 1; n <= 450; n++)
      messages.put(refused(n, n % 100 === 0 ? 'TOO_LARGE' : 'MALFORMED', n > 5 ? 'att' : 'acme'));
    expect(messages.list({ limit: 3, reason: 'TOO_LARGE' }).map(({ sequence }) => sequence)).toEqual([
      400, 300, 200,
    ]);
    expect(messages.list({ limit: 100, provider: 'acme' }).map(({ sequence }) => sequence)).toEqual([
      5, 4, 3, 2, 1,
    ]);
  });

  test('finds what waits for a key, oldest first', () => {
    const { messages } = quarantine();
    const reasons: RefusalReason[] = ['KEY_UNKNOWN', 'MALFORMED', 'PAIR_KEY_UNKNOWN', 'PROVIDER_UNKNOWN'];
    for (const [n, reason] of reasons.entries()) messages.put(refused(n + 1, reason));
    expect(messages.waiting().map(({ sequence }) => sequence)).toEqual([1, 3, 4]);
    messages.remove(refused(3).id);
    expect(messages.waiting().map(({ sequence }) => sequence)).toEqual([1, 4]);
  });

  test('leaves out what it cannot read', () => {
    const { messages, rows } = quarantine();
    rows.put('zzz', bytesOf('{"reason":"SOMETHING_NEWER"}'));
    messages.put(refused(1));
    expect(messages.list({ limit: 10 })).toHaveLength(1);
  });
});
