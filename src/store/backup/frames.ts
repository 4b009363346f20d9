import { crc32 } from 'node:zlib';

/** First bytes of every backup; the digit is that of the format. */
export const MAGIC = Buffer.from('HOLDFAST-BACKUP-1\n');
export const MAGIC_FAMILY = Buffer.from('HOLDFAST-BACKUP-');

/**
 * What a frame holds. An archive is {@link MAGIC}, then frames in this order: one manifest, perhaps sealed keys, rows of
 * the mirror, rows of the state, entries of the log, one end.
 */
export const FRAME = { manifest: 1, keys: 2, mirror: 3, state: 4, entry: 5, end: 6 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** Length of the payload, kind, CRC-32 of these five; so a cut file and a changed one are told apart. */
export const HEAD_BYTES = 9;

/** CRC-32 of the payload. */
export const TAIL_BYTES = 4;

/** Of the place of an entry, before its bytes. */
export const POSITION_BYTES = 6;

/** Larger than any entry or row. */
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

export interface Frame {
  readonly kind: number;
  readonly payload: Buffer;
}

export function frameBytes(kind: FrameKind, ...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  let length = 0;
  let crc = 0;
  for (const part of parts) {
    length += part.length;
    crc = crc32(part, crc);
  }
  if (length > MAX_PAYLOAD_BYTES) throw new RangeError(`a frame of ${length} bytes`);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(length, 0);
  head.writeUInt8(kind, 4);
  head.writeUInt32LE(crc32(head.subarray(0, 5)), 5);
  const tail = Buffer.alloc(TAIL_BYTES);
  tail.writeUInt32LE(crc, 0);
  return [head, ...parts, tail];
}

/** @returns undefined if the head is not what was written */
export function readHead(head: Buffer): { readonly kind: number; readonly length: number } | undefined {
  if (crc32(head.subarray(0, 5)) !== head.readUInt32LE(5)) return undefined;
  const length = head.readUInt32LE(0);
  return length > MAX_PAYLOAD_BYTES ? undefined : { kind: head.readUInt8(4), length };
}

/** Texts and bytes behind one another, each with its length before it. */
export function packed(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length, 0);
      return [length, bytes];
    }),
  );
}

/** @returns undefined if these are not `count` parts of {@link packed} */
export function unpacked(payload: Buffer, count: number): readonly Buffer[] | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 4 <= payload.length) {
    const length = payload.readUInt32LE(at);
    at += 4;
    if (at + length > payload.length) return undefined;
    parts.push(payload.subarray(at, at + length));
    at += length;
  }
  return at === payload.length && parts.length === count ? parts : undefined;
}
