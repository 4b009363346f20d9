import type { ReusedBytes } from '../store/codec/reused-bytes.js';
import type { LogPosition, StoredEntry } from '../store/ports.js';

/** Entries that go to disk together, with the one promise that all their callers share. */
export class Group {
  readonly entries: StoredEntry[] = [];
  /** Sum of the entries' lengths. */
  bytes = 0;
  readonly durable: Promise<void>;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;

  /** @param memory holds the entries' bytes; the group's own until it is on disk */
  constructor(readonly memory: ReusedBytes) {
    let resolveDurable: () => void = () => {};
    let rejectDurable: (error: Error) => void = () => {};
    this.durable = new Promise<void>((resolve, reject) => {
      resolveDurable = resolve;
      rejectDurable = reject;
    });
    this.#resolve = resolveDurable;
    this.#reject = rejectDurable;
    // In relaxed mode nobody waits; a failed flush is then reported by the journal's state, not by a stray rejection.
    this.durable.catch(() => {});
  }

  add(entry: StoredEntry): void {
    this.entries.push(entry);
    this.bytes += entry.bytes.length;
  }

  /** Position of its last entry; 0 while it is empty. */
  get through(): LogPosition {
    return this.entries.at(-1)?.position ?? 0;
  }

  at(position: LogPosition): StoredEntry | undefined {
    const first = this.entries[0];
    return first === undefined ? undefined : this.entries[position - first.position];
  }

  succeed(): void {
    this.#resolve();
  }

  /** Tells the callers at once; the group itself may still be tried again, and then succeeds without them. */
  fail(error: Error): void {
    this.#reject(error);
  }
}
