import type { HeldRecord, ReleaseRecord } from '../../decision/evidence.js';
import { readHold, readRelease, writeHold, writeRelease } from './ledger-codec.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { ByteSource } from './reused-bytes.js';
import type { Writable } from './writable.js';

/** Of one withdrawal, what its account's ledger does not carry any more. */
export interface KeptWithdrawal {
  readonly hold?: HeldRecord;
  readonly release?: ReleaseRecord;
}

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.KeptWithdrawal`. */
export function encodeWithdrawal(record: KeptWithdrawal, place?: ByteSource): Uint8Array {
  writer.reset();
  if (record.release !== undefined) {
    const mark = writer.mark;
    writeRelease(writer, record.release);
    writer.message(2, mark);
  }
  if (record.hold !== undefined) {
    const mark = writer.mark;
    writeHold(writer, record.hold);
    writer.message(1, mark);
  }
  return writer.take(place);
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeWithdrawal(bytes: Uint8Array): KeptWithdrawal {
  const from = new RecordReader(bytes);
  const record: Writable<KeptWithdrawal> = {};
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    const outer = tag === 0x0a || tag === 0x12 ? from.enter() : undefined;
    if (tag === 0x0a) record.hold = readHold(from);
    else if (tag === 0x12) record.release = readRelease(from);
    else from.skip(tag);
    if (outer !== undefined) from.leave(outer);
  }
  return record;
}
