import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { type HmacKey, KeyringError } from '../../identity/keyring.js';
import { readMailAddress } from '../../identity/mail-address.js';
import { opaqueSubjectOf } from '../../identity/opaque-subject.js';
import { parsePairKeys } from '../../identity/pair-keys.js';
import { type BrokerOptions, connectBroker } from '../broker.js';
import { CAEP, COHORT_COMPROMISE, RESECURED, RETRACTION, RISC, VERIFICATION } from '../event-types.js';
import type { Algorithm } from '../jwks.js';
import {
  addToKeySet,
  generateSigningKey,
  readSigningKey,
  writePairKeys,
  writeSigningKey,
} from './key-files.js';
import { Outbox } from './outbox.js';
import { ProviderToolError } from './provider-tool-error.js';
import { type Published, publishToken } from './publish-token.js';
import { type EventSubject, signToken, type TokenContent } from './sign-token.js';

/** `holdfast feed keygen`. */
export interface KeygenOptions {
  /** Names the key in tokens; new for each key. */
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** The private key; must not exist. */
  readonly privateFile: string;
  /** The public key set; the new key is added to it. */
  readonly jwksFile: string;
  /** Also make a pair keys file with a key of this id. */
  readonly pairKeys?: { readonly file: string; readonly keyId: string };
}

/** What all publications need. */
export interface ProviderIdentity {
  /** Registered id, the last token of the subject. */
  readonly provider: string;
  readonly issuer: string;
  readonly audience: string;
  readonly keyFile: string;
  /** Counter and unconfirmed token; one a provider. */
  readonly outboxFile: string;
  readonly broker: BrokerOptions;
}

/** Whom an event is about. */
export type MailboxSubject =
  /** Pseudonymised here; the address does not leave this machine. */
  | { readonly kind: 'pseudonym'; readonly email: string; readonly pairKeysFile: string }
  /** In clear, for providers that are allowed it. */
  | { readonly kind: 'email'; readonly email: string };

