import type { NoticeFacts, UnreadableEmail } from '../../decision/input.js';
import {
  CHANNELS,
  DESTINATION_KINDS,
  type DestinationKind,
  type MinorUnits,
  type UnixMs,
} from '../../decision/vocabulary.js';
import type { AssessWithdrawalRequest, Destination, Session } from '../../gen/holdfast/v1/risk_service_pb.js';
import type { MailAddress, TagInput } from '../../identity/index.js';
import type { LogPosition } from '../../store/ports.js';
import { readAsOf } from './as-of.js';
import { FieldRules, type Violation } from './field-rules.js';
import {
  MAX_ASSET_CHARACTERS,
  MAX_FACTORS,
  MAX_ID_CHARACTERS,
  MAX_INLINE_SIGNALS,
  MAX_KYC_TIER_CHARACTERS,
  MAX_NETWORK_CHARACTERS,
  MAX_NOTICES,
  MAX_REFERENCE_VALUE,
  MAX_TOKEN_CHARACTERS,
  MINOR_UNITS_PER_UNIT,
} from './limits.js';
import { readFactor, type ValidFactor } from './read-factor.js';
import { readAddress, readSignal, type Unreadable, type ValidSignal } from './read-signal.js';
import { TAG_TYPES, UNKNOWN_TAG_TYPE } from './wire.js';

/** The destination as checked; holds the clear address. */
export interface ValidDestination {
  readonly address: string;
  readonly network: string;
  readonly tag: TagInput;
  readonly kind: DestinationKind | undefined;
  readonly addedAt: UnixMs | undefined;
  readonly firstUsedAt: UnixMs | undefined;
  readonly allowlisted: boolean | undefined;
  readonly ownershipVerified: boolean | undefined;
}

/** The session as checked; holds the clear device and network address. */
export interface ValidSession {
  readonly deviceId: string;
  readonly deviceFirstSeenAt: UnixMs | undefined;
  readonly ip: string;
  readonly country: string;
  /** Absent when the exchange named none: it then did not say which factors the customer has. */
  readonly factors: readonly ValidFactor[] | undefined;
}

/** A request that keeps every rule of the contract. Still holds clear identifiers: never store or log it. */
export interface ValidRequest {
  readonly requestId: string;
  readonly withdrawalId: string;
  readonly accountId: string;
  readonly address: MailAddress | undefined;
  /** Which of the request's addresses cannot be read. */
  readonly unreadableEmails: readonly UnreadableEmail[];
  readonly asset: string;
  /** In the one form that its value has: see `readAmount`. */
  readonly amount: string;
  readonly value: MinorUnits | undefined;
  readonly destination: ValidDestination;
  readonly balanceShare: number | undefined;
  readonly session: ValidSession | undefined;
  readonly accountOpenedAt: UnixMs | undefined;
  readonly kycTier: string;
  readonly lastGoodWithdrawalAt: UnixMs | undefined;
  readonly notices: readonly NoticeFacts[];
  readonly signals: readonly ValidSignal[];
  /** Wait for this position; 0: do not wait. */
  readonly atLeastAsFresh: LogPosition;
  readonly dryRun: boolean;
}

export type ReadRequest =
  | { readonly kind: 'valid'; readonly request: ValidRequest }
  | { readonly kind: 'invalid'; readonly violations: readonly Violation[] };

const NO_SIGNALS: readonly ValidSignal[] = [];
const NO_NOTICES: readonly NoticeFacts[] = [];

/** Checks a request against every rule of the contract and reports all that are broken. */
export function readRequest(message: AssessWithdrawalRequest, now: UnixMs): ReadRequest {
  const rules = new FieldRules(now);
  rules.optionalText('request_id', message.requestId, MAX_ID_CHARACTERS);
  rules.requiredText('withdrawal_id', message.withdrawalId, MAX_ID_CHARACTERS);
  rules.requiredText('account_id', message.accountId, MAX_ID_CHARACTERS);
  const email = readAddress('email', message.email, rules);
  rules.requiredText('asset', message.asset, MAX_ASSET_CHARACTERS);
  const amount = rules.amount('amount', message.amount);
  const value = readValue(message.referenceValue, rules);
  const destination = readDestination(message.destination, rules);
  const balanceShare = readShare(message.balanceShare, rules);
  const session = message.session === undefined ? undefined : readSession(message.session, rules);
  const { account } = message;
  const accountOpenedAt = rules.optionalTime('account.opened_at', account?.openedAt);
  const kycTier = rules.optionalText('account.kyc_tier', account?.kycTier ?? '', MAX_KYC_TIER_CHARACTERS);
  const lastGoodWithdrawalAt = rules.optionalTime(
    'account.last_good_withdrawal_at',
    account?.lastGoodWithdrawalAt,
  );
  const notices = readNotices(message, rules);
  const signals = readInlineSignals(message, rules);
  const atLeastAsFresh = readFreshness(message.atLeastAsFresh, rules);
  if (rules.violations.length > 0 || destination === undefined) {
    return { kind: 'invalid', violations: rules.violations };
  }
  return {
    kind: 'valid',
    request: {
      requestId: message.requestId,
      withdrawalId: message.withdrawalId,
      accountId: message.accountId,
      address: email === 'unreadable' ? undefined : email,
      unreadableEmails: unreadableEmails(email, signals),
      asset: message.asset,
      amount,
      value,
      destination,
      balanceShare,
      session,
      accountOpenedAt,
      kycTier,
      lastGoodWithdrawalAt,
      notices,
      signals,
      atLeastAsFresh,
      dryRun: message.dryRun,
    },
  };
}

