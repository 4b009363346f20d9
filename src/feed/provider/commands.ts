import type { Algorithm } from '../jwks.js';
import type { Gap } from '../sequence.js';
import { createFeedPublisher, type FeedPublisher, type FeedPublisherOptions } from './feed-publisher.js';
import { addToKeySet, generateSigningKey, writePairKeys, writeSigningKey } from './key-files.js';
import type { CohortStatement } from './statements.js';
import type { PublishedEvent } from './token-sender.js';

export { fullEventType } from './statements.js';
export type { PublishedEvent } from './token-sender.js';

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
  /** Counter and published tokens; one a provider. */
  readonly outboxFile: string;
  readonly broker: Pick<FeedPublisherOptions, 'servers' | 'credentialsFile' | 'caFile'>;
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
export interface CohortOptions extends ProviderIdentity, CohortStatement {}

/** `holdfast feed retract`. */
export interface RetractOptions extends ProviderIdentity {
  /** `jti` of the token to take back. */
  readonly jti: string;
}

/** `holdfast feed void`. */
export interface VoidOptions extends ProviderIdentity {
  /** Numbers that nobody holds the tokens of. */
  readonly range: Gap;
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
  const { subject, eventType, event } = options;
  const pairKeys = subject.kind === 'pseudonym' ? subject.pairKeysFile : undefined;
  const naming = subject.kind === 'pseudonym' ? 'pseudonym' : 'clear';
  return once(options, pairKeys, (publisher) =>
    publisher.publish({ email: subject.email, naming, type: eventType, event }),
  );
}

/** Publishes a heartbeat: the SSF verification event. @throws ProviderToolError */
export async function runFeedHeartbeat(options: ProviderIdentity): Promise<PublishedEvent> {
  return once(options, undefined, (publisher) => publisher.heartbeat());
}

/** Publishes or corrects an incident of whole domains. @throws ProviderToolError */
export async function runFeedCohort(options: CohortOptions): Promise<PublishedEvent> {
  return once(options, undefined, (publisher) => publisher.cohort(options));
}

/** Takes an event or an incident back. @throws ProviderToolError */
export async function runFeedRetract(options: RetractOptions): Promise<PublishedEvent> {
  return once(options, undefined, (publisher) => publisher.retract(options.jti));
}

/** Declares numbers void. @throws ProviderToolError */
export async function runFeedVoid(options: VoidOptions): Promise<PublishedEvent> {
  return once(options, undefined, (publisher) => publisher.declareVoid(options.range));
}

/** Opens a publisher for one publication. */
async function once(
  identity: ProviderIdentity,
  pairKeys: string | undefined,
  act: (publisher: FeedPublisher) => Promise<PublishedEvent>,
): Promise<PublishedEvent> {
  const { provider, issuer, audience, keyFile, outboxFile, broker } = identity;
  const publisher = await createFeedPublisher({
    provider,
    issuer,
    audience,
    key: keyFile,
    outbox: outboxFile,
    ...broker,
    ...(pairKeys === undefined ? {} : { pairKeys }),
  });
  try {
    return await act(publisher);
  } finally {
    await publisher.close();
  }
}
