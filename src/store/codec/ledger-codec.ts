import type {
  BalanceRecord,
  HeldRecord,
  LedgerRecord,
  OutflowRecord,
  ReleaseRecord,
  SpendRecord,
  UseRecord,
} from '../../decision/evidence.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import type { LogPosition } from '../ports.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { ByteSource } from './reused-bytes.js';
import type { Writable } from './writable.js';

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
  if (record.uses !== undefined) writeEach(to, 6, record.uses, writeUse);
  if (record.balances !== undefined) writeEach(to, 5, record.balances, writeBalance);
  if (record.outflows !== undefined) writeEach(to, 4, record.outflows, writeOutflow);
  writeEach(to, 3, record.releases, writeRelease);
  writeEach(to, 2, record.holds, writeHold);
  writeEach(to, 1, record.spends, writeSpend);
}

function writeEach<T>(
  to: RecordWriter,
  field: number,
  records: readonly T[],
  write: (to: RecordWriter, record: T) => void,
): void {
  for (let index = records.length - 1; index >= 0; index--) {
    const record = records[index];
    if (record === undefined) continue;
    const mark = to.mark;
    write(to, record);
    to.message(field, mark);
  }
}

/** Reads to the end of the current message. */
export function readLedger(from: RecordReader): LedgerRecord {
  const spends: SpendRecord[] = [];
  const holds: HeldRecord[] = [];
  const releases: ReleaseRecord[] = [];
  const ledger: Writable<LedgerRecord> = { spends, holds, releases };
  const outflows: OutflowRecord[] = [];
  const balances: BalanceRecord[] = [];
  const uses: UseRecord[] = [];
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    const outer = (tag & 7) === 2 && tag <= 0x32 ? from.enter() : undefined;
    if (tag === 0x0a) spends.push(readSpend(from));
    else if (tag === 0x12) holds.push(readHold(from));
    else if (tag === 0x1a) releases.push(readRelease(from));
    else if (tag === 0x22) outflows.push(readOutflow(from));
    else if (tag === 0x2a) balances.push(readBalance(from));
    else if (tag === 0x32) uses.push(readUse(from));
    else from.skip(tag);
    if (outer !== undefined) from.leave(outer);
  }
  if (outflows.length > 0) ledger.outflows = outflows;
  if (balances.length > 0) ledger.balances = balances;
  if (uses.length > 0) ledger.uses = uses;
  return ledger;
}

function writeSpend(to: RecordWriter, spend: SpendRecord): void {
  to.optionalDouble(12, spend.moved);
  to.flag(11, spend.young === true);
  to.text(10, spend.destination);
  to.flag(9, spend.cancelled === true);
  to.flag(8, spend.sent === true);
  to.flag(7, spend.pending === true);
  to.optionalDouble(6, spend.leadMs);
  to.flag(5, spend.degraded);
  to.flag(4, spend.counted);
  to.double(3, spend.value);
  to.unsigned(2, spend.minute);
  to.text(1, spend.withdrawal);
}

function readSpend(from: RecordReader): SpendRecord {
  const spend: Writable<SpendRecord> = {
    withdrawal: '',
    minute: 0,
    value: 0,
    counted: false,
    degraded: false,
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) spend.withdrawal = from.text();
    else if (tag === 0x10) spend.minute = from.unsigned();
    else if (tag === 0x19) spend.value = from.double();
    else if (tag === 0x20) spend.counted = from.flag();
    else if (tag === 0x28) spend.degraded = from.flag();
    else if (tag === 0x31) spend.leadMs = from.double();
    else if (tag === 0x38) setFlag(spend, 'pending', from.flag());
    else if (tag === 0x40) setFlag(spend, 'sent', from.flag());
    else if (tag === 0x48) setFlag(spend, 'cancelled', from.flag());
    else if (tag === 0x52) spend.destination = from.text();
    else if (tag === 0x58) setFlag(spend, 'young', from.flag());
    else if (tag === 0x61) spend.moved = from.double();
    else from.skip(tag);
  }
  return spend;
}

