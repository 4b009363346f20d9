import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** First word of an LMDB meta page. */
const LMDB_MAGIC = 0xbeefc0de;

/** Length of the page header before it, and offsets within the meta record, for 64-bit files (`MDB_meta`). */
const PAGE_HEADER_BYTES = 24;
const PAGE_SIZE_AT = 24;
const LAST_PAGE_AT = 120;
const META_BYTES = 136;

const META_PAGES = 2;

/**
 * Pages by which a sound file may be shorter than its header says: LMDB never writes pages that were freed in the
 * transaction that made them.
 */
const UNWRITTEN_PAGES = 64;

export type DataFileCheck =
  | { readonly kind: 'absent' }
  | { readonly kind: 'plausible' }
  | { readonly kind: 'damaged'; readonly why: string };

/**
 * Looks at a data file before LMDB maps it: reading a mapped file beyond its end kills the process, where no `catch`
 * helps. Finds files that are something else or were cut off; damage inside is left to checksums.
 */
export function checkDataFile(path: string): DataFileCheck {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'absent' };
    throw error;
  }
  try {
    return checkOpenFile(file);
  } finally {
    closeSync(file);
  }
}

function checkOpenFile(file: number): DataFileCheck {
  const sizeBytes = fstatSync(file).size;
  const first = readMeta(file, 0);
  if (first === undefined) return { kind: 'damaged', why: 'it does not begin like a data file' };
  const second = readMeta(file, first.pageBytes);
  if (second === undefined) return { kind: 'damaged', why: 'its second header is not readable' };
  const lastPage = Math.max(first.lastPage, second.lastPage);
  const neededPages = Math.max(META_PAGES, lastPage + 1 - UNWRITTEN_PAGES);
  if (sizeBytes < neededPages * first.pageBytes) {
    return { kind: 'damaged', why: `it is cut off after ${sizeBytes} bytes` };
  }
  return { kind: 'plausible' };
}

function readMeta(file: number, pageAt: number): { pageBytes: number; lastPage: number } | undefined {
  const meta = Buffer.alloc(META_BYTES);
  if (readSync(file, meta, 0, META_BYTES, pageAt + PAGE_HEADER_BYTES) < META_BYTES) return undefined;
  if (meta.readUInt32LE(0) !== LMDB_MAGIC) return undefined;
  const pageBytes = meta.readUInt32LE(PAGE_SIZE_AT);
  const lastPage = Number(meta.readBigUInt64LE(LAST_PAGE_AT));
  const isPowerOfTwo = pageBytes > 0 && (pageBytes & (pageBytes - 1)) === 0;
  return isPowerOfTwo ? { pageBytes, lastPage } : undefined;
}
