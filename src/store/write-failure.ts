import { constants } from 'node:os';
import { StoreError } from './ports.js';

/**
 * Why something could not be written. `DISK_FULL`: make room. `LIMIT_REACHED`: the data file has its largest size, by our
 * limit or by the system's for files. `SUSPENDED`: the state cannot be written, so the log waits. `FLUSH_FAILED`: the disk
 * refused, for another reason.
 */
export type WriteFailure = 'DISK_FULL' | 'LIMIT_REACHED' | 'SUSPENDED' | 'FLUSH_FAILED';

/** LMDB's own code for a map that has no more room (`MDB_MAP_FULL` of lmdb.h). */
const MAP_FULL = -30_792;

/**
 * LMDB's codes for pages that are not what they should be (lmdb.h): MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_PANIC, MDB_INVALID,
 * MDB_BAD_TXN, MDB_PROBLEM.
 */
const DAMAGE: ReadonlySet<unknown> = new Set<unknown>([-30_797, -30_796, -30_795, -30_793, -30_782, -30_779]);

const BY_CODE: ReadonlyMap<unknown, WriteFailure> = new Map<unknown, WriteFailure>([
  [MAP_FULL, 'LIMIT_REACHED'],
  [constants.errno.EFBIG, 'LIMIT_REACHED'],
  ['EFBIG', 'LIMIT_REACHED'],
  [constants.errno.ENOSPC, 'DISK_FULL'],
  ['ENOSPC', 'DISK_FULL'],
  [constants.errno.EDQUOT, 'DISK_FULL'],
  ['EDQUOT', 'DISK_FULL'],
]);

/** Deeper chains of causes are cut: a cycle would never end. */
const MAX_CAUSES = 5;

/** Whether a write failed because the file itself is damaged: no room and no other disk would help. */
export function isDamage(failure: unknown): boolean {
  let error = failure;
  for (let depth = 0; error instanceof Error && depth < MAX_CAUSES; depth++) {
    if ('code' in error && DAMAGE.has(error.code)) return true;
    error = error.cause;
  }
  return false;
}

/** @param failure what a failed append or commit rejected with; a text: somebody suspended the log */
export function writeFailureOf(failure: unknown): WriteFailure {
  if (typeof failure === 'string') return 'SUSPENDED';
  let error = failure;
  for (let depth = 0; error instanceof Error && depth < MAX_CAUSES; depth++) {
    if (error instanceof StoreError && error.failure !== undefined) return error.failure;
    const known = BY_CODE.get('code' in error ? error.code : undefined);
    if (known !== undefined) return known;
    error = error.cause;
  }
  return 'FLUSH_FAILED';
}
