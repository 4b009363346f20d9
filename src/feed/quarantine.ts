import { createHash } from 'node:crypto';
import type { UnixMs } from '../decision/vocabulary.js';
import { isParked, REFUSAL_REASONS, type RefusalReason } from './refusal.js';
import { parseObject } from './token.js';

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
  /** When the stream that held it was created, as the broker writes it. */
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

export interface QuarantineFilter {
  readonly provider?: string;
  readonly reason?: RefusalReason;
  /** At most this many, 1 to 1000. */
  readonly limit: number;
}

/** Rows read at a time while filtering. */
const PAGE = 200;

/** Refused messages. One message has one id, so that reading a stream again changes nothing. */
export class Quarantine {
  readonly #store: QuarantineStore;

  constructor(store: QuarantineStore) {
    this.#store = store;
  }

  /** Keeps a message. @returns false if it was there already, with the same reason. */
  put(message: QuarantinedMessage): boolean {
    if (this.get(message.id)?.reason === message.reason) return false;
    this.#store.put(message.id, encode(message));
    return true;
  }

  get(id: string): QuarantinedMessage | undefined {
    const stored = this.#store.get(id);
    return stored === undefined ? undefined : decode(id, stored);
  }

  remove(id: string): void {
    this.#store.remove(id);
  }

  /** Newest first. */
  list({ provider, reason, limit }: QuarantineFilter): readonly QuarantinedMessage[] {
    const found: QuarantinedMessage[] = [];
    for (const message of this.#all()) {
      if (found.length >= limit) break;
      if (provider !== undefined && message.provider !== provider) continue;
      if (reason !== undefined && message.reason !== reason) continue;
      found.push(message);
    }
    return found;
  }

  /** Those that may be good once keys or registry have changed, oldest first. */
  parked(): readonly QuarantinedMessage[] {
    return [...this.#all()].filter(({ reason }) => isParked(reason)).reverse();
  }

  *#all(): Generator<QuarantinedMessage> {
    let before: string | undefined;
    for (;;) {
      const page = [...this.#store.list(PAGE, before)];
      for (const { key, value } of page) {
        before = key;
        const message = decode(key, value);
        if (message !== undefined) yield message;
      }
      if (page.length < PAGE) return;
    }
  }
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

function encode({ id: _, ...rest }: QuarantinedMessage): Uint8Array {
  return Buffer.from(JSON.stringify(rest), 'utf8');
}

function decode(id: string, bytes: Uint8Array): QuarantinedMessage | undefined {
  const stored = parseObject(Buffer.from(bytes).toString('utf8'));
  const reason = REFUSAL_REASONS.find((known) => known === stored?.['reason']);
  if (stored === undefined || reason === undefined) return undefined;
  return {
    id,
    reason,
    provider: text(stored['provider']),
    detail: text(stored['detail']),
    created: text(stored['created']),
    digest: text(stored['digest']),
    refusedAt: count(stored['refusedAt']),
    sequence: count(stored['sequence']),
    sizeBytes: count(stored['sizeBytes']),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
