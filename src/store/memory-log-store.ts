import {
  type FlushSeam,
  type LogPosition,
  type LogStore,
  type MirroredRow,
  type StoredEntry,
  StoreError,
} from './ports.js';

/**
 * The log in memory, for tests and for tools that simulate: same contract as the one on disk, and gone with the
 * process. Its `flush` seam stands for the disk: entries count only when it has resolved.
 */
export class MemoryLogStore implements LogStore {
  readonly #flush: FlushSeam;
  #entries: StoredEntry[] = [];
  #lastPosition: LogPosition;
  #bytes = 0;
  #keyCheck: Uint8Array | undefined;
  readonly #mirror = new Map<string, Uint8Array>();
  #closed = false;

  constructor(options: { readonly flush?: FlushSeam; readonly startAfter?: LogPosition } = {}) {
    this.#flush = options.flush ?? ((flush) => flush());
    this.#lastPosition = options.startAfter ?? 0;
  }

  get lastPosition(): LogPosition {
    return this.#lastPosition;
  }

  get firstPosition(): LogPosition {
    return this.#entries[0]?.position ?? 0;
  }

  async append(entries: readonly StoredEntry[]): Promise<void> {
    this.#requireNext(entries);
    try {
      await this.#flush(async () => this.#keep(entries));
    } catch (cause) {
      throw new StoreError('STORE_WRITE_FAILED', 'the log could not be flushed', { cause });
    }
  }

  *read(from: LogPosition, limit = Number.POSITIVE_INFINITY): Iterable<StoredEntry> {
    const start = Math.max(from, this.firstPosition);
    const end = Math.min(this.#lastPosition, start + limit - 1);
    for (let position = start; position <= end; position++) {
      const entry = this.#at(position);
      if (entry !== undefined) yield entry;
    }
  }

  *readBackwards(from: LogPosition, limit = Number.POSITIVE_INFINITY): Iterable<StoredEntry> {
    let left = limit;
    for (let position = Math.min(from, this.#lastPosition); left > 0; position--, left--) {
      const entry = this.#at(position);
      if (entry === undefined) return;
      yield entry;
    }
  }

  get keyCheck(): Uint8Array | undefined {
    return this.#keyCheck;
  }

  async mirror(rows: readonly MirroredRow[]): Promise<void> {
    for (const { key, value } of rows) {
      if (value === undefined) this.#mirror.delete(key);
      else this.#mirror.set(key, value);
    }
  }

  *mirrored(): Iterable<MirroredRow> {
    for (const [key, value] of this.#mirror) yield { key, value };
  }

  async keepKeyCheck(check: Uint8Array): Promise<void> {
    this.#keyCheck = check;
  }

  get(position: LogPosition): Uint8Array | undefined {
    return this.#at(position)?.bytes;
  }

  async trim(through: LogPosition): Promise<void> {
    const end = Math.min(through, this.#lastPosition - 1);
    const removed = this.#entries.splice(0, Math.max(0, end - this.firstPosition + 1));
    for (const entry of removed) this.#bytes -= entry.bytes.length;
  }

  sizeBytes(): number {
    return this.#bytes;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** What a machine finds after its power came back: everything flushed, nothing else. This store is then dead. */
  powerLoss(options: { readonly flush?: FlushSeam } = {}): MemoryLogStore {
    this.#closed = true;
    const survivor = new MemoryLogStore(options);
    survivor.#entries = [...this.#entries];
    survivor.#lastPosition = this.#lastPosition;
    survivor.#bytes = this.#bytes;
    return survivor;
  }

  #requireNext(entries: readonly StoredEntry[]): void {
    if (this.#closed) throw new StoreError('STORE_WRITE_FAILED', 'the log is closed');
    let expected = this.#lastPosition;
    for (const entry of entries) {
      expected++;
      if (entry.position !== expected) {
        throw new StoreError('STORE_WRITE_FAILED', `expected position ${expected}, got ${entry.position}`);
      }
    }
  }

  #keep(entries: readonly StoredEntry[]): void {
    // A flush that comes after the power went is a flush that never was.
    if (this.#closed) throw new Error('the log is closed');
    for (const { position, bytes } of entries) {
      this.#entries.push({ position, bytes: Buffer.from(bytes) });
      this.#lastPosition = position;
      this.#bytes += bytes.length;
    }
  }

  #at(position: LogPosition): StoredEntry | undefined {
    return this.#entries[position - this.firstPosition];
  }
}
