import type { HeldRecord, LedgerRecord, ReleaseRecord, SpendRecord } from '../../decision/evidence.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import type { LogPosition } from '../ports.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { ByteSource } from './reused-bytes.js';

/** What the state keeps of an account's withdrawals. */
export interface AccountLedger {
  readonly ledger: LedgerRecord;
  /** Of the account's latest assessment; 0: none. Each says where the one before it is. */
  readonly latestPosition: LogPosition;
  /** When that was made. */
  readonly latestAt: UnixMs;
}

const NO_LEDGER: LedgerRecord = { spends: [], holds: [], releases: [] };
const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.AccountLedger`. */
export function encodeAccountLedger(record: AccountLedger, place?: ByteSource): Uint8Array {
  writer.reset();
  writer.double(3, record.latestAt);
  writer.double(2, record.latestPosition);
  const mark = writer.mark;
  writeLedger(writer, record.ledger);
  writer.message(1, mark);
  return writer.take(place);
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeAccountLedger(bytes: Uint8Array): AccountLedger {
  const from = new RecordReader(bytes);
  let ledger = NO_LEDGER;
  let latestPosition = 0;
  let latestAt = 0;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) {
      const outer = from.enter();
      ledger = readLedger(from);
      from.leave(outer);
    } else if (tag === 0x11) latestPosition = from.double();
    else if (tag === 0x19) latestAt = from.double();
    else from.skip(tag);
  }
  return { ledger, latestPosition, latestAt };
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
    to.optionalDouble(3, hold.leadMs);
    to.double(2, hold.firstHeldAt);
    to.text(1, hold.withdrawal);
    to.message(2, mark);
  }
  for (let index = record.spends.length - 1; index >= 0; index--) {
    const spend = record.spends[index];
    if (spend === undefined) continue;
    const mark = to.mark;
    to.optionalDouble(6, spend.leadMs);
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
  let leadMs: number | undefined;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) withdrawal = from.text();
    else if (tag === 0x10) minute = from.unsigned();
    else if (tag === 0x19) value = from.double();
    else if (tag === 0x20) counted = from.flag();
    else if (tag === 0x28) degraded = from.flag();
    else if (tag === 0x31) leadMs = from.double();
    else from.skip(tag);
  }
  const spend = { withdrawal, minute, value, counted, degraded };
  return leadMs === undefined ? spend : { ...spend, leadMs };
}

function readHold(from: RecordReader): HeldRecord {
  let withdrawal = '';
  let firstHeldAt = 0;
  let leadMs: number | undefined;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) withdrawal = from.text();
    else if (tag === 0x11) firstHeldAt = from.double();
    else if (tag === 0x19) leadMs = from.double();
    else from.skip(tag);
  }
  return leadMs === undefined ? { withdrawal, firstHeldAt } : { withdrawal, firstHeldAt, leadMs };
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