/** A positive amount is worth something: a value of nothing is one that was left unset, and unknown. */
function readValue(referenceValue: number | undefined, rules: FieldRules): MinorUnits | undefined {
  const value = rules.optionalNumber('reference_value', referenceValue, 0, MAX_REFERENCE_VALUE);
  const minor = value === undefined ? 0 : Math.round(value * MINOR_UNITS_PER_UNIT);
  return minor === 0 ? undefined : minor;
}

/** A positive amount moves some share of the balance: 0 is one that was left unset, and unknown. */
function readShare(balanceShare: number | undefined, rules: FieldRules): number | undefined {
  const share = rules.optionalNumber('balance_share', balanceShare, 0, 1);
  return share === 0 ? undefined : share;
}

const ALL_READABLE: readonly UnreadableEmail[] = [];

function unreadableEmails(
  email: MailAddress | Unreadable | undefined,
  signals: readonly ValidSignal[],
): readonly UnreadableEmail[] {
  const unreadable: UnreadableEmail[] = [];
  if (email === 'unreadable') unreadable.push('email');
  if (signals.some(({ unreadableEmail }) => unreadableEmail !== undefined)) unreadable.push('signals.email');
  return unreadable.length === 0 ? ALL_READABLE : unreadable;
}

function readDestination(
  destination: Destination | undefined,
  rules: FieldRules,
): ValidDestination | undefined {
  if (destination === undefined) {
    rules.refuse('destination', 'REQUIRED', 'is required');
    return undefined;
  }
  // Whatever is wrong with its texts is a doubt of the answer: who pays a new kind of network must not be stopped by it.
  if (destination.address === '') rules.refuse('destination.address', 'REQUIRED', 'is required');
  return {
    address: destination.address,
    network: keptNetwork(destination.network),
    tag: readTag(destination.tag),
    kind: rules.optionalWord('destination.kind', DESTINATION_KINDS, destination.kind),
    addedAt: rules.optionalTime('destination.added_at', destination.addedAt),
    firstUsedAt: rules.optionalTime('destination.first_used_at', destination.firstUsedAt),
    allowlisted: destination.allowlisted,
    ownershipVerified: destination.ownershipVerified,
  };
}

/** It is kept in clear and shown. One that is cut stays too long to be known. */
function keptNetwork(text: string): string {
  const network = text.trim();
  const kept =
    network.length > MAX_NETWORK_CHARACTERS ? `${network.slice(0, MAX_NETWORK_CHARACTERS)}…` : network;
  return kept.replace(/\p{C}/gu, '\uFFFD');
}

const NOT_TOLD: TagInput = { kind: 'not-told' };

/** What clients send who meant to leave it out (no state, an empty text, `none` that is false) is not told. */
function readTag(tag: Destination['tag']): TagInput {
  if (tag === undefined) return NOT_TOLD;
  const { state } = tag;
  switch (state.case) {
    case 'none':
      return state.value ? { kind: 'none' } : NOT_TOLD;
    case 'value': {
      if (state.value === '') return NOT_TOLD;
      const type = tag.type === 0 ? undefined : (TAG_TYPES[tag.type - 1] ?? UNKNOWN_TAG_TYPE);
      return { kind: 'value', value: state.value, ...(type !== undefined && { type }) };
    }
    case undefined:
      return NOT_TOLD;
    default:
      return state satisfies never;
  }
}

function readSession(session: Session, rules: FieldRules): ValidSession {
  rules.optionalText('session.device_id', session.deviceId, MAX_ID_CHARACTERS);
  rules.optionalIp('session.ip', session.ip);
  rules.optionalCountry('session.country', session.country);
  return {
    deviceId: session.deviceId,
    deviceFirstSeenAt: rules.optionalTime('session.device_first_seen_at', session.deviceFirstSeenAt),
    ip: session.ip,
    country: session.country,
    factors: readFactors(session, rules),
  };
}

function readFactors(session: Session, rules: FieldRules): readonly ValidFactor[] | undefined {
  if (session.factors.length === 0) return undefined;
  rules.atMost('session.factors', session.factors.length, MAX_FACTORS);
  const factors: ValidFactor[] = [];
  for (const [index, factor] of session.factors.entries()) {
    const read = readFactor(factor, rules.within(`session.factors[${index}].`));
    if (read !== undefined) factors.push(read);
  }
  return factors;
}

function readNotices(message: AssessWithdrawalRequest, rules: FieldRules): readonly NoticeFacts[] {
  if (message.notices.length === 0) return NO_NOTICES;
  rules.atMost('notices', message.notices.length, MAX_NOTICES);
  const notices: NoticeFacts[] = [];
  for (const [index, notice] of message.notices.entries()) {
    const part = rules.within(`notices[${index}].`);
    const channel = part.requiredWord('channel', CHANNELS, notice.channel);
    const sentAt = part.requiredTime('sent_at', notice.sentAt);
    if (channel !== undefined && sentAt !== undefined) notices.push({ channel, sentAt });
  }
  return notices;
}

function readInlineSignals(message: AssessWithdrawalRequest, rules: FieldRules): readonly ValidSignal[] {
  if (message.signals.length === 0) return NO_SIGNALS;
  rules.atMost('signals', message.signals.length, MAX_INLINE_SIGNALS);
  const signals: ValidSignal[] = [];
  for (const [index, signal] of message.signals.entries()) {
    const read = readSignal(signal, rules.within(`signals[${index}].`), message.accountId);
    if (read !== undefined) signals.push(read);
  }
  return signals;
}

function readFreshness(token: string, rules: FieldRules): LogPosition {
  if (token === '') return 0;
  rules.optionalText('at_least_as_fresh', token, MAX_TOKEN_CHARACTERS);
  const position = readAsOf(token);
  if (position === undefined) {
    rules.refuse('at_least_as_fresh', 'NOT_A_TOKEN', 'must be the `as_of` of an earlier answer');
    return 0;
  }
  return position;
}
