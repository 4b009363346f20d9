import type { HeldRecord, LedgerRecord, ReleaseRecord, SpendRecord } from '../../decision/evidence.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { ByteSource } from './reused-bytes.js';

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.LedgerRecord`. */
export function encodeLedger(record: LedgerRecord, place?: ByteSource): Uint8Array {
  writer.reset();
  writeLedger(writer, record);
  return writer.take(place);
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeLedger(bytes: Uint8Array): LedgerRecord {
  return readLedger(new RecordReader(bytes));
}

export function writeLedger(to: RecordWriter, record: LedgerRecord): void {
  for (let index = record.releases.length - 1; index >= 0; index--) {
    const release = record.releases[index];
    if (release === undefined) continue;
    const mark = to.mark;
    to.double(4, release.releasedAt);
    to.double(3, release.ceiling);
    to.text(2, release.destination);
    to.text(1, release.withdrawal);
    to.message(3, mark);
  }
  for (let index = record.holds.length - 1; index >= 0; index--) {
    const hold = record.holds[index];
    if (hold === undefined) continue;
    const mark = to.mark;
    to.double(2, hold.firstHeldAt);
    to.text(1, hold.withdrawal);
    to.message(2, mark);
  }
  for (let index = record.spends.length - 1; index >= 0; index--) {
    const spend = record.spends[index];
    if (spend === undefined) continue;
    const mark = to.mark;
    to.flag(5, spend.degraded);
    to.flag(4, spend.counted);
    to.double(3, spend.value);
    to.unsigned(2, spend.minute);
    to.text(1, spend.withdrawal);
    to.message(1, mark);
  }
}

/** Reads to the end of the current message. */
export function readLedger(from: RecordReader): LedgerRecord {
  const spends: SpendRecord[] = [];
  const holds: HeldRecord[] = [];
  const releases: ReleaseRecord[] = [];
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    const outer = (tag & 7) === 2 && tag <= 0x1a ? from.enter() : undefined;
    if (tag === 0x0a) spends.push(readSpend(from));
    else if (tag === 0x12) holds.push(readHold(from));
    else if (tag === 0x1a) releases.push(readRelease(from));
    else from.skip(tag);
    if (outer !== undefined) from.leave(outer);
  }
  return { spends, holds, releases };
}

function readSpend(from: RecordReader): SpendRecord {
  let withdrawal = '';
  let minute = 0;
  let value = 0;
  let counted = false;
  let degraded = false;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) withdrawal = from.text();
    else if (tag === 0x10) minute = from.unsigned();
    else if (tag === 0x19) value = from.double();
    else if (tag === 0x20) counted = from.flag();
    else if (tag === 0x28) degraded = from.flag();
    else from.skip(tag);
  }
  return { withdrawal, minute, value, counted, degraded };
}

function readHold(from: RecordReader): HeldRecord {
  let withdrawal = '';
  let firstHeldAt = 0;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) withdrawal = from.text();
    else if (tag === 0x11) firstHeldAt = from.double();
    else from.skip(tag);
  }
  return { withdrawal, firstHeldAt };
}

function readRelease(from: RecordReader): ReleaseRecord {
  let withdrawal = '';
  let destination = '';
  let ceiling = 0;
  let releasedAt = 0;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) withdrawal = from.text();
    else if (tag === 0x12) destination = from.text();
    else if (tag === 0x19) ceiling = from.double();
    else if (tag === 0x21) releasedAt = from.double();
    else from.skip(tag);
  }
  return { withdrawal, destination, ceiling, releasedAt };
}
