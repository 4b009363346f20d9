import type { RequestFacts } from '../../decision/input.js';
import type { ClientDecisionBody } from './entry-bodies.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import { readRequest, writeRequest } from './request-codec.js';
import type { Writable } from './writable.js';

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.ClientDecisionEntry`. */
export function encodeClientDecision(body: ClientDecisionBody): Uint8Array {
  writer.reset();
  writer.text(8, body.client);
  writer.unsigned(7, body.policyNumber);
  writer.text(6, body.cause);
  writer.double(5, body.decidedAt);
  writer.text(4, body.decision);
  const mark = writer.mark;
  writeRequest(writer, body.request);
  writer.message(3, mark);
  writer.text(2, body.digest);
  writer.text(1, body.requestId);
  return writer.take();
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeClientDecision(bytes: Uint8Array): ClientDecisionBody {
  const from = new RecordReader(bytes);
  const body: Writable<ClientDecisionBody> = {
    kind: 'client-decision',
    requestId: '',
    digest: '',
    request: NO_REQUEST,
    // What is not known to have been held went.
    decision: 'ALLOW',
    decidedAt: 0,
    cause: '',
    policyNumber: 0,
    client: '',
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) body.requestId = from.text();
    else if (tag === 0x12) body.digest = from.text();
    else if (tag === 0x1a) {
      const outer = from.enter();
      body.request = readRequest(from);
      from.leave(outer);
    } else if (tag === 0x22) body.decision = from.text() === 'HOLD' ? 'HOLD' : 'ALLOW';
    else if (tag === 0x29) body.decidedAt = from.double();
    else if (tag === 0x32) body.cause = from.text();
    else if (tag === 0x38) body.policyNumber = from.unsigned();
    else if (tag === 0x42) body.client = from.text();
    else from.skip(tag);
  }
  return body;
}

const NO_REQUEST: RequestFacts = {
  withdrawalId: '',
  withdrawal: '',
  accountId: '',
  asset: '',
  amount: '',
  destination: { id: '', suffix: '', network: '' },
};
