import type { Pseudonym, UnixMs } from '../decision/vocabulary.js';
import { type StateStore, StoreError } from '../store/ports.js';
import { PROVIDER_EVENT_RETENTION_MS } from './bounds.js';
import { type RecordCodec, RecordTable } from './record-table.js';

/** Who first spoke of a mailbox that no account is known to use, and when somebody last did. */
interface Mention {
  readonly provider: string;
  readonly at: UnixMs;
}

const CODEC: RecordCodec<Mention> = {
  encode: ({ provider, at }) => Buffer.from(`${at} ${provider}`),
  decode: (bytes) => {
    const [, at, provider] = /^(\d+) (.*)$/.exec(Buffer.from(bytes).toString()) ?? [];
    if (provider === undefined) {
      throw new StoreError('STATE_CORRUPT', 'a mention of a mailbox cannot be read');
    }
    return { provider, at: Number(at) };
  },
};

/**
 * Aliases under which a provider spoke of a mailbox, until an account that uses it is assessed. A provider may name what
 * it likes, also mailboxes that do not exist, and what it says is kept for long: so these are counted by provider.
 *
 * Nobody looks up which account uses a mailbox: one of an account that was here before counts as named with the
 * account's next assessment.
 */
export class UnnamedMailboxes {
  readonly rows: RecordTable<Mention>;
  readonly #counts = new Map<string, number>();

  constructor(state: StateStore) {
    this.rows = new RecordTable({ table: 'unnamed', state, codec: CODEC, cacheBytes: 0 });
    for (const { value } of state.range('unnamed', {})) this.#add(CODEC.decode(value).provider, 1);
  }

  /** Aliases that count for a provider: those that it was the first to speak of. */
  count(provider: string): number {
    return this.#counts.get(provider) ?? 0;
  }

  /** @param isNew nobody spoke of the mailbox before; one that was named once does not count again */
  spoken(alias: Pseudonym, provider: string, at: UnixMs, isNew: boolean): void {
    if (isNew) {
      this.#add(provider, 1);
      this.rows.set(alias, { provider, at });
      return;
    }
    const before = this.rows.get(alias);
    if (before !== undefined && at > before.at) this.rows.set(alias, { ...before, at });
  }

  /** An account that uses the mailbox was assessed. */
  named(alias: Pseudonym): void {
    const mention = this.rows.get(alias);
    if (mention !== undefined) this.#remove(alias, mention);
  }

  /** Drops mentions that are forgotten, in the order of aliases from `after` on. */
  sweep(after: string, now: UnixMs, limit: number): { readonly last: string; readonly seen: number } {
    let last = after;
    let seen = 0;
    for (const { key, record } of this.rows.range({ start: `${after}\u0000`, limit })) {
      if (record.at < now - PROVIDER_EVENT_RETENTION_MS) this.#remove(key, record);
      last = key;
      seen += 1;
    }
    return { last, seen };
  }

  #remove(alias: Pseudonym, { provider }: Mention): void {
    this.#add(provider, -1);
    this.rows.remove(alias);
  }

  #add(provider: string, change: number): void {
    this.#counts.set(provider, this.count(provider) + change);
  }
}
