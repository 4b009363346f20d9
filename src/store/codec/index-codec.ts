import type { RetractionRecord } from '../../decision/evidence.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import type { LogPosition } from '../ports.js';
import { readRetraction, writeRetraction } from './mailbox-codec.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { ByteSource } from './reused-bytes.js';
import type { Writable } from './writable.js';

/** A request id that was answered. */
export interface AnsweredRequest {
  readonly position: LogPosition;
  readonly receivedAt: UnixMs;
}

/** A signal id that is taken. */
export interface SignalMark {
  readonly digest: string;
  readonly occurredAt: UnixMs;
}

/** What is known of one token of a provider. */
export interface TokenMark {
  /** Absent if only its retraction has come. */
  readonly seenAt?: UnixMs;
  /** Aliases under which its event is kept, ascending. */
  readonly aliases: readonly string[];
  /** Id of the cohort that it describes; absent if none. */
  readonly cohort?: string;
  readonly retraction?: RetractionRecord;
}

/** What became of one assessment. */
export interface OutcomeMark {
  readonly label: string;
  readonly reportedBy: string;
  readonly observedAt: UnixMs;
}

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.AnsweredRequest`. */
export function encodeAnsweredRequest(mark: AnsweredRequest, place?: ByteSource): Uint8Array {
  writer.reset();
  writer.double(2, mark.receivedAt);
  writer.double(1, mark.position);
  return writer.take(place);
}

/** @throws StoreError code `STATE_CORRUPT`, as all readers here */
export function decodeAnsweredRequest(bytes: Uint8Array): AnsweredRequest {
  const from = new RecordReader(bytes);
  let position = 0;
  let receivedAt = 0;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x09) position = from.double();
    else if (tag === 0x11) receivedAt = from.double();
    else from.skip(tag);
  }
  return { position, receivedAt };
}

/** Serializes as `holdfast.store.v1.SignalMark`. */
export function encodeSignalMark(mark: SignalMark, place?: ByteSource): Uint8Array {
  writer.reset();
  writer.double(2, mark.occurredAt);
  writer.text(1, mark.digest);
  return writer.take(place);
}

export function decodeSignalMark(bytes: Uint8Array): SignalMark {
  const from = new RecordReader(bytes);
  let digest = '';
  let occurredAt = 0;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) digest = from.text();
    else if (tag === 0x11) occurredAt = from.double();
    else from.skip(tag);
  }
  return { digest, occurredAt };
}

/** Serializes as `holdfast.store.v1.TokenMark`. */
export function encodeTokenMark(mark: TokenMark, place?: ByteSource): Uint8Array {
  writer.reset();
  if (mark.retraction !== undefined) {
    const start = writer.mark;
    writeRetraction(writer, mark.retraction);
    writer.message(4, start);
  }
  writer.text(3, mark.cohort);
  for (let index = mark.aliases.length - 1; index >= 0; index--) writer.element(2, mark.aliases[index] ?? '');
  writer.optionalDouble(1, mark.seenAt);
  return writer.take(place);
}

export function decodeTokenMark(bytes: Uint8Array): TokenMark {
  const from = new RecordReader(bytes);
  const aliases: string[] = [];
  const mark: Writable<TokenMark> = { aliases };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x09) mark.seenAt = from.double();
    else if (tag === 0x12) aliases.push(from.text());
    else if (tag === 0x1a) mark.cohort = from.text();
    else if (tag === 0x22) {
      const outer = from.enter();
      mark.retraction = readRetraction(from);
      from.leave(outer);
    } else from.skip(tag);
  }
  return mark;
}

/** Serializes as `holdfast.store.v1.OutcomeMark`. */
export function encodeOutcomeMark(mark: OutcomeMark, place?: ByteSource): Uint8Array {
  writer.reset();
  writer.double(3, mark.observedAt);
  writer.text(2, mark.reportedBy);
  writer.text(1, mark.label);
  return writer.take(place);
}

export function decodeOutcomeMark(bytes: Uint8Array): OutcomeMark {
  const from = new RecordReader(bytes);
  let label = '';
  let reportedBy = '';
  let observedAt = 0;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) label = from.text();
    else if (tag === 0x12) reportedBy = from.text();
    else if (tag === 0x19) observedAt = from.double();
    else from.skip(tag);
  }
  return { label, reportedBy, observedAt };
}
