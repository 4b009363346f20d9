import type { CohortRecord } from '../../decision/evidence.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { Writable } from './writable.js';

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.CohortRecord`. */
export function encodeCohort(record: CohortRecord): Uint8Array {
  writer.reset();
  writeCohort(writer, record);
  return writer.take();
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeCohort(bytes: Uint8Array): CohortRecord {
  return readCohort(new RecordReader(bytes));
}

export function writeCohort(to: RecordWriter, record: CohortRecord): void {
  to.optionalDouble(12, record.retractedAt);
  to.optionalDouble(11, record.latestFrom);
  to.flag(10, record.retracted);
  to.double(9, record.issuedAt);
  to.double(8, record.confidence);
  to.optionalDouble(7, record.share);
  to.optionalDouble(6, record.to);
  to.double(5, record.from);
  to.text(4, record.mechanism);
  for (let index = record.domains.length - 1; index >= 0; index--) to.element(3, record.domains[index] ?? '');
  to.text(2, record.provider);
  to.text(1, record.id);
}

/** Reads to the end of the current message. */
export function readCohort(from: RecordReader): CohortRecord {
  const domains: string[] = [];
  const cohort: Writable<CohortRecord> = {
    id: '',
    provider: '',
    domains,
    mechanism: '',
    from: 0,
    confidence: 0,
    issuedAt: 0,
    retracted: false,
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    switch (tag) {
      case 0x0a:
        cohort.id = from.text();
        break;
      case 0x12:
        cohort.provider = from.text();
        break;
      case 0x1a:
        domains.push(from.text());
        break;
      case 0x22:
        cohort.mechanism = from.text();
        break;
      case 0x29:
        cohort.from = from.double();
        break;
      case 0x31:
        cohort.to = from.double();
        break;
      case 0x39:
        cohort.share = from.double();
        break;
      case 0x41:
        cohort.confidence = from.double();
        break;
      case 0x49:
        cohort.issuedAt = from.double();
        break;
      case 0x50:
        cohort.retracted = from.flag();
        break;
      case 0x59:
        cohort.latestFrom = from.double();
        break;
      case 0x61:
        cohort.retractedAt = from.double();
        break;
      default:
        from.skip(tag);
    }
  }
  return cohort;
}
