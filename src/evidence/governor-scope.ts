import type { DurationMs, MinorUnits, UnixMs } from '../decision/vocabulary.js';
import type { GovernedAccount } from '../store/codec/governor-codec.js';
import { GOVERNED_RETENTION_MS } from './bounds.js';

/** How much of a governor is used in its window, since it was last lifted. */
export interface GovernorUse {
  readonly accounts: number;
  /** Minor units; the sum may exceed what a number holds exactly. */
  readonly value: bigint;
}

/**
 * The accounts that one provider's word, or one incident of it, alone moved to HOLD. Each counts once, with the largest
 * value that was held of it: asking again, or for more withdrawals of the same money, adds nothing.
 *
 * Both lists are ordered by time, so that what leaves the window is found at the front.
 */
export class GovernorScope {
  /** In the window as last asked for, and since the last lift. */
  readonly #counted = new Map<string, GovernedAccount>();
  /** Older, or from before the last lift: they keep their holds. */
  readonly #kept = new Map<string, GovernedAccount>();
  #value = 0n;

  /** @param removed told of each account that is forgotten */
  constructor(private readonly removed: (accountId: string) => void) {}

  /** As stored, the earliest first; those up to `liftedAt` are not counted. */
  load(accounts: readonly (readonly [string, GovernedAccount])[], liftedAt: UnixMs): void {
    for (const [accountId, account] of accounts) {
      if (account.at <= liftedAt) this.#kept.set(accountId, account);
      else this.#add(accountId, account);
    }
  }

  /** @returns the account as it counts now */
  count(accountId: string, at: UnixMs, value: MinorUnits): GovernedAccount {
    const before = this.#counted.get(accountId);
    if (before !== undefined) this.#drop(accountId, before);
    this.#kept.delete(accountId);
    const account = { at, value: Math.max(before?.value ?? 0, value) };
    this.#add(accountId, account);
    return account;
  }

  /** Counts anew from here. Who was held keeps that. */
  lift(): void {
    for (const [accountId, account] of this.#counted) this.#kept.set(accountId, account);
    this.#counted.clear();
    this.#value = 0n;
  }

  use(now: UnixMs, window: DurationMs): GovernorUse {
    this.#expire(now, window);
    return { accounts: this.#counted.size, value: this.#value };
  }

  /** Whether the account was moved to HOLD lately, whatever the window. */
  has(accountId: string, now: UnixMs): boolean {
    const account = this.#counted.get(accountId) ?? this.#kept.get(accountId);
    return account !== undefined && account.at > now - GOVERNED_RETENTION_MS;
  }

  get isEmpty(): boolean {
    return this.#counted.size === 0 && this.#kept.size === 0;
  }

  #expire(now: UnixMs, window: DurationMs): void {
    for (const [accountId, account] of this.#counted) {
      if (account.at > now - window) break;
      this.#drop(accountId, account);
      this.#kept.set(accountId, account);
    }
    for (const [accountId, { at }] of this.#kept) {
      if (at > now - GOVERNED_RETENTION_MS) break;
      this.#kept.delete(accountId);
      this.removed(accountId);
    }
  }

  #add(accountId: string, account: GovernedAccount): void {
    this.#counted.set(accountId, account);
    this.#value += BigInt(account.value);
  }

  #drop(accountId: string, account: GovernedAccount): void {
    this.#counted.delete(accountId);
    this.#value -= BigInt(account.value);
  }
}
