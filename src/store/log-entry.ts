import { crc32 } from 'node:zlib';
import { SHORT_LIVED } from './codec/byte-slab.js';
import { RecordReader } from './codec/record-reader.js';
import type { ByteSource } from './codec/reused-bytes.js';
import type { Writable } from './codec/writable.js';
import { type LogPosition, StoreError } from './ports.js';

/** Format of the envelope that this version writes and reads. */
const ENVELOPE_FORMAT = 1;

/** What Holdfast tells an operator whose log cannot be read. */
export const RESTORE_ADVICE =
  'restore it from a backup with `holdfast backup restore`, or from a copy of a stopped folder with `holdfast restore`';

/** The envelope of one entry, without its place in the log. */
export interface LogEnvelope {
  readonly kind: string;
  /** UUIDv7: see `src/journal/ids.ts`. */
  readonly id: string;
  /** Empty for what is shared by all. */
  readonly tenant: string;
  /** Unix milliseconds. */
  readonly receivedAt: number;
  /** What the wall clock said, where it was not confirmed; `receivedAt` is then reckoned. */
  readonly unconfirmedAt?: number;
  readonly payload: Uint8Array;
}

// Tags of `holdfast.store.v1.LogEntry`: field number << 3 | wire type.
const TAG_FORMAT = 0x08;
const TAG_KIND = 0x12;
const TAG_ID = 0x1a;
const TAG_TENANT = 0x22;
const TAG_RECEIVED_AT = 0x29;
const TAG_PAYLOAD = 0x32;
const TAG_CRC = 0x3d;
const TAG_UNCONFIRMED_AT = 0x41;

const NO_BYTES = new Uint8Array(0);

const FORMAT_FIELD_BYTES = 2;
const DOUBLE_FIELD_BYTES = 9;
const FIXED32_FIELD_BYTES = 5;

/**
 * Serializes an envelope as `holdfast.store.v1.LogEntry`.
 *
 * Written by hand because it runs once for every answer; a test holds it equal to the generated encoder.
 *
 * @param place where the bytes are put; by default they do not change any more
 */
export function encodeLogEntry(envelope: LogEnvelope, place: ByteSource = SHORT_LIVED): Uint8Array {
  const { kind, id, tenant, receivedAt, unconfirmedAt, payload } = envelope;
  const kindBytes = Buffer.byteLength(kind);
  const idBytes = Buffer.byteLength(id);
  const tenantBytes = Buffer.byteLength(tenant);
  const payloadCrc = crc32(payload);
  const out = place.bytes(
    FORMAT_FIELD_BYTES +
      lengthDelimitedSize(kindBytes) +
      lengthDelimitedSize(idBytes) +
      lengthDelimitedSize(tenantBytes) +
      (receivedAt === 0 ? 0 : DOUBLE_FIELD_BYTES) +
      lengthDelimitedSize(payload.length) +
      (payloadCrc === 0 ? 0 : FIXED32_FIELD_BYTES) +
      (unconfirmedAt === undefined ? 0 : DOUBLE_FIELD_BYTES),
  );
  out[0] = TAG_FORMAT;
  out[1] = ENVELOPE_FORMAT;
  let at = FORMAT_FIELD_BYTES;
  at = writeText(out, at, TAG_KIND, kind, kindBytes);
  at = writeText(out, at, TAG_ID, id, idBytes);
  at = writeText(out, at, TAG_TENANT, tenant, tenantBytes);
  if (receivedAt !== 0) {
    out[at] = TAG_RECEIVED_AT;
    at = out.writeDoubleLE(receivedAt, at + 1);
  }
  if (payload.length > 0) {
    at = writeHead(out, at, TAG_PAYLOAD, payload.length);
    out.set(payload, at);
    at += payload.length;
  }
  if (payloadCrc !== 0) {
    out[at] = TAG_CRC;
    at = out.writeUInt32LE(payloadCrc, at + 1);
  }
  if (unconfirmedAt !== undefined) {
    out[at] = TAG_UNCONFIRMED_AT;
    out.writeDoubleLE(unconfirmedAt, at + 1);
  }
  return out;
}

/**
 * Reads an envelope and checks its payload against the checksum. By hand too: a walk over the log reads millions.
 *
 * @throws StoreError code `LOG_CORRUPT`, naming the position, when it is not what was written
 */
export function decodeLogEntry(position: LogPosition, bytes: Uint8Array): LogEnvelope {
  return readLogEntry(position, new RecordReader(bytes));
}

/**
 * Reads an envelope as {@link decodeLogEntry} does, to the end of the current message.
 *
 * @throws StoreError code `LOG_CORRUPT`
 */
export function readLogEntry(position: LogPosition, from: RecordReader): LogEnvelope {
  const entry: Writable<LogEnvelope> = { kind: '', id: '', tenant: '', receivedAt: 0, payload: NO_BYTES };
  let format = 0;
  let payloadCrc = 0;
  try {
    for (let tag = from.next(); tag !== 0; tag = from.next()) {
      switch (tag) {
        case TAG_FORMAT:
          format = from.unsigned();
          break;
        case TAG_KIND:
          entry.kind = from.text();
          break;
        case TAG_ID:
          entry.id = from.text();
          break;
        case TAG_TENANT:
          entry.tenant = from.text();
          break;
        case TAG_RECEIVED_AT:
          entry.receivedAt = from.double();
          break;
        case TAG_PAYLOAD:
          entry.payload = from.bytes();
          break;
        case TAG_CRC:
          payloadCrc = from.fixed32();
          break;
        case TAG_UNCONFIRMED_AT:
          entry.unconfirmedAt = from.double();
          break;
        default:
          from.skip(tag);
      }
    }
  } catch (cause) {
    throw corrupt(position, 'it cannot be parsed', cause);
  }
  if (format !== ENVELOPE_FORMAT) {
    throw corrupt(position, `it has envelope format ${format}, this version reads ${ENVELOPE_FORMAT}`);
  }
  if (crc32(entry.payload) !== payloadCrc) throw corrupt(position, 'its checksum does not match');
  return entry;
}

function corrupt(position: LogPosition, why: string, cause?: unknown): StoreError {
  return new StoreError('LOG_CORRUPT', `log entry ${position} is damaged: ${why}; ${RESTORE_ADVICE}`, {
    cause,
  });
}

function lengthDelimitedSize(bytes: number): number {
  return bytes === 0 ? 0 : 1 + varintSize(bytes) + bytes;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) size++;
  return size;
}

function writeHead(out: Buffer, at: number, tag: number, length: number): number {
  out[at++] = tag;
  let rest = length;
  while (rest > 0x7f) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

function writeText(out: Buffer, at: number, tag: number, text: string, bytes: number): number {
  if (bytes === 0) return at;
  const start = writeHead(out, at, tag, bytes);
  out.write(text, start, bytes, 'utf8');
  return start + bytes;
}
