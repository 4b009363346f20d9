/** What was let go in the last hour. */
interface LetGo {
  readonly accountId: string;
  readonly hundredths: number;
  readonly atMs: number;
}

const HOUR_MS = 3_600_000;

/** Withdrawals remembered. While it is full nothing goes, so whoever fills it gains nothing. */
const MAX_REMEMBERED = 10_000;

/** Counts what this instance let go alone, by account and in all, in any hour. */
export class HourlyAllowance {
  /** Oldest first. */
  #letGo: LetGo[] = [];

  /** What one account took in the hour before `nowMs`. */
  ofAccount(accountId: string, nowMs: number): { readonly hundredths: number; readonly count: number } {
    this.#forget(nowMs);
    let hundredths = 0;
    let count = 0;
    for (const one of this.#letGo) {
      if (one.accountId !== accountId) continue;
      hundredths += one.hundredths;
      count += 1;
    }
    return { hundredths, count };
  }

  /** What all accounts took in the hour before `nowMs`, in hundredths. */
  total(nowMs: number): number {
    this.#forget(nowMs);
    return this.#letGo.reduce((sum, { hundredths }) => sum + hundredths, 0);
  }

  isFull(nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#letGo.length >= MAX_REMEMBERED;
  }

  take(accountId: string, hundredths: number, atMs: number): void {
    this.#letGo.push({ accountId, hundredths, atMs });
  }

  #forget(nowMs: number): void {
    const first = this.#letGo.findIndex(({ atMs }) => atMs > nowMs - HOUR_MS);
    if (first === 0) return;
    this.#letGo = first === -1 ? [] : this.#letGo.slice(first);
  }
}
