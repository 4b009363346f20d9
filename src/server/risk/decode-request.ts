import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type {
  Account,
  AssessWithdrawalRequest,
  Destination,
  DestinationTag,
  Factor,
  Session,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { UsualReader } from './usual-reader.js';

// Tags of `holdfast.v1` messages: field number << 3 | wire type.
const VARINT_1 = 0x08;
const VARINT_2 = 0x10;
const VARINT_3 = 0x18;
const VARINT_6 = 0x30;
const VARINT_7 = 0x38;
const VARINT_14 = 0x70;
const DOUBLE_7 = 0x39;
const DOUBLE_9 = 0x49;
const BYTES_1 = 0x0a;
const BYTES_2 = 0x12;
const BYTES_3 = 0x1a;
const BYTES_4 = 0x22;
const BYTES_5 = 0x2a;
const BYTES_6 = 0x32;
const BYTES_8 = 0x42;
const BYTES_10 = 0x52;
const BYTES_11 = 0x5a;
const BYTES_13 = 0x6a;

/**
 * Decodes a request as clients usually send it: fields we know, ASCII texts, each nested message once, no signals. The
 * reflecting decoder took a twelfth of the time of a call.
 *
 * @returns undefined for any other request, valid or not: the generated decoder must read it. What is returned equals
 *   what that would give (a test holds it to that)
 */
export function decodeUsualRequest(bytes: Buffer): AssessWithdrawalRequest | undefined {
  const from = new UsualReader(bytes);
  const request: AssessWithdrawalRequest = {
    $typeName: 'holdfast.v1.AssessWithdrawalRequest',
    requestId: '',
    withdrawalId: '',
    accountId: '',
    email: '',
    asset: '',
    amount: '',
    referenceValue: undefined,
    destination: undefined,
    balanceShare: undefined,
    session: undefined,
    account: undefined,
    signals: [],
    atLeastAsFresh: '',
    dryRun: false,
    notices: [],
  };
  for (let tag = from.tag(); tag !== 0; tag = from.tag()) {
    switch (tag) {
      case BYTES_1:
        request.requestId = from.text();
        break;
      case BYTES_2:
        request.withdrawalId = from.text();
        break;
      case BYTES_3:
        request.accountId = from.text();
        break;
      case BYTES_4:
        request.email = from.text();
        break;
      case BYTES_5:
        request.asset = from.text();
        break;
      case BYTES_6:
        request.amount = from.text();
        break;
      case DOUBLE_7:
        request.referenceValue = from.double();
        break;
      case BYTES_8:
        request.destination = nested(from, request.destination, readDestination);
        break;
      case DOUBLE_9:
        request.balanceShare = from.double();
        break;
      case BYTES_10:
        request.session = nested(from, request.session, readSession);
        break;
      case BYTES_11:
        request.account = nested(from, request.account, readAccount);
        break;
      case BYTES_13:
        request.atLeastAsFresh = from.text();
        break;
      case VARINT_14:
        request.dryRun = from.bool();
        break;
      default:
        from.unusual();
    }
  }
  return from.isUnusual ? undefined : request;
}

/** A nested message. One that comes twice would have to be merged, which nobody's encoder asks for. */
function nested<M>(from: UsualReader, known: M | undefined, read: (from: UsualReader) => M): M {
  if (known !== undefined) from.unusual();
  const outer = from.enter();
  const message = read(from);
  from.leave(outer);
  return message;
}

function readDestination(from: UsualReader): Destination {
  const destination: Destination = {
    $typeName: 'holdfast.v1.Destination',
    address: '',
    network: '',
    kind: 0,
    addedAt: undefined,
    firstUsedAt: undefined,
    allowlisted: undefined,
    ownershipVerified: undefined,
    tag: undefined,
  };
  for (let tag = from.tag(); tag !== 0; tag = from.tag()) {
    switch (tag) {
      case BYTES_1:
        destination.address = from.text();
        break;
      case BYTES_2:
        destination.network = from.text();
        break;
      case VARINT_3:
        destination.kind = from.int32();
        break;
      case BYTES_4:
        destination.addedAt = nested(from, destination.addedAt, readTimestamp);
        break;
      case BYTES_5:
        destination.firstUsedAt = nested(from, destination.firstUsedAt, readTimestamp);
        break;
      case VARINT_6:
        destination.allowlisted = from.bool();
        break;
      case VARINT_7:
        destination.ownershipVerified = from.bool();
        break;
      case BYTES_8:
        destination.tag = nested(from, destination.tag, readTag);
        break;
      default:
        from.unusual();
    }
  }
  return destination;
}

/** Of a state that comes twice the last counts, which nobody's encoder asks for. */
function readTag(from: UsualReader): DestinationTag {
  const tag: DestinationTag = {
    $typeName: 'holdfast.v1.DestinationTag',
    state: { case: undefined },
    type: 0,
  };
  for (let field = from.tag(); field !== 0; field = from.tag()) {
    if (field === VARINT_3) {
      tag.type = from.int32();
      continue;
    }
    if (tag.state.case !== undefined) from.unusual();
    if (field === BYTES_1) tag.state = { case: 'value', value: from.text() };
    else if (field === VARINT_2) tag.state = { case: 'none', value: from.bool() };
    else from.unusual();
  }
  return tag;
}

function readSession(from: UsualReader): Session {
  const factors: Factor[] = [];
  const session: Session = {
    $typeName: 'holdfast.v1.Session',
    deviceId: '',
    deviceFirstSeenAt: undefined,
    ip: '',
    country: '',
    factors,
  };
  for (let tag = from.tag(); tag !== 0; tag = from.tag()) {
    switch (tag) {
      case BYTES_1:
        session.deviceId = from.text();
        break;
      case BYTES_2:
        session.deviceFirstSeenAt = nested(from, session.deviceFirstSeenAt, readTimestamp);
        break;
      case BYTES_3:
        session.ip = from.text();
        break;
      case BYTES_4:
        session.country = from.text();
        break;
      case BYTES_5:
        factors.push(nested(from, undefined, readFactor));
        break;
      default:
        from.unusual();
    }
  }
  return session;
}

function readFactor(from: UsualReader): Factor {
  const factor: Factor = {
    $typeName: 'holdfast.v1.Factor',
    channel: 0,
    enrolledAt: undefined,
    verifiedAt: undefined,
    factorId: '',
  };
  for (let tag = from.tag(); tag !== 0; tag = from.tag()) {
    switch (tag) {
      case VARINT_1:
        factor.channel = from.int32();
        break;
      case BYTES_2:
        factor.enrolledAt = nested(from, factor.enrolledAt, readTimestamp);
        break;
      case BYTES_3:
        factor.verifiedAt = nested(from, factor.verifiedAt, readTimestamp);
        break;
      case BYTES_4:
        factor.factorId = from.text();
        break;
      default:
        from.unusual();
    }
  }
  return factor;
}

function readAccount(from: UsualReader): Account {
  const account: Account = {
    $typeName: 'holdfast.v1.Account',
    openedAt: undefined,
    kycTier: '',
    lastGoodWithdrawalAt: undefined,
  };
  for (let tag = from.tag(); tag !== 0; tag = from.tag()) {
    switch (tag) {
      case BYTES_1:
        account.openedAt = nested(from, account.openedAt, readTimestamp);
        break;
      case BYTES_2:
        account.kycTier = from.text();
        break;
      case BYTES_3:
        account.lastGoodWithdrawalAt = nested(from, account.lastGoodWithdrawalAt, readTimestamp);
        break;
      default:
        from.unusual();
    }
  }
  return account;
}

function readTimestamp(from: UsualReader): Timestamp {
  let seconds = 0;
  let nanos = 0;
  for (let tag = from.tag(); tag !== 0; tag = from.tag()) {
    if (tag === VARINT_1) seconds = from.varint();
    else if (tag === VARINT_2) nanos = from.int32();
    else from.unusual();
  }
  return { $typeName: 'google.protobuf.Timestamp', seconds: BigInt(seconds), nanos };
}
