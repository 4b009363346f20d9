import { createHash } from 'node:crypto';
import type { UnixMs } from '../decision/vocabulary.js';
import type { Parking } from './parking.js';
import { decodeQuarantined, encodeQuarantined, readAll } from './quarantine-rows.js';
import { isParked, type RefusalReason } from './refusal.js';

/**
 * A refused message as kept. Its text is not: it may name a mailbox in clear. `created` and `sequence` find it in the
 * stream again, the digest proves that it is the same.
 */
export interface QuarantinedMessage {
  /** Time-ordered: names it for people and in the table. */
  readonly id: string;
  /** From the subject; empty if that names none. */
  readonly provider: string;
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly refusedAt: UnixMs;
  /** When the stream that held it was created, as the broker writes it; empty if it was pushed over HTTP. */
  readonly created: string;
  /** Its place in that stream. */
  readonly sequence: number;
  /** SHA-256 of the message, hexadecimal. */
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Where they are kept: the table `quarantine` of the state, bounded, the oldest leave first. */
export interface QuarantineStore {
  get(key: string): Uint8Array | undefined;
  put(key: string, value: Uint8Array): void;
  remove(key: string): void;
  /** Newest first, those before the key `before` if given. */
  list(limit: number, before?: string): Iterable<{ readonly key: string; readonly value: Uint8Array }>;
}

/** Whether it came over HTTP: no stream holds it. */
export function isPushed({ created }: Pick<QuarantinedMessage, 'created'>): boolean {
  return created === '';
}

export interface QuarantineFilter {
  readonly provider?: string;
  readonly reason?: RefusalReason;
  /** At most this many, 1 to 1000. */
  readonly limit: number;
}

/**
 * Refused messages: those that wait for a key, each provider's in a room of its own, and the others, which share one.
 * One message has one id, so that reading a stream again changes nothing.
 */
export class Quarantine {
  readonly #store: QuarantineStore;
  readonly #parking: Parking;

  constructor(store: QuarantineStore, parking: Parking) {
    this.#store = store;
    this.#parking = parking;
  }

  /**
   * Keeps a message. One that should wait and finds no room is kept with the others, as `PARKING_FULL`.
   *
   * @returns as what it is kept now; undefined if it was there already for the same reason
   */
  put(message: QuarantinedMessage): QuarantinedMessage | undefined {
    const before = this.get(message.id);
    const isStillFull = before?.reason === 'PARKING_FULL' && isParked(message.reason);
    if (before?.reason === message.reason) return undefined;
    if (before !== undefined) this.remove(message.id);
    const parking = isParked(message.reason) ? this.#parking.offer(message) : undefined;
    if (parking === 'known') return undefined;
    if (parking === 'parked') return message;
    const kept = parking === 'full' ? keptAs('PARKING_FULL', message) : message;
    this.#store.put(kept.id, encodeQuarantined(kept));
    return isStillFull && kept.reason === 'PARKING_FULL' ? undefined : kept;
  }

  get(id: string): QuarantinedMessage | undefined {
    const stored = this.#store.get(id);
    return stored === undefined ? this.#parking.get(id) : decodeQuarantined(id, stored);
  }

  remove(id: string): void {
    this.#store.remove(id);
    this.#parking.remove(id);
  }

  /** Newest first. */
  list({ provider, reason, limit }: QuarantineFilter): readonly QuarantinedMessage[] {
    const found: QuarantinedMessage[] = [];
    for (const message of newestFirst(readAll(this.#store), this.#parking.all())) {
      if (found.length >= limit) break;
      if (provider !== undefined && message.provider !== provider) continue;
      if (reason !== undefined && message.reason !== reason) continue;
      found.push(message);
    }
    return found;
  }

  /** Messages of a provider that wait for a key. */
  parkedCount(provider: string): number {
    return this.#parking.count(provider);
  }

  /**
   * Those that may be good once keys or registry have changed, in the order of the stream; those that found no room
   * are among them.
   *
   * @param providers only of these; absent: of all
   */
  waiting(providers?: ReadonlySet<string>): readonly QuarantinedMessage[] {
    const rooms = providers ?? this.#parking.rooms();
    const parked = [...rooms].flatMap((room) => this.#parking.inRoom(room));
    const others = [...readAll(this.#store)].filter(
      ({ reason, provider }) =>
        (reason === 'PARKING_FULL' || isParked(reason)) && (providers?.has(provider) ?? true),
    );
    return [...parked, ...others].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * Takes a message that the stream does not hold any more out of the room of those that wait.
   *
   * @returns as what it is kept now
   */
  expire(message: QuarantinedMessage): QuarantinedMessage {
    this.#parking.remove(message.id);
    const kept = keptAs('PARKING_EXPIRED', message);
    this.#store.put(kept.id, encodeQuarantined(kept));
    return kept;
  }
}

function keptAs(reason: RefusalReason, message: QuarantinedMessage): QuarantinedMessage {
  return { ...message, reason, detail: `${message.reason}: ${message.detail}` };
}

/** Merges two sequences that are newest first themselves. */
function* newestFirst(
  left: Iterable<QuarantinedMessage>,
  right: Iterable<QuarantinedMessage>,
): Generator<QuarantinedMessage> {
  const others = right[Symbol.iterator]();
  let other = others.next();
  for (const message of left) {
    for (; other.done !== true && other.value.id > message.id; other = others.next()) yield other.value;
    yield message;
  }
  for (; other.done !== true; other = others.next()) yield other.value;
}

/**
 * Time, place, and a part of a digest, in hexadecimal: ids sort by when the broker took the messages, and a stream that
 * was recreated gives others.
 */
export function quarantineId(storedAt: UnixMs, digest: string, created: string, sequence: number): string {
  const time = fixedHex(storedAt, 12);
  const place = fixedHex(sequence, 12);
  const rest = createHash('sha256').update(`${created}\n${digest}`).digest('hex').slice(0, 8);
  return `${time}-${place}-${rest}`;
}

/** 48 bits hold milliseconds for 8,900 years, and more messages than any stream. */
function fixedHex(value: number, digits: number): string {
  return Math.max(0, Math.min(value, 16 ** digits - 1))
    .toString(16)
    .padStart(digits, '0');
}

export function messageDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
