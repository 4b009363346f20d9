import type { UnixMs } from '../decision/vocabulary.js';
import type { Parked } from './freshness.js';
import type { QuarantinedMessage, QuarantineStore } from './quarantine.js';
import { decodeQuarantined, encodeQuarantined, readAll } from './quarantine-rows.js';

/**
 * Most messages that wait for a key, a provider: hours of a large provider's events, and no more than 2 MB of state.
 * Each provider has its own room, so that a flood under one name never takes another's.
 */
export const MAX_PARKED_PER_PROVIDER = 5_000;

/** Messages of names that nobody is registered under share one room; no provider's id. */
export const UNREGISTERED = '_';

/** Where a message was parked before, by its digest. */
interface ParkedPlace {
  readonly id: string;
  readonly created: string;
  readonly refusedAt: UnixMs;
}

/**
 * Messages that may be good once a key is there. A message has one place however often it is published: a provider that
 * repeats what it was not told to have arrived takes no more room.
 */
export class Parking {
  readonly #store: QuarantineStore;
  readonly #limit: number;
  /** By whose room it is, then digest. */
  readonly #places = new Map<string, Map<string, ParkedPlace>>();

  /** By whose room it is: when the last of all that ever waited there came. */
  readonly #newestAt = new Map<string, UnixMs>();

  constructor(store: QuarantineStore, limit: number = MAX_PARKED_PER_PROVIDER) {
    this.#store = store;
    this.#limit = limit;
    for (const message of [...readAll(store)].reverse()) this.#note(message);
  }

  /** Messages that wait in the room of this provider, or of {@link UNREGISTERED}. */
  count(provider: string): number {
    return this.#places.get(provider)?.size ?? 0;
  }

  /** When the first and the last of those that wait there came; undefined if none waits. */
  span(room: string): Parked | undefined {
    const places = this.#places.get(room);
    if (places === undefined || places.size === 0) return undefined;
    // They are kept in the order in which they came.
    const [oldest] = places.values();
    const newestAt = this.#newestAt.get(room) ?? 0;
    return { oldestAt: oldest?.refusedAt ?? newestAt, newestAt };
  }

  /** Keeps a message, unless it waits already (`known`) or this provider's room is used up (`full`). */
  offer(message: QuarantinedMessage): 'parked' | 'known' | 'full' {
    const room = roomOf(message);
    const before = this.#places.get(room)?.get(message.digest);
    if (before?.created === message.created) return 'known';
    // The stream it lay in is gone; the same message in the new one is the one that can be read again.
    if (before !== undefined) this.remove(before.id);
    if (this.count(room) >= this.#limit) return 'full';
    this.#store.put(message.id, encodeQuarantined(message));
    this.#note(message);
    return 'parked';
  }

  get(id: string): QuarantinedMessage | undefined {
    const stored = this.#store.get(id);
    return stored === undefined ? undefined : decodeQuarantined(id, stored);
  }

  remove(id: string): void {
    const message = this.get(id);
    if (message === undefined) return;
    this.#store.remove(id);
    const places = this.#places.get(roomOf(message));
    if (places?.get(message.digest)?.id === id) places.delete(message.digest);
  }

  /** Newest first. */
  all(): Iterable<QuarantinedMessage> {
    return readAll(this.#store);
  }

  /** The messages of one room in the order of the stream. */
  inRoom(room: string): readonly QuarantinedMessage[] {
    const ids = [...(this.#places.get(room)?.values() ?? [])].map(({ id }) => id).sort();
    return ids.flatMap((id) => this.get(id) ?? []);
  }

  /** Rooms with messages that wait. */
  rooms(): readonly string[] {
    return [...this.#places].filter(([, places]) => places.size > 0).map(([room]) => room);
  }

  #note(message: QuarantinedMessage): void {
    const room = roomOf(message);
    let places = this.#places.get(room);
    if (places === undefined) {
      places = new Map();
      this.#places.set(room, places);
    }
    const { id, created, refusedAt } = message;
    places.set(message.digest, { id, created, refusedAt });
    this.#newestAt.set(room, Math.max(refusedAt, this.#newestAt.get(room) ?? 0));
  }
}

function roomOf({ reason, provider }: QuarantinedMessage): string {
  return reason === 'PROVIDER_UNKNOWN' ? UNREGISTERED : provider;
}
