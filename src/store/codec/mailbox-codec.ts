import type { MailboxRecord, ProviderEventRecord, RetractionRecord } from '../../decision/evidence.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { ByteSource } from './reused-bytes.js';
import { providerEventType } from './words.js';
import type { Writable } from './writable.js';

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.MailboxRecord`. */
export function encodeMailbox(record: MailboxRecord, place?: ByteSource): Uint8Array {
  writer.reset();
  writeMailbox(writer, record);
  return writer.take(place);
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeMailbox(bytes: Uint8Array): MailboxRecord {
  return readMailbox(new RecordReader(bytes));
}

export function writeMailbox(to: RecordWriter, record: MailboxRecord): void {
  to.optionalDouble(3, record.heardAt);
  for (let index = record.retractions.length - 1; index >= 0; index--) {
    const retraction = record.retractions[index];
    if (retraction === undefined) continue;
    const mark = to.mark;
    writeRetraction(to, retraction);
    to.message(2, mark);
  }
  for (let index = record.events.length - 1; index >= 0; index--) {
    const event = record.events[index];
    if (event === undefined) continue;
    const mark = to.mark;
    writeProviderEvent(to, event);
    to.message(1, mark);
  }
}

export function writeProviderEvent(to: RecordWriter, event: ProviderEventRecord): void {
  to.optionalDouble(10, event.since);
  to.double(9, event.confidence);
  to.flag(8, event.unauthorised);
  to.flag(7, event.timeIs === 'DISCOVERED');
  to.double(6, event.receivedAt);
  to.double(5, event.issuedAt);
  to.double(4, event.occurredAt);
  to.text(3, event.id);
  to.text(2, event.provider);
  to.text(1, event.type);
}

export function writeRetraction(to: RecordWriter, retraction: RetractionRecord): void {
  to.optionalDouble(4, retraction.receivedAt);
  to.double(3, retraction.issuedAt);
  to.text(2, retraction.id);
  to.text(1, retraction.provider);
}

/** Reads to the end of the current message. */
export function readMailbox(from: RecordReader): MailboxRecord {
  const events: ProviderEventRecord[] = [];
  const retractions: RetractionRecord[] = [];
  const record: Writable<MailboxRecord> = { events, retractions };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    const outer = tag === 0x0a || tag === 0x12 ? from.enter() : undefined;
    if (tag === 0x0a) events.push(readProviderEvent(from));
    else if (tag === 0x12) retractions.push(readRetraction(from));
    else if (tag === 0x19) record.heardAt = from.double();
    else from.skip(tag);
    if (outer !== undefined) from.leave(outer);
  }
  return record;
}

export function readProviderEvent(from: RecordReader): ProviderEventRecord {
  const event: Writable<ProviderEventRecord> = {
    type: 'SESSION_ESTABLISHED',
    provider: '',
    id: '',
    occurredAt: 0,
    issuedAt: 0,
    receivedAt: 0,
    timeIs: 'OCCURRED',
    unauthorised: false,
    confidence: 0,
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    switch (tag) {
      case 0x0a:
        event.type = providerEventType(from.text());
        break;
      case 0x12:
        event.provider = from.text();
        break;
      case 0x1a:
        event.id = from.text();
        break;
      case 0x21:
        event.occurredAt = from.double();
        break;
      case 0x29:
        event.issuedAt = from.double();
        break;
      case 0x31:
        event.receivedAt = from.double();
        break;
      case 0x38:
        event.timeIs = from.flag() ? 'DISCOVERED' : 'OCCURRED';
        break;
      case 0x40:
        event.unauthorised = from.flag();
        break;
      case 0x49:
        event.confidence = from.double();
        break;
      case 0x51:
        event.since = from.double();
        break;
      default:
        from.skip(tag);
    }
  }
  return event;
}

export function readRetraction(from: RecordReader): RetractionRecord {
  const retraction: Writable<RetractionRecord> = { provider: '', id: '', issuedAt: 0 };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) retraction.provider = from.text();
    else if (tag === 0x12) retraction.id = from.text();
    else if (tag === 0x19) retraction.issuedAt = from.double();
    else if (tag === 0x21) retraction.receivedAt = from.double();
    else from.skip(tag);
  }
  return retraction;
}
