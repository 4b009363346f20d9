import type { MailboxLink, SignalRecord } from '../../decision/evidence.js';
import type { DestinationFacts, RequestFacts } from '../../decision/input.js';
import type { Pseudonyms, SignalIdentity } from '../../identity/index.js';
import type { ClockReading } from '../../journal/index.js';
import { factorFacts, type ValidFactor } from './read-factor.js';
import type { ValidDestination, ValidRequest, ValidSession } from './read-request.js';
import type { ValidSignal } from './read-signal.js';

/** The request with every identifier of a person replaced by its pseudonym. From here on nothing is clear. */
export function requestFacts(
  request: ValidRequest,
  link: MailboxLink | undefined,
  tenant: string,
  pseudonyms: Pseudonyms,
): RequestFacts {
  const { session } = request;
  const facts: Writable<RequestFacts> = {
    withdrawalId: request.withdrawalId,
    withdrawal: pseudonyms.withdrawal(tenant, request.withdrawalId),
    accountId: request.accountId,
    asset: request.asset,
    amount: request.amount,
    destination: destinationFacts(request.destination, tenant, pseudonyms),
  };
  if (request.value !== undefined) facts.value = request.value;
  if (request.balanceShare !== undefined) facts.balanceShare = request.balanceShare;
  if (session !== undefined) addSession(facts, session, tenant, pseudonyms);
  if (request.accountOpenedAt !== undefined) facts.accountOpenedAt = request.accountOpenedAt;
  if (request.kycTier !== '') facts.kycTier = request.kycTier;
  if (request.lastGoodWithdrawalAt !== undefined) facts.lastGoodWithdrawalAt = request.lastGoodWithdrawalAt;
  if (link !== undefined) facts.mailbox = link.alias;
  if (request.unreadableEmails.length > 0) facts.unreadableEmails = request.unreadableEmails;
  if (request.notices.length > 0) facts.notices = request.notices;
  return facts;
}

/** Optional facts are added one by one: for every withdrawal, a spread each costs more than all the rest. */
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function destinationFacts(
  destination: ValidDestination,
  tenant: string,
  pseudonyms: Pseudonyms,
): DestinationFacts {
  const { network, address } = destination;
  const names = pseudonyms.destination(tenant, network, address, destination.tag);
  const { id, suffix, accountId, formerId } = names;
  const facts: Writable<DestinationFacts> = { id, suffix, network, accountId, formerId };
  if (names.trustId !== undefined) facts.trustId = names.trustId;
  if (names.doubt !== undefined) facts.doubt = names.doubt;
  if (names.tag !== undefined) facts.tag = names.tag;
  if (names.contestedIds !== undefined) facts.contestedIds = names.contestedIds;
  if (names.linkIds !== undefined) facts.linkIds = names.linkIds;
  if (destination.kind !== undefined) facts.kind = destination.kind;
  if (destination.addedAt !== undefined) facts.addedAt = destination.addedAt;
  if (destination.firstUsedAt !== undefined) facts.firstUsedAt = destination.firstUsedAt;
  if (destination.allowlisted !== undefined) facts.allowlisted = destination.allowlisted;
  if (destination.ownershipVerified !== undefined) facts.ownershipVerified = destination.ownershipVerified;
  return facts;
}

function addSession(
  facts: Writable<RequestFacts>,
  session: ValidSession,
  tenant: string,
  pseudonyms: Pseudonyms,
): void {
  if (session.deviceId !== '') facts.deviceId = pseudonyms.device(tenant, session.deviceId);
  if (session.deviceFirstSeenAt !== undefined) facts.deviceFirstSeenAt = session.deviceFirstSeenAt;
  const ip = session.ip === '' ? undefined : pseudonyms.ip(tenant, session.ip);
  if (ip !== undefined) facts.ip = ip;
  if (session.country !== '') facts.country = session.country;
  if (session.factors !== undefined) {
    facts.factors = session.factors.map((factor) => factorFacts(factor, tenant, pseudonyms));
  }
}

/** A signal as it is kept, with the key under which its identity is remembered within the tenant. */
export interface KeptSignal {
  readonly accountId: string;
  readonly record: SignalRecord;
  readonly link: MailboxLink | undefined;
}

/**
 * Replaces a signal's identifiers by pseudonyms and forms its identity: `signal_id` within the tenant, else a digest
 * of (account, type, occurred_at, channel, e-mail alias, channel and id of the factor).
 */
export function keptSignal(
  signal: ValidSignal,
  { reckonedMs: receivedAt, latestMs }: ClockReading,
  tenant: string,
  pseudonyms: Pseudonyms,
): KeptSignal {
  const { accountId, type, statedAt, channel, address } = signal;
  const link = address === undefined ? undefined : pseudonyms.mailbox(address, latestMs);
  const email = address?.exact ?? signal.unreadableEmail ?? '';
  const identity: SignalIdentity =
    signal.signalId === ''
      ? {
          kind: 'described',
          accountId,
          type,
          occurredAt: statedAt,
          ...(channel === undefined ? {} : { channel }),
          ...(email === '' ? {} : { mailbox: { exact: email } }),
          ...(signal.factor === undefined ? {} : { factor: signal.factor }),
        }
      : { kind: 'named', signalId: signal.signalId };
  const content: unknown[] = [accountId, type, statedAt, channel ?? '', email, signal.attributes];
  // Only where there is one: signals of before must keep the digest that they had.
  if (signal.factor !== undefined) content.push(factorContent(signal.factor));
  return {
    accountId: signal.accountId,
    link,
    record: {
      type: signal.type,
      id: pseudonyms.signalId(tenant, identity),
      digest: pseudonyms.contentDigest(tenant, JSON.stringify(content)),
      occurredAt: signal.occurredAt,
      receivedAt,
      ...(signal.channel === undefined ? {} : { channel: signal.channel }),
      ...(link === undefined ? {} : { mailbox: link.alias }),
      ...(signal.factor === undefined ? {} : { factor: factorFacts(signal.factor, tenant, pseudonyms) }),
    },
  };
}

function factorContent({ channel, factorId, enrolledAt, verifiedAt }: ValidFactor): readonly unknown[] {
  return [channel, factorId, enrolledAt ?? null, verifiedAt ?? null];
}
