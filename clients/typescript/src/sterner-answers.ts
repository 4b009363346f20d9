/** Accounts remembered; beyond that nothing goes until some are forgotten, so pushing others out gains nothing. */
const MAX_ACCOUNTS = 10_000;

/** As long as the service itself looks back for what an account moved. */
const REMEMBERED_MS = 24 * 3_600_000;

/** Accounts whose latest answer of the service was not ALLOW: without an answer they are held. */
export class SternerAnswers {
  readonly #accounts = new Map<string, number>();
  #fullUntilMs = 0;

  noted(accountId: string, isAllow: boolean, nowMs: number): void {
    this.#accounts.delete(accountId);
    if (isAllow) return;
    this.#forget(nowMs);
    if (this.#accounts.size >= MAX_ACCOUNTS) this.#fullUntilMs = nowMs + REMEMBERED_MS;
    else this.#accounts.set(accountId, nowMs);
  }

  /** Whether the account was, or may have been, answered sternly of late. */
  includes(accountId: string, nowMs: number): boolean {
    this.#forget(nowMs);
    return nowMs < this.#fullUntilMs || this.#accounts.has(accountId);
  }

  /** Oldest first, since each is put at the end when it is noted. */
  #forget(nowMs: number): void {
    for (const [accountId, atMs] of this.#accounts) {
      if (atMs > nowMs - REMEMBERED_MS) return;
      this.#accounts.delete(accountId);
    }
  }
}
