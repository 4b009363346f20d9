import type {
  AccountRecord,
  LoginFailureHour,
  MailboxAlias,
  MailboxLink,
  SignalFactor,
  SignalRecord,
} from '../../decision/evidence.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { ByteSource } from './reused-bytes.js';
import { aliasForm, channel, signalType } from './words.js';
import type { Writable } from './writable.js';

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.AccountRecord`. */
export function encodeAccount(record: AccountRecord, place?: ByteSource): Uint8Array {
  writer.reset();
  writeAccount(writer, record);
  return writer.take(place);
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeAccount(bytes: Uint8Array): AccountRecord {
  return readAccount(new RecordReader(bytes));
}

/** Serializes as `holdfast.store.v1.MailboxLink`: also the tie-breaker between two links of one mailbox. */
export function encodeLink(link: MailboxLink): Uint8Array {
  writer.reset();
  writeLink(writer, link);
  return writer.take();
}

export function writeAccount(to: RecordWriter, record: AccountRecord): void {
  to.optionalDouble(5, record.mailboxDroppedAt);
  to.optionalDouble(4, record.heardAt);
  for (let index = record.mailboxes.length - 1; index >= 0; index--) {
    const link = record.mailboxes[index];
    if (link === undefined) continue;
    const mark = to.mark;
    writeLink(to, link);
    to.message(3, mark);
  }
  for (let index = record.loginFailures.length - 1; index >= 0; index--) {
    const hour = record.loginFailures[index];
    if (hour === undefined) continue;
    const mark = to.mark;
    if (hour.count !== undefined) to.unsigned(3, hour.count);
    to.packedFixed32(2, hour.ids);
    to.unsigned(1, hour.hour);
    to.message(2, mark);
  }
  for (let index = record.signals.length - 1; index >= 0; index--) {
    const signal = record.signals[index];
    if (signal === undefined) continue;
    const mark = to.mark;
    writeSignal(to, signal);
    to.message(1, mark);
  }
}

export function writeSignal(to: RecordWriter, signal: SignalRecord): void {
  to.flag(11, signal.anyFactor === true);
  to.flag(10, signal.anyChannel === true);
  to.optionalDouble(9, signal.since);
  if (signal.factor !== undefined) {
    const mark = to.mark;
    writeFactor(to, signal.factor);
    to.message(8, mark);
  }
  to.text(7, signal.mailbox);
  to.text(6, signal.channel);
  to.double(5, signal.receivedAt);
  to.double(4, signal.occurredAt);
  to.text(3, signal.digest);
  to.text(2, signal.id);
  to.text(1, signal.type);
}

function writeFactor(to: RecordWriter, factor: SignalFactor): void {
  to.optionalDouble(4, factor.verifiedAt);
  to.optionalDouble(3, factor.enrolledAt);
  to.text(2, factor.id);
  to.text(1, factor.channel);
}

export function writeLink(to: RecordWriter, link: MailboxLink): void {
  to.double(5, link.lastUsedAt);
  to.text(4, link.operator);
  to.text(3, link.domain);
  for (let index = link.aliases.length - 1; index >= 0; index--) {
    const alias = link.aliases[index];
    if (alias === undefined) continue;
    const mark = to.mark;
    to.text(2, alias.form);
    to.text(1, alias.alias);
    to.message(2, mark);
  }
  to.text(1, link.alias);
}

/** Reads to the end of the current message. */
export function readAccount(from: RecordReader): AccountRecord {
  const signals: SignalRecord[] = [];
  const loginFailures: LoginFailureHour[] = [];
  const mailboxes: MailboxLink[] = [];
  const account: Writable<AccountRecord> = { signals, loginFailures, mailboxes };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    const outer = (tag & 7) === 2 && tag <= 0x1a ? from.enter() : undefined;
    if (tag === 0x0a) signals.push(readSignal(from));
    else if (tag === 0x12) loginFailures.push(readHour(from));
    else if (tag === 0x1a) mailboxes.push(readLink(from));
    else if (tag === 0x21) account.heardAt = from.double();
    else if (tag === 0x29) account.mailboxDroppedAt = from.double();
    else from.skip(tag);
    if (outer !== undefined) from.leave(outer);
  }
  return account;
}

export function readSignal(from: RecordReader): SignalRecord {
  const signal: Writable<SignalRecord> = {
    type: 'PASSWORD_RESET',
    id: '',
    digest: '',
    occurredAt: 0,
    receivedAt: 0,
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    switch (tag) {
      case 0x0a:
        signal.type = signalType(from.text());
        break;
      case 0x12:
        signal.id = from.text();
        break;
      case 0x1a:
        signal.digest = from.text();
        break;
      case 0x21:
        signal.occurredAt = from.double();
        break;
      case 0x29:
        signal.receivedAt = from.double();
        break;
      case 0x32:
        signal.channel = channel(from.text());
        break;
      case 0x3a:
        signal.mailbox = from.text();
        break;
      case 0x42: {
        const outer = from.enter();
        signal.factor = readFactor(from);
        from.leave(outer);
        break;
      }
      case 0x49:
        signal.since = from.double();
        break;
      case 0x50:
        if (from.flag()) signal.anyChannel = true;
        break;
      case 0x58:
        if (from.flag()) signal.anyFactor = true;
        break;
      default:
        from.skip(tag);
    }
  }
  return signal;
}

function readFactor(from: RecordReader): SignalFactor {
  const factor: Writable<SignalFactor> = { channel: 'EMAIL' };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) factor.channel = channel(from.text());
    else if (tag === 0x12) factor.id = from.text();
    else if (tag === 0x19) factor.enrolledAt = from.double();
    else if (tag === 0x21) factor.verifiedAt = from.double();
    else from.skip(tag);
  }
  return factor;
}

function readHour(from: RecordReader): LoginFailureHour {
  let hour = 0;
  let ids: readonly number[] = [];
  let count: number | undefined;
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x08) hour = from.unsigned();
    else if (tag === 0x12) ids = from.packedFixed32();
    else if (tag === 0x18) count = from.unsigned();
    else from.skip(tag);
  }
  return count === undefined ? { hour, ids } : { hour, ids, count };
}

export function readLink(from: RecordReader): MailboxLink {
  const aliases: MailboxAlias[] = [];
  const link: Writable<MailboxLink> = { alias: '', aliases, domain: '', lastUsedAt: 0 };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    switch (tag) {
      case 0x0a:
        link.alias = from.text();
        break;
      case 0x12: {
        const outer = from.enter();
        aliases.push(readAlias(from));
        from.leave(outer);
        break;
      }
      case 0x1a:
        link.domain = from.text();
        break;
      case 0x22:
        link.operator = from.text();
        break;
      case 0x29:
        link.lastUsedAt = from.double();
        break;
      default:
        from.skip(tag);
    }
  }
  return link;
}

function readAlias(from: RecordReader): MailboxAlias {
  let alias = '';
  let form = '';
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) alias = from.text();
    else if (tag === 0x12) form = from.text();
    else from.skip(tag);
  }
  return { alias, form: aliasForm(form) };
}