/** A flag that is not set is absent. */
function setFlag<Key extends string>(record: { [K in Key]?: true }, key: Key, isSet: boolean): void {
  if (isSet) record[key] = true;
}

function writeOutflow(to: RecordWriter, outflow: OutflowRecord): void {
  to.flag(6, outflow.sent === true);
  to.flag(5, outflow.young === true);
  to.text(4, outflow.destination);
  to.double(3, outflow.value);
  to.unsigned(2, outflow.minute);
  to.text(1, outflow.withdrawal);
}

function readOutflow(from: RecordReader): OutflowRecord {
  const outflow: Writable<OutflowRecord> = { withdrawal: '', minute: 0, value: 0 };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) outflow.withdrawal = from.text();
    else if (tag === 0x10) outflow.minute = from.unsigned();
    else if (tag === 0x19) outflow.value = from.double();
    else if (tag === 0x22) outflow.destination = from.text();
    else if (tag === 0x28) setFlag(outflow, 'young', from.flag());
    else if (tag === 0x30) setFlag(outflow, 'sent', from.flag());
    else from.skip(tag);
  }
  return outflow;
}

function writeBalance(to: RecordWriter, { minute, balance }: BalanceRecord): void {
  to.double(2, balance);
  to.unsigned(1, minute);
}

function readBalance(from: RecordReader): BalanceRecord {
  let minute = 0;
  let balance = 0;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x08) minute = from.unsigned();
    else if (tag === 0x11) balance = from.double();
    else from.skip(tag);
  }
  return { minute, balance };
}

function writeUse(to: RecordWriter, { tag, first, last }: UseRecord): void {
  to.unsigned(3, last);
  to.unsigned(2, first);
  to.text(1, tag);
}

function readUse(from: RecordReader): UseRecord {
  let name = '';
  let first = 0;
  let last = 0;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) name = from.text();
    else if (tag === 0x10) first = from.unsigned();
    else if (tag === 0x18) last = from.unsigned();
    else from.skip(tag);
  }
  return { tag: name, first, last };
}

/** Writes the fields of `holdfast.store.v1.HeldRecord`. */
export function writeHold(to: RecordWriter, hold: HeldRecord): void {
  to.optionalDouble(7, hold.since);
  to.text(6, hold.amount);
  to.text(5, hold.asset);
  to.text(4, hold.destination);
  to.optionalDouble(3, hold.leadMs);
  to.double(2, hold.firstHeldAt);
  to.text(1, hold.withdrawal);
}

/** Reads to the end of the current message. */
export function readHold(from: RecordReader): HeldRecord {
  const hold: Writable<HeldRecord> = { withdrawal: '', firstHeldAt: 0 };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) hold.withdrawal = from.text();
    else if (tag === 0x11) hold.firstHeldAt = from.double();
    else if (tag === 0x19) hold.leadMs = from.double();
    else if (tag === 0x22) hold.destination = from.text();
    else if (tag === 0x2a) hold.asset = from.text();
    else if (tag === 0x32) hold.amount = from.text();
    else if (tag === 0x39) hold.since = from.double();
    else from.skip(tag);
  }
  return hold;
}

/** Writes the fields of `holdfast.store.v1.ReleaseRecord`. */
export function writeRelease(to: RecordWriter, release: ReleaseRecord): void {
  to.text(6, release.amount);
  to.text(5, release.asset);
  to.double(4, release.releasedAt);
  to.double(3, release.ceiling);
  to.text(2, release.destination);
  to.text(1, release.withdrawal);
}

/** Reads to the end of the current message. */
export function readRelease(from: RecordReader): ReleaseRecord {
  const release: Writable<ReleaseRecord> = { withdrawal: '', destination: '', ceiling: 0, releasedAt: 0 };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) release.withdrawal = from.text();
    else if (tag === 0x12) release.destination = from.text();
    else if (tag === 0x19) release.ceiling = from.double();
    else if (tag === 0x21) release.releasedAt = from.double();
    else if (tag === 0x2a) release.asset = from.text();
    else if (tag === 0x32) release.amount = from.text();
    else from.skip(tag);
  }
  return release;
}
