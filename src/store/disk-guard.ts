import { readFileSync, statfsSync, statSync } from 'node:fs';
import { StoreError } from './ports.js';

/**
 * Free space below which nothing more is written. LMDB on a disk that fills up within a commit has been seen to crash
 * (lmdb-js issues 40 and 294), so we stop well before.
 */
export const MIN_FREE_BYTES = 64 * 1024 * 1024;

/** Bytes written between two looks at the disk: small against {@link MIN_FREE_BYTES}. */
const CHECK_EVERY_BYTES = 4 * 1024 * 1024;

/** A commit writes more than its rows: the pages above them, and old ones copied. */
const NEAR_BYTES = 1024 * 1024;

export interface DiskLimits {
  /** The data file may grow to this. */
  readonly maxBytes: number;
  readonly minFreeBytes?: number;
  /** Free bytes of the file system of a folder; a seam for tests. */
  readonly freeBytes?: (folder: string) => number;
}

/** Refuses writes before the disk does. */
export class DiskGuard {
  readonly #folder: string;
  readonly #file: string;
  readonly #limits: DiskLimits;
  #unchecked = CHECK_EVERY_BYTES;

  constructor(folder: string, file: string, limits: DiskLimits) {
    this.#folder = folder;
    this.#file = file;
    this.#limits = limits;
  }

  /**
   * Call before writing about `bytes`.
   *
   * @throws StoreError code `STORE_WRITE_FAILED` when there is no room; it may succeed later
   */
  admit(bytes: number): void {
    this.#unchecked += bytes;
    if (this.#unchecked < CHECK_EVERY_BYTES) return;
    const free = (this.#limits.freeBytes ?? freeBytesOf)(this.#folder);
    if (free < (this.#limits.minFreeBytes ?? MIN_FREE_BYTES) + bytes) {
      throw new StoreError('STORE_WRITE_FAILED', `the disk is full: ${free} bytes are free`, {
        failure: 'DISK_FULL',
      });
    }
    const size = fileBytes(this.#file);
    if (size + bytes > this.#limits.maxBytes) {
      throw new StoreError(
        'STORE_WRITE_FAILED',
        `the data file has reached its limit: it has ${size} bytes`,
        {
          failure: 'LIMIT_REACHED',
        },
      );
    }
    this.#unchecked = 0;
  }

  /**
   * Why a write of about `bytes` failed, as far as a look at the disk tells: LMDB says of a full disk and of a file at its
   * limit alike that it was an error of input or output.
   */
  failureOf(bytes: number): 'DISK_FULL' | 'LIMIT_REACHED' | undefined {
    const needed = bytes + NEAR_BYTES;
    if ((this.#limits.freeBytes ?? freeBytesOf)(this.#folder) < needed) return 'DISK_FULL';
    const largest = Math.min(this.#limits.maxBytes, largestFileBytes());
    return fileBytes(this.#file) + needed > largest ? 'LIMIT_REACHED' : undefined;
  }

  /** Look again at the next write, whatever its size. */
  checkNext(): void {
    this.#unchecked = CHECK_EVERY_BYTES;
  }
}

/** The system's limit for files (`ulimit -f`); infinite where there is none, or none is told. */
function largestFileBytes(): number {
  try {
    const [, limit] = /^Max file size\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Size of a file in bytes; 0 when there is none. */
export function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
