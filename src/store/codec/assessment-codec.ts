import { readLink, readSignal, writeLink, writeSignal } from './account-codec.js';
import type { AssessmentBody, ReportedSignal, SignalBody, WordEffect } from './entry-bodies.js';
import { readInput, writeInput } from './input-codec.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import type { ByteSource } from './reused-bytes.js';
import { decision, wordEffect } from './words.js';
import type { Writable } from './writable.js';

const writer = new RecordWriter();

/** Serializes as `holdfast.store.v1.AssessmentEntry`. Runs once for every answer. */
export function encodeAssessment(body: AssessmentBody, place?: ByteSource): Uint8Array {
  writer.reset();
  writer.optionalDouble(14, body.previousPosition);
  if (body.wordEffects !== undefined) writeEffects(writer, body.wordEffects);
  writer.flag(12, body.degradedAllow);
  if (body.mailbox !== undefined) {
    const mark = writer.mark;
    writeLink(writer, body.mailbox);
    writer.message(11, mark);
  }
  for (let index = body.inlineSignals.length - 1; index >= 0; index--) {
    const reported = body.inlineSignals[index];
    if (reported === undefined) continue;
    const mark = writer.mark;
    writeReported(writer, reported);
    writer.message(10, mark);
  }
  writer.text(9, body.engineVersion);
  writer.text(8, body.policyHash);
  writer.unsigned(7, body.policyNumber);
  writer.text(6, body.tier);
  writer.text(5, body.decision);
  writer.bytes(4, body.response);
  const mark = writer.mark;
  writeInput(writer, body.input);
  writer.message(3, mark);
  writer.text(2, body.requestDigest);
  writer.text(1, body.requestId);
  return writer.take(place);
}

/** Serializes as `holdfast.store.v1.SignalEntry`. */
export function encodeSignal(body: ReportedSignal, place?: ByteSource): Uint8Array {
  writer.reset();
  writeReported(writer, body);
  return writer.take(place);
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeSignal(bytes: Uint8Array): SignalBody {
  return { kind: 'signal', ...readReported(new RecordReader(bytes)) };
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeAssessment(bytes: Uint8Array): AssessmentBody {
  const from = new RecordReader(bytes);
  const inlineSignals: ReportedSignal[] = [];
  const wordEffects: WordEffect[] = [];
  const body: Writable<AssessmentBody> = {
    kind: 'assessment',
    requestDigest: '',
    input: EMPTY_INPUT,
    response: NO_BYTES,
    decision: 'HOLD',
    tier: '',
    policyNumber: 0,
    policyHash: '',
    engineVersion: '',
    inlineSignals,
    degradedAllow: false,
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    switch (tag) {
      case 0x0a:
        body.requestId = from.text();
        break;
      case 0x12:
        body.requestDigest = from.text();
        break;
      case 0x1a:
        body.input = nested(from, readInput);
        break;
      case 0x22:
        body.response = from.bytes();
        break;
      case 0x2a:
        body.decision = decision(from.text());
        break;
      case 0x32:
        body.tier = from.text();
        break;
      case 0x38:
        body.policyNumber = from.unsigned();
        break;
      case 0x42:
        body.policyHash = from.text();
        break;
      case 0x4a:
        body.engineVersion = from.text();
        break;
      case 0x52:
        inlineSignals.push(nested(from, readReported));
        break;
      case 0x5a:
        body.mailbox = nested(from, readLink);
        break;
      case 0x60:
        body.degradedAllow = from.flag();
        break;
      case 0x6a:
        wordEffects.push(nested(from, readEffect));
        break;
      case 0x71:
        body.previousPosition = from.double();
        break;
      default:
        from.skip(tag);
    }
  }
  if (wordEffects.length > 0) body.wordEffects = wordEffects;
  return body;
}

function writeEffects(to: RecordWriter, effects: readonly WordEffect[]): void {
  for (let index = effects.length - 1; index >= 0; index--) {
    const one = effects[index];
    if (one === undefined) continue;
    const mark = to.mark;
    to.text(3, one.effect);
    to.text(2, one.cohortId);
    to.text(1, one.provider);
    to.message(13, mark);
  }
}

function readEffect(from: RecordReader): WordEffect {
  const one: Writable<WordEffect> = { provider: '', effect: 'MOVED' };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) one.provider = from.text();
    else if (tag === 0x12) one.cohortId = from.text();
    else if (tag === 0x1a) one.effect = wordEffect(from.text());
    else from.skip(tag);
  }
  return one;
}

const NO_BYTES = new Uint8Array(0);
const EMPTY_INPUT = readInput(new RecordReader(NO_BYTES));

function writeReported(to: RecordWriter, reported: ReportedSignal): void {
  if (reported.mailbox !== undefined) {
    const mark = to.mark;
    writeLink(to, reported.mailbox);
    to.message(3, mark);
  }
  const mark = to.mark;
  writeSignal(to, reported.signal);
  to.message(2, mark);
  to.text(1, reported.accountId);
}

function readReported(from: RecordReader): ReportedSignal {
  const reported: Writable<ReportedSignal> = { accountId: '', signal: EMPTY_SIGNAL };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) reported.accountId = from.text();
    else if (tag === 0x12) reported.signal = nested(from, readSignal);
    else if (tag === 0x1a) reported.mailbox = nested(from, readLink);
    else from.skip(tag);
  }
  return reported;
}

const EMPTY_SIGNAL = readSignal(new RecordReader(NO_BYTES));

function nested<T>(from: RecordReader, read: (from: RecordReader) => T): T {
  const outer = from.enter();
  const value = read(from);
  from.leave(outer);
  return value;
}
