import {
  CHANNELS,
  type Channel,
  SIGNAL_TYPES,
  type SignalType,
  type UnixMs,
} from '../../decision/vocabulary.js';
import { canCount, signalRetention } from '../../evidence/index.js';
import type { Signal } from '../../gen/holdfast/v1/signal_pb.js';
import { type MailAddress, readMailAddress } from '../../identity/index.js';
import type { FieldRules, Violation } from './field-rules.js';
import {
  MAX_ATTRIBUTE_KEY_CHARACTERS,
  MAX_ATTRIBUTE_VALUE_CHARACTERS,
  MAX_ATTRIBUTES,
  MAX_EMAIL_CHARACTERS,
  MAX_ID_CHARACTERS,
} from './limits.js';
import { readFactor, type ValidFactor } from './read-factor.js';
import { unixMsOf } from './wire.js';

/** A signal that keeps every rule of the contract. Still holds a clear address: never store or log it. */
export interface ValidSignal {
  /** Empty if the exchange gave none. */
  readonly signalId: string;
  readonly type: SignalType;
  readonly accountId: string;
  readonly address: MailAddress | undefined;
  /** The address as sent, if it cannot be read: part of the signal's identity. */
  readonly unreadableEmail: string | undefined;
  /** Never ahead of now. */
  readonly occurredAt: UnixMs;
  /** As sent; part of the signal's identity, so that a retry a second later is still the same signal. */
  readonly statedAt: UnixMs;
  readonly channel: Channel | undefined;
  readonly factor: ValidFactor | undefined;
  /** By key. */
  readonly attributes: readonly (readonly [string, string])[];
}

/** An address that we cannot read as one: the mailbox behind it is not known. */
export type Unreadable = 'unreadable';

/**
 * Reads an address that may be absent. One that breaks the rules of addresses is not refused: customers have had such for
 * years and cannot change them at once, and what else is said of them must count.
 */
export function readAddress(
  field: string,
  text: string,
  rules: FieldRules,
): MailAddress | Unreadable | undefined {
  if (text === '') return undefined;
  const before = rules.violations.length;
  rules.optionalText(field, text, MAX_EMAIL_CHARACTERS);
  if (rules.violations.length > before) return undefined;
  const read = readMailAddress(text);
  return read.kind === 'valid' ? read.address : 'unreadable';
}

/**
 * Reads one signal.
 *
 * @param requestAccountId for an inline signal: the request's account, which the signal takes when it names none
 * @returns undefined if a rule is broken; the violations are then in `rules`
 */
export function readSignal(
  signal: Signal,
  rules: FieldRules,
  requestAccountId?: string,
): ValidSignal | undefined {
  const before = rules.violations.length;
  rules.optionalText('signal_id', signal.signalId, MAX_ID_CHARACTERS);
  const type = rules.requiredWord('type', SIGNAL_TYPES, signal.type);
  let accountId = signal.accountId;
  if (requestAccountId === undefined) {
    rules.requiredText('account_id', accountId, MAX_ID_CHARACTERS);
  } else if (accountId === '') {
    accountId = requestAccountId;
  } else if (accountId !== requestAccountId) {
    rules.refuse('account_id', 'OTHER_ACCOUNT', "must be empty or the request's account");
  }
  const email = readAddress('email', signal.email, rules);
  const occurredAt = rules.requiredTime('occurred_at', signal.occurredAt);
  const channel = rules.optionalWord('channel', CHANNELS, signal.channel);
  const factor = signal.factor === undefined ? undefined : readFactor(signal.factor, rules.within('factor.'));
  const attributes = readAttributes(signal.attributes, rules);
  if (rules.violations.length > before || type === undefined || occurredAt === undefined) return undefined;
  return {
    signalId: signal.signalId,
    type,
    accountId,
    address: email === 'unreadable' ? undefined : email,
    unreadableEmail: email === 'unreadable' ? signal.email : undefined,
    occurredAt,
    statedAt: signal.occurredAt === undefined ? occurredAt : unixMsOf(signal.occurredAt),
    channel,
    factor,
    attributes,
  };
}

const HOUR_MS = 3_600_000;

/**
 * Why a signal can never count: it happened longer ago than signals of its type are kept. Asked apart from the other rules,
 * since what was within them when it was first sent must be so when it is sent again.
 */
export function tooOldToCount({ type, occurredAt, factor }: ValidSignal, now: UnixMs): Violation | undefined {
  const named = factor === undefined ? {} : { factor: { channel: factor.channel } };
  if (canCount({ type, occurredAt, ...named }, now)) return undefined;
  const retention = signalRetention(type);
  const hours = retention / HOUR_MS;
  const limit = hours % 24 === 0 && hours > 48 ? `${hours / 24} days` : `${hours} hours`;
  return {
    field: 'occurred_at',
    reason: 'TOO_OLD',
    description: `must not be more than ${limit} ago: an older signal of this type never counts`,
  };
}

const NO_ATTRIBUTES: readonly (readonly [string, string])[] = [];

function readAttributes(
  attributes: { readonly [key: string]: string },
  rules: FieldRules,
): readonly (readonly [string, string])[] {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return NO_ATTRIBUTES;
  rules.atMost('attributes', entries.length, MAX_ATTRIBUTES);
  for (const [key, value] of entries) {
    // The field names no key: a key is the caller's text and may say more than an error should.
    rules.requiredText('attributes', key, MAX_ATTRIBUTE_KEY_CHARACTERS);
    rules.optionalText('attributes', value, MAX_ATTRIBUTE_VALUE_CHARACTERS);
  }
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
