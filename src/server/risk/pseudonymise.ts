import type { MailboxLink, SignalRecord } from '../../decision/evidence.js';
import type { RequestFacts } from '../../decision/input.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import type { Pseudonyms, SignalIdentity } from '../../identity/index.js';
import type { ValidRequest } from './read-request.js';
import type { ValidSignal } from './read-signal.js';

/** The request with every identifier of a person replaced by its pseudonym. From here on nothing is clear. */
export function requestFacts(
  request: ValidRequest,
  link: MailboxLink | undefined,
  tenant: string,
  pseudonyms: Pseudonyms,
): RequestFacts {
  const { destination, session } = request;
  const place = pseudonyms.destination(tenant, destination.network, destination.address);
  const deviceId = session?.deviceId ? pseudonyms.device(tenant, session.deviceId) : undefined;
  const ip = session?.ip ? pseudonyms.ip(tenant, session.ip) : undefined;
  return {
    withdrawalId: request.withdrawalId,
    withdrawal: pseudonyms.withdrawal(tenant, request.withdrawalId),
    accountId: request.accountId,
    asset: request.asset,
    amount: request.amount,
    destination: {
      id: place.id,
      suffix: place.suffix,
      network: destination.network,
      ...(destination.kind === undefined ? {} : { kind: destination.kind }),
      ...(destination.addedAt === undefined ? {} : { addedAt: destination.addedAt }),
      ...(destination.firstUsedAt === undefined ? {} : { firstUsedAt: destination.firstUsedAt }),
      ...(destination.allowlisted === undefined ? {} : { allowlisted: destination.allowlisted }),
      ...(destination.ownershipVerified === undefined
        ? {}
        : { ownershipVerified: destination.ownershipVerified }),
    },
    ...(request.value === undefined ? {} : { value: request.value }),
    ...(request.balanceShare === undefined ? {} : { balanceShare: request.balanceShare }),
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(session?.deviceFirstSeenAt === undefined ? {} : { deviceFirstSeenAt: session.deviceFirstSeenAt }),
    ...(ip === undefined ? {} : { ip }),
    ...(session?.country ? { country: session.country } : {}),
    ...(session?.factors === undefined ? {} : { factors: session.factors }),
    ...(request.accountOpenedAt === undefined ? {} : { accountOpenedAt: request.accountOpenedAt }),
    ...(request.kycTier === '' ? {} : { kycTier: request.kycTier }),
    ...(request.lastGoodWithdrawalAt === undefined
      ? {}
      : { lastGoodWithdrawalAt: request.lastGoodWithdrawalAt }),
    ...(link === undefined ? {} : { mailbox: link.alias }),
  };
}

/** A signal as it is kept, with the key under which its identity is remembered within the tenant. */
export interface KeptSignal {
  readonly accountId: string;
  readonly record: SignalRecord;
  readonly link: MailboxLink | undefined;
}

/**
 * Replaces a signal's identifiers by pseudonyms and forms its identity: `signal_id` within the tenant, else a digest
 * of (account, type, occurred_at, channel, e-mail alias).
 */
export function keptSignal(
  signal: ValidSignal,
  receivedAt: UnixMs,
  tenant: string,
  pseudonyms: Pseudonyms,
): KeptSignal {
  const link = signal.address === undefined ? undefined : pseudonyms.mailbox(signal.address, receivedAt);
  const { accountId, type, statedAt, channel, address } = signal;
  const identity: SignalIdentity =
    signal.signalId === ''
      ? {
          kind: 'described',
          accountId,
          type,
          occurredAt: statedAt,
          ...(channel === undefined ? {} : { channel }),
          ...(address === undefined ? {} : { mailbox: address }),
        }
      : { kind: 'named', signalId: signal.signalId };
  const content = [accountId, type, statedAt, channel ?? '', address?.exact ?? '', signal.attributes];
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
    },
  };
}
