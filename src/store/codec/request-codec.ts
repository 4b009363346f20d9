import {
  type DestinationFacts,
  type FactorFacts,
  type NoticeFacts,
  type RequestFacts,
  UNREADABLE_EMAILS,
  type UnreadableEmail,
} from '../../decision/input.js';
import type { RecordReader } from './record-reader.js';
import type { RecordWriter } from './record-writer.js';
import { channel, destinationDoubt, destinationKind, destinationTag } from './words.js';
import type { Writable } from './writable.js';

/** Writes the fields of `holdfast.store.v1.RequestFacts`. */
export function writeRequest(to: RecordWriter, request: RequestFacts): void {
  if (request.notices !== undefined) writeNotices(to, request.notices);
  const unreadable = request.unreadableEmails ?? NONE_UNREADABLE;
  for (let index = unreadable.length - 1; index >= 0; index -= 1) to.text(18, unreadable[index]);
  to.text(17, request.mailbox);
  to.optionalDouble(16, request.lastGoodWithdrawalAt);
  to.text(15, request.kycTier);
  to.optionalDouble(14, request.accountOpenedAt);
  if (request.factors !== undefined) {
    const mark = to.mark;
    writeFactors(to, request.factors);
    to.message(13, mark);
  }
  to.text(12, request.country);
  to.text(11, request.ip);
  to.optionalDouble(10, request.deviceFirstSeenAt);
  to.text(9, request.deviceId);
  to.optionalDouble(8, request.balanceShare);
  const mark = to.mark;
  writeDestination(to, request.destination);
  to.message(7, mark);
  to.optionalDouble(6, request.value);
  to.text(5, request.amount);
  to.text(4, request.asset);
  to.text(3, request.accountId);
  to.text(2, request.withdrawal);
  to.text(1, request.withdrawalId);
}

const NONE_UNREADABLE: readonly UnreadableEmail[] = [];

/** A later version may name more of them. */
function unreadableEmail(text: string): UnreadableEmail | undefined {
  return UNREADABLE_EMAILS.find((field) => field === text);
}

const NO_IDS: readonly string[] = [];

function writeDestination(to: RecordWriter, destination: DestinationFacts): void {
  const { contestedIds: contested = NO_IDS, linkIds: links = NO_IDS } = destination;
  for (let index = links.length - 1; index >= 0; index -= 1) to.element(16, links[index] ?? '');
  for (let index = contested.length - 1; index >= 0; index -= 1) to.element(15, contested[index] ?? '');
  to.optionalFlag(14, destination.knownBefore);
  to.text(13, destination.tag);
  to.text(12, destination.doubt);
  to.text(11, destination.formerId);
  to.text(10, destination.trustId);
  to.text(9, destination.accountId);
  to.optionalFlag(8, destination.ownershipVerified);
  to.optionalFlag(7, destination.allowlisted);
  to.optionalDouble(6, destination.firstUsedAt);
  to.optionalDouble(5, destination.addedAt);
  to.text(4, destination.kind);
  to.text(3, destination.network);
  to.text(2, destination.suffix);
  to.text(1, destination.id);
}

function writeNotices(to: RecordWriter, notices: readonly NoticeFacts[]): void {
  for (let index = notices.length - 1; index >= 0; index--) {
    const notice = notices[index];
    if (notice === undefined) continue;
    const mark = to.mark;
    to.double(2, notice.sentAt);
    to.text(1, notice.channel);
    to.message(20, mark);
  }
}

function writeFactors(to: RecordWriter, factors: readonly FactorFacts[]): void {
  for (let index = factors.length - 1; index >= 0; index--) {
    const factor = factors[index];
    if (factor === undefined) continue;
    const mark = to.mark;
    to.text(4, factor.id);
    to.optionalDouble(3, factor.verifiedAt);
    to.optionalDouble(2, factor.enrolledAt);
    to.text(1, factor.channel);
    to.message(1, mark);
  }
}