/** `holdfast feed publish`. */
export interface PublishOptions extends ProviderIdentity {
  readonly subject: MailboxSubject;
  /** A full event type, or the last part of a RISC or CAEP one, or `resecured`. */
  readonly eventType: string;
  /** Fields of the event, as in its standard. Times in epoch seconds. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** `holdfast feed cohort`. */
export interface CohortOptions extends ProviderIdentity {
  /** The provider's own name of the incident: the same again replaces what was said before. */
  readonly cohortId: string;
  readonly domains: readonly string[];
  readonly mechanism: string;
  /** Epoch seconds. */
  readonly from: number;
  /** Epoch seconds; absent while it goes on. */
  readonly to?: number;
  readonly share?: number;
  readonly confidence: number;
}

/** `holdfast feed retract`. */
export interface RetractOptions extends ProviderIdentity {
  /** `jti` of the token to take back. */
  readonly jti: string;
}

/** A confirmed event. */
export interface PublishedEvent extends Published {
  /** Needed to take it back. */
  readonly jti: string;
  readonly seq: number;
}

/** Makes a signing key, and pair keys if asked. @throws ProviderToolError code `FILE_EXISTS` */
export async function runFeedKeygen(options: KeygenOptions): Promise<void> {
  const { signing, publicJwk } = await generateSigningKey(options.kid, options.algorithm);
  await writeSigningKey(options.privateFile, signing);
  await addToKeySet(options.jwksFile, publicJwk);
  if (options.pairKeys !== undefined) await writePairKeys(options.pairKeys.file, options.pairKeys.keyId);
}

/** Publishes an event about one mailbox. @throws ProviderToolError */
export async function runFeedPublish(options: PublishOptions): Promise<PublishedEvent> {
  const subject = await eventSubject(options.subject);
  return publish(options, { subject, eventType: fullEventType(options.eventType), event: options.event });
}

/** Publishes a heartbeat: the SSF verification event. @throws ProviderToolError */
export async function runFeedHeartbeat(options: ProviderIdentity): Promise<PublishedEvent> {
  const subject: EventSubject = { format: 'opaque', id: options.provider };
  return publish(options, { subject, eventType: VERIFICATION, event: {} });
}

/** Publishes or corrects an incident of whole domains. @throws ProviderToolError */
export async function runFeedCohort(options: CohortOptions): Promise<PublishedEvent> {
  const { cohortId, domains, mechanism, from, to, share, confidence } = options;
  const event = {
    domains,
    mechanism,
    from,
    confidence,
    ...(to === undefined ? {} : { to }),
    ...(share === undefined ? {} : { share }),
  };
  const subject: EventSubject = { format: 'opaque', id: cohortId };
  return publish(options, { subject, eventType: COHORT_COMPROMISE, event });
}

/** Takes an event or an incident back. @throws ProviderToolError */
export async function runFeedRetract(options: RetractOptions): Promise<PublishedEvent> {
  const subject: EventSubject = { format: 'opaque', id: `retraction-of-${options.jti}` };
  return publish(options, { subject, eventType: RETRACTION, event: { jti: options.jti } });
}

type Statement = Pick<TokenContent, 'subject' | 'eventType' | 'event'>;

async function publish(identity: ProviderIdentity, statement: Statement): Promise<PublishedEvent> {
  const key = await readSigningKey(identity.keyFile);
  const outbox = await Outbox.open(identity.outboxFile);
  try {
    const connection = await connected(identity);
    try {
      if (outbox.pending !== undefined) {
        await publishToken(connection, identity.provider, outbox.pending);
        await outbox.confirmed();
      }
      const jti = randomUUID();
      const { issuer, audience } = identity;
      const content = { issuer, audience, jti, issuedAt: Date.now(), seq: outbox.next, ...statement };
      const pending = await outbox.put(jti, await signToken(content, key));
      const published = await publishToken(connection, identity.provider, pending);
      await outbox.confirmed();
      return { ...published, jti, seq: pending.seq };
    } finally {
      await connection.close();
    }
  } finally {
    await outbox.close();
  }
}

/** Answers come to an inbox of the provider's own, so that its permissions can shut it out of everybody else's. */
async function connected({ broker, provider }: ProviderIdentity): Promise<NatsConnection> {
  try {
    return await connectBroker({ ...broker, inboxPrefix: `_INBOX_${provider}` });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown cause';
    throw new ProviderToolError('BROKER_UNREACHABLE', `the broker cannot be reached: ${reason}`, { cause });
  }
}

async function readPairKey(file: string): Promise<HmacKey> {
  try {
    const [newest] = parsePairKeys(await readFile(file, 'utf8'));
    if (newest !== undefined) return newest;
  } catch (cause) {
    const reason = cause instanceof KeyringError ? cause.message : `${file} cannot be read`;
    throw new ProviderToolError('KEY_FILE_INVALID', reason, { cause });
  }
  throw new ProviderToolError('KEY_FILE_INVALID', `${file} holds no key`);
}

async function eventSubject(subject: MailboxSubject): Promise<EventSubject> {
  const reading = readMailAddress(subject.email);
  if (reading.kind === 'invalid')
    throw new ProviderToolError('EVENT_INVALID', `not an address: ${reading.cause}`);
  switch (subject.kind) {
    case 'email':
      return { format: 'email', email: reading.address.exact };
    case 'pseudonym': {
      const pairKey = await readPairKey(subject.pairKeysFile);
      return { format: 'opaque', id: opaqueSubjectOf(pairKey, reading.address) };
    }
    default: {
      const unhandled: never = subject;
      return unhandled;
    }
  }
}

/** Last parts of CAEP event types; those of RISC need no list, since all others are RISC's. */
const CAEP_NAMES = new Set([
  'credential-change',
  'session-revoked',
  'session-established',
  'session-presented',
  'assurance-level-change',
  'device-compliance-change',
  'risk-level-change',
  'token-claims-change',
]);

/** The full event type that a short name stands for. */
export function fullEventType(name: string): string {
  if (name.includes(':')) return name;
  if (name === 'resecured') return RESECURED;
  return CAEP_NAMES.has(name) ? `${CAEP}${name}` : `${RISC}${name}`;
}
