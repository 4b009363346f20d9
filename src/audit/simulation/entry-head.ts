import type { UnixMs } from '../../decision/vocabulary.js';

/** What an entry is and when it came, without reading the rest of it. */
export interface EntryHead {
  readonly kind: string;
  readonly id: string;
  readonly receivedAt: UnixMs;
}

// `holdfast.store.v1.LogEntry` as the log writes it: format, kind, id, each with its tag; kind and id are short.
const KIND_LENGTH_AT = 3;
const KIND_AT = 4;
const TAG_KIND = 0x12;
const TAG_ID = 0x1a;
const UUID_LENGTH = 36;
/** Where the 12 hexadecimal digits of the time stand in a UUIDv7: eight, a dash, four. */
const TIME_HIGH = 8;
const TIME_LOW_AT = 9;
const TIME_END = 13;

/**
 * Reads the head of an entry from its first bytes: the id of an entry begins with the time of its receipt. A walk over a
 * long log looks at every entry, and wants few.
 *
 * @returns undefined when the bytes do not begin as the log writes them: read the whole entry then
 */
export function entryHead(bytes: Uint8Array): EntryHead | undefined {
  const kindLength = bytes[KIND_LENGTH_AT] ?? 0;
  const idAt = KIND_AT + kindLength + 2;
  if (bytes[2] !== TAG_KIND || bytes[idAt - 2] !== TAG_ID || bytes[idAt - 1] !== UUID_LENGTH)
    return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = text.toString('latin1', idAt, idAt + UUID_LENGTH);
  const time = id.slice(0, TIME_HIGH) + id.slice(TIME_LOW_AT, TIME_END);
  return {
    kind: text.toString('latin1', KIND_AT, KIND_AT + kindLength),
    id,
    receivedAt: Number.parseInt(time, 16),
  };
}
