import { createHmac } from 'node:crypto';
import { KEY_OVERLAP_MS } from './key-rotation.js';
import { type HmacKey, isJsonObject } from './keyring.js';

/** Since when each pair key has been live, by provider and by key: its id and what tells its secret from another. */
export type PairKeyTimes = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A pair key that went before every mailbox that counts had aliases under another one. */
export interface EarlyDrop {
  readonly provider: string;
  readonly keyId: string;
  /** How long the oldest key that stays has been live beside it; 0 if its own id has another secret now. */
  readonly overlapMs: number;
}

export interface PairKeyObservation {
  readonly times: PairKeyTimes;
  readonly droppedEarly: readonly EarlyDrop[];
  readonly hasChanged: boolean;
}

/**
 * Compares the pair keys that a (re)loaded registry names with those known before. A mailbox of an account is forgotten
 * 30 days after its last use, so a key may go 30 days after the next one came: then each mailbox that still counts has
 * been named since.
 */
export function observePairKeys(
  before: PairKeyTimes,
  live: ReadonlyMap<string, readonly HmacKey[]>,
  nowMs: number,
): PairKeyObservation {
  const times = new Map<string, ReadonlyMap<string, number>>();
  const droppedEarly: EarlyDrop[] = [];
  let hasChanged = [...before.keys()].some((provider) => !live.has(provider));
  for (const [provider, keys] of live) {
    const known = before.get(provider);
    const since = new Map(keys.map((key) => [nameOf(key), known?.get(nameOf(key)) ?? nowMs]));
    times.set(provider, since);
    hasChanged ||= known === undefined || [...since.keys()].some((name) => !known.has(name));
    const overlapMs = keys.length === 0 ? 0 : nowMs - Math.min(...since.values());
    for (const name of known?.keys() ?? []) {
      if (since.has(name)) continue;
      hasChanged = true;
      if (keys.length > 0 && overlapMs < KEY_OVERLAP_MS) {
        droppedEarly.push({ provider, keyId: name.split(':')[0] ?? '', overlapMs });
      }
    }
  }
  return { times, droppedEarly, hasChanged };
}

export function encodePairKeyTimes(times: PairKeyTimes): Uint8Array {
  const entries = [...times].map(([provider, since]) => [provider, Object.fromEntries(since)]);
  return Buffer.from(JSON.stringify(Object.fromEntries(entries)), 'utf8');
}

/** Never throws: what cannot be read is as if no key had been seen before. */
export function decodePairKeyTimes(bytes: Uint8Array | undefined): PairKeyTimes {
  const times = new Map<string, ReadonlyMap<string, number>>();
  for (const [provider, since] of Object.entries(readObject(bytes))) {
    if (!isJsonObject(since)) continue;
    const readable = Object.entries(since).filter((entry): entry is [string, number] =>
      Number.isSafeInteger(entry[1]),
    );
    times.set(provider, new Map(readable));
  }
  return times;
}

function readObject(bytes: Uint8Array | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** An id can be given another secret: nothing made under it before would match. The secret cannot be told from this. */
function nameOf({ id, secret }: HmacKey): string {
  return `${id}:${createHmac('sha256', secret).update('pair key name').digest('base64url').slice(0, 11)}`;
}