/** Reads to the end of the current message. */
export function readRequest(from: RecordReader): RequestFacts {
  const notices: NoticeFacts[] = [];
  const request: Writable<RequestFacts> = {
    withdrawalId: '',
    withdrawal: '',
    accountId: '',
    asset: '',
    amount: '',
    destination: { id: '', suffix: '', network: '' },
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    switch (tag) {
      case 0x0a:
        request.withdrawalId = from.text();
        break;
      case 0x12:
        request.withdrawal = from.text();
        break;
      case 0x1a:
        request.accountId = from.text();
        break;
      case 0x22:
        request.asset = from.text();
        break;
      case 0x2a:
        request.amount = from.text();
        break;
      case 0x31:
        request.value = from.double();
        break;
      case 0x3a: {
        const outer = from.enter();
        request.destination = readDestination(from);
        from.leave(outer);
        break;
      }
      case 0x41:
        request.balanceShare = from.double();
        break;
      case 0x4a:
        request.deviceId = from.text();
        break;
      case 0x51:
        request.deviceFirstSeenAt = from.double();
        break;
      case 0x5a:
        request.ip = from.text();
        break;
      case 0x62:
        request.country = from.text();
        break;
      case 0x6a: {
        const outer = from.enter();
        request.factors = readFactors(from);
        from.leave(outer);
        break;
      }
      case 0x71:
        request.accountOpenedAt = from.double();
        break;
      case 0x7a:
        request.kycTier = from.text();
        break;
      case 0x81:
        request.lastGoodWithdrawalAt = from.double();
        break;
      case 0x8a:
        request.mailbox = from.text();
        break;
      case 0x92: {
        const field = unreadableEmail(from.text());
        if (field !== undefined) request.unreadableEmails = [...(request.unreadableEmails ?? []), field];
        break;
      }
      case 0xa2: {
        const outer = from.enter();
        notices.push(readNotice(from));
        from.leave(outer);
        break;
      }
      default:
        from.skip(tag);
    }
  }
  if (notices.length > 0) request.notices = notices;
  return request;
}

function readNotice(from: RecordReader): NoticeFacts {
  const notice: Writable<NoticeFacts> = { channel: 'IN_SESSION', sentAt: 0 };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) notice.channel = channel(from.text());
    else if (tag === 0x11) notice.sentAt = from.double();
    else from.skip(tag);
  }
  return notice;
}

function readDestination(from: RecordReader): DestinationFacts {
  const destination: Writable<DestinationFacts> = { id: '', suffix: '', network: '' };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    switch (tag) {
      case 0x0a:
        destination.id = from.text();
        break;
      case 0x12:
        destination.suffix = from.text();
        break;
      case 0x1a:
        destination.network = from.text();
        break;
      case 0x22:
        destination.kind = destinationKind(from.text());
        break;
      case 0x29:
        destination.addedAt = from.double();
        break;
      case 0x31:
        destination.firstUsedAt = from.double();
        break;
      case 0x38:
        destination.allowlisted = from.flag();
        break;
      case 0x40:
        destination.ownershipVerified = from.flag();
        break;
      case 0x4a:
        destination.accountId = from.text();
        break;
      case 0x52:
        destination.trustId = from.text();
        break;
      case 0x5a:
        destination.formerId = from.text();
        break;
      case 0x62:
        destination.doubt = destinationDoubt(from.text());
        break;
      case 0x6a:
        destination.tag = destinationTag(from.text());
        break;
      case 0x7a:
        destination.contestedIds = [...(destination.contestedIds ?? NO_IDS), from.text()];
        break;
      case 0x82:
        destination.linkIds = [...(destination.linkIds ?? NO_IDS), from.text()];
        break;
      case 0x70:
        destination.knownBefore = from.flag();
        break;
      default:
        from.skip(tag);
    }
  }
  return destination;
}

function readFactors(from: RecordReader): FactorFacts[] {
  const factors: FactorFacts[] = [];
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag !== 0x0a) {
      from.skip(tag);
      continue;
    }
    const outer = from.enter();
    factors.push(readFactor(from));
    from.leave(outer);
  }
  return factors;
}

function readFactor(from: RecordReader): FactorFacts {
  const factor: Writable<FactorFacts> = { channel: 'IN_SESSION' };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) factor.channel = channel(from.text());
    else if (tag === 0x11) factor.enrolledAt = from.double();
    else if (tag === 0x19) factor.verifiedAt = from.double();
    else if (tag === 0x22) factor.id = from.text();
    else from.skip(tag);
  }
  return factor;
}
