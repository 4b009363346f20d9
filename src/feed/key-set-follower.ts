import type { UnixMs } from '../decision/vocabulary.js';
import { type Algorithm, readKeySet } from './jwks.js';
import { type HeldKey, takeKeys } from './key-set.js';
import { fetchKeySet, type KeySetFetch } from './key-set-fetch.js';
import { readSavedKeySet, saveKeySet } from './key-set-file.js';
import { type KeySetTimes, nextLookMs, nextRetryMs, untilMissedLookMs } from './key-set-schedule.js';
import type { KeySetAddress } from './registry.js';

/** What happens to a key set that is fetched. */
export type KeySetHappening =
  | {
      readonly kind: 'taken';
      /** Fetched now, or kept from before the start. */
      readonly source: 'fetched' | 'saved';
      readonly keyCount: number;
      /** Keys that left the set and still count for what came before. */
      readonly retiredCount: number;
      /** What is wrong with listed keys that were left out. */
      readonly skipped: readonly string[];
    }
  /** Looked at; nothing is new. */
  | { readonly kind: 'confirmed' }
  /** It could not be had; the last good set stays. */
  | { readonly kind: 'unavailable'; readonly cause: string }
  /** What came is no good set; the last good one stays. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  /** The set kept on disk cannot be used. */
  | { readonly kind: 'file-ignored'; readonly cause: string }
  /** The set could not be kept on disk: it is good until the next start. */
  | { readonly kind: 'not-saved'; readonly cause: string };

export interface KeySetFollowerOptions {
  readonly address: KeySetAddress;
  readonly algorithms: readonly Algorithm[];
  /** Where the last good set is kept; absent: in memory only. */
  readonly file: string | undefined;
  readonly times: KeySetTimes;
  readonly nowMs: () => UnixMs;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Other keys count from now on. */
  readonly changed: () => void;
  readonly happened: (happening: KeySetHappening) => void;
}

/** Follows the key set of one provider. What it holds is the last good set; no answer of a server empties it. */
export class KeySetFollower {
  readonly #options: KeySetFollowerOptions;
  readonly #stop = new AbortController();
  #held: readonly HeldKey[] = [];
  #etag: string | undefined;
  #checkedAt: UnixMs | undefined;
  #failures = 0;
  #lastLookAt: UnixMs | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is due. */
  #dueAt = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | undefined;
  /** A key was missed while a look was under way. */
  #isMissed = false;

  constructor(options: KeySetFollowerOptions) {
    this.#options = options;
  }

  get held(): readonly HeldKey[] {
    return this.#held;
  }

  /** When the provider's server last confirmed the set; undefined if never. */
  get checkedAt(): UnixMs | undefined {
    return this.#checkedAt;
  }

  /** Takes up the set kept on disk, then begins to look. Does not wait for the network. */
  async start(): Promise<void> {
    await this.#readSaved();
    this.#lookIn(0);
  }

  /** A message came under a key that is not held: looks soon, but not oftener than allowed. */
  missed(): void {
    this.#isMissed = true;
    if (this.#looking === undefined) this.#lookForMissed();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #readSaved(): Promise<void> {
    const { file, address, algorithms, happened } = this.#options;
    if (file === undefined) return;
    const reading = await readSavedKeySet(file, algorithms);
    if (reading.kind === 'damaged') happened({ kind: 'file-ignored', cause: reading.cause });
    // A set of another address is another provider's word.
    if (reading.kind !== 'read' || reading.saved.url !== address.url || this.#stop.signal.aborted) return;
    this.#held = reading.saved.held;
    this.#etag = reading.saved.etag;
    this.#checkedAt = reading.saved.checkedAt;
    this.#tellTaken('saved', []);
  }

  #lookForMissed(): void {
    const { nowMs, times } = this.#options;
    const waitMs = untilMissedLookMs(this.#lastLookAt, nowMs(), times);
    if (nowMs() + waitMs < this.#dueAt) this.#lookIn(waitMs);
  }

  #lookIn(waitMs: number): void {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#dueAt = this.#options.nowMs() + waitMs;
    this.#timer = setTimeout(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
        if (this.#isMissed) this.#lookForMissed();
      });
    }, waitMs);
    this.#timer.unref();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { address, times, nowMs, random } = this.#options;
    this.#lastLookAt = nowMs();
    this.#isMissed = false;
    const { url, refreshMs } = address;
    const { timeoutMs } = times;
    const found = await fetchKeySet({ url, etag: this.#etag, timeoutMs, signal: this.#stop.signal });
    if (this.#stop.signal.aborted) return;
    const isGood = await this.#take(found);
    this.#failures = isGood ? 0 : this.#failures + 1;
    const freshMs = found.kind === 'failed' ? undefined : found.freshMs;
    this.#lookIn(
      isGood
        ? nextLookMs(freshMs, refreshMs, times, random())
        : nextRetryMs(this.#failures, refreshMs, times, random()),
    );
  }

  /** @returns whether the set is known to be as it should */
  async #take(found: KeySetFetch): Promise<boolean> {
    const { algorithms, nowMs, happened } = this.#options;
    switch (found.kind) {
      case 'failed':
        happened({ kind: 'unavailable', cause: found.cause });
        return false;
      case 'not-modified':
        this.#checkedAt = nowMs();
        happened({ kind: 'confirmed' });
        return true;
      case 'fetched': {
        const reading = readKeySet(found.text, algorithms, 'skip');
        if (reading.kind === 'invalid') return this.#refuse(reading.problems);
        const taking = takeKeys(this.#held, reading.keys, nowMs());
        if (taking.kind === 'refused') return this.#refuse([taking.problem]);
        this.#held = taking.held;
        this.#etag = found.etag;
        this.#checkedAt = nowMs();
        if (!taking.hasChanged) {
          happened({ kind: 'confirmed' });
          return true;
        }
        this.#tellTaken('fetched', reading.skipped);
        await this.#save();
        return true;
      }
      default: {
        const unhandled: never = found;
        return unhandled;
      }
    }
  }

  #refuse(problems: readonly string[]): false {
    // Asked for unconditionally next time: what is there then may be what was refused now.
    this.#etag = undefined;
    this.#options.happened({ kind: 'refused', problems });
    return false;
  }

  #tellTaken(source: 'fetched' | 'saved', skipped: readonly string[]): void {
    const retiredCount = this.#held.filter(({ leftAt }) => leftAt !== undefined).length;
    const keyCount = this.#held.length - retiredCount;
    this.#options.happened({ kind: 'taken', source, keyCount, retiredCount, skipped });
    this.#options.changed();
  }

  async #save(): Promise<void> {
    const { file, address, happened } = this.#options;
    if (file === undefined || this.#checkedAt === undefined) return;
    try {
      await saveKeySet(file, {
        url: address.url,
        checkedAt: this.#checkedAt,
        held: this.#held,
        ...(this.#etag === undefined ? {} : { etag: this.#etag }),
      });
    } catch (error) {
      const cause = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
      happened({ kind: 'not-saved', cause });
    }
  }
}
