import { readCohort, writeCohort } from './cohort-codec.js';
import type { ProviderContent, ProviderEventBody } from './entry-bodies.js';
import { readProviderEvent, readRetraction, writeProviderEvent, writeRetraction } from './mailbox-codec.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.ProviderEventEntry`. */
export function encodeProviderEvent(body: ProviderEventBody): Uint8Array {
  const { content } = body;
  writer.reset();
  writer.optionalDouble(8, body.seq);
  writer.text(7, body.provider);
  writer.text(6, body.tokenId);
  const mark = writer.mark;
  switch (content.kind) {
    case 'event':
      writeProviderEvent(writer, content.event);
      writer.message(2, mark);
      writer.text(1, content.alias);
      break;
    case 'cohort':
      writeCohort(writer, content.cohort);
      writer.message(3, mark);
      break;
    case 'retraction':
      writeRetraction(writer, content.retraction);
      writer.message(4, mark);
      break;
    case 'unknown-type':
      writer.element(5, content.type);
      break;
    default:
      content satisfies never;
  }
  return writer.take();
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeProviderEvent(bytes: Uint8Array): ProviderEventBody {
  const from = new RecordReader(bytes);
  let provider = '';
  let tokenId = '';
  let alias = '';
  let seq: number | undefined;
  // A body that only a newer version knows is, to this one, of an unknown type.
  let content: ProviderContent = { kind: 'unknown-type', type: '' };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    const outer = tag === 0x12 || tag === 0x1a || tag === 0x22 ? from.enter() : undefined;
    if (tag === 0x0a) alias = from.text();
    else if (tag === 0x12) content = { kind: 'event', alias: '', event: readProviderEvent(from) };
    else if (tag === 0x1a) content = { kind: 'cohort', cohort: readCohort(from) };
    else if (tag === 0x22) content = { kind: 'retraction', retraction: readRetraction(from) };
    else if (tag === 0x2a) content = { kind: 'unknown-type', type: from.text() };
    else if (tag === 0x32) tokenId = from.text();
    else if (tag === 0x3a) provider = from.text();
    else if (tag === 0x41) seq = from.double();
    else from.skip(tag);
    if (outer !== undefined) from.leave(outer);
  }
  if (content.kind === 'event') content = { ...content, alias };
  return { kind: 'provider-event', provider, tokenId, ...(seq === undefined ? {} : { seq }), content };
}
