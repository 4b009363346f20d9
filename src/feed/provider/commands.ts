import type { Algorithm } from '../jwks.js';
import type { Gap } from '../sequence.js';
import type { FeedReport } from '../status-message.js';
import { createFeedPublisher, type FeedPublisher, type FeedPublisherOptions } from './feed-publisher.js';
import { addToKeySet, generateSigningKey, writePairKeys, writeSigningKey } from './key-files.js';
import { ProviderToolError } from './provider-tool-error.js';
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
  /** Where a broker is, or another way to the exchange. */
  readonly broker: Pick<FeedPublisherOptions, 'servers' | 'credentialsFile' | 'caFile' | 'deliver'>;
  /** How long to wait for what the exchange says of the event, in milliseconds. Absent or 0: not at all. */
  readonly waitMs?: number;
}

/** What became of an event, as far as it is known. */
export interface ToldEvent extends PublishedEvent {
  /** `pending`: the exchange has not said yet. */
  readonly fate: 'accepted' | 'pending';
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
export async function runFeedPublish(options: PublishOptions): Promise<ToldEvent> {
  const { subject, eventType, event } = options;
  const pairKeys = subject.kind === 'pseudonym' ? subject.pairKeysFile : undefined;
  const naming = subject.kind === 'pseudonym' ? 'pseudonym' : 'clear';
  return once(options, pairKeys, (publisher) =>
    publisher.publish({ email: subject.email, naming, type: eventType, event }),
  );
}

/** Publishes a heartbeat: the SSF verification event. @throws ProviderToolError */
export async function runFeedHeartbeat(options: ProviderIdentity): Promise<ToldEvent> {
  return once(options, undefined, (publisher) => publisher.heartbeat());
}

/** Publishes or corrects an incident of whole domains. @throws ProviderToolError */
export async function runFeedCohort(options: CohortOptions): Promise<ToldEvent> {
  return once(options, undefined, (publisher) => publisher.cohort(options));
}

/** Takes an event or an incident back. @throws ProviderToolError */
export async function runFeedRetract(options: RetractOptions): Promise<ToldEvent> {
  return once(options, undefined, (publisher) => publisher.retract(options.jti));
}

/** Declares numbers void. @throws ProviderToolError */
export async function runFeedVoid(options: VoidOptions): Promise<ToldEvent> {
  return once(options, undefined, (publisher) => publisher.declareVoid(options.range));
}

/** Opens a publisher for one publication. */
async function once(
  identity: ProviderIdentity,
  pairKeys: string | undefined,
  act: (publisher: FeedPublisher) => Promise<PublishedEvent>,
): Promise<ToldEvent> {
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
    return await withFate(identity, publisher, act);
  } finally {
    await publisher.close();
  }
}

/**
 * Publishes, and hears what the exchange says of it: a broker takes whatever has the right form.
 *
 * @throws ProviderToolError code `EVENT_REFUSED`
 */
async function withFate(
  { broker, waitMs = 0 }: ProviderIdentity,
  publisher: FeedPublisher,
  act: (publisher: FeedPublisher) => Promise<PublishedEvent>,
): Promise<ToldEvent> {
  // Whatever else brings it there was answered by the exchange itself.
  if (broker.deliver !== undefined) return { ...(await act(publisher)), fate: 'accepted' };
  if (waitMs === 0) return { ...(await act(publisher)), fate: 'pending' };
  const over = new AbortController();
  const reports = publisher.watchStatus(over.signal)[Symbol.asyncIterator]();
  // Listening begins before anything is said, or the one report that matters could be missed.
  let next = reports.next();
  next.catch(() => undefined);
  try {
    const published = await act(publisher);
    const timer = setTimeout(() => over.abort(), waitMs);
    try {
      for (let told = await next; told.done !== true; told = await next) {
        const fate = fateIn(told.value, published);
        if (fate !== 'pending') return { ...published, fate };
        next = reports.next();
      }
    } catch (error) {
      // A provider may be forbidden to listen: then nothing is known, which is no failure of the event.
      if (!(error instanceof ProviderToolError) || error.code === 'EVENT_REFUSED') throw error;
    } finally {
      clearTimeout(timer);
    }
    return { ...published, fate: 'pending' };
  } finally {
    over.abort();
  }
}

/** @throws ProviderToolError code `EVENT_REFUSED` */
function fateIn(report: FeedReport, { jti, seq, sequence }: PublishedEvent): ToldEvent['fate'] {
  const refusal = report.recentRefusals.find(
    (one) => one.jti === jti || (one.jti === undefined && one.streamSequence === sequence),
  );
  if (refusal !== undefined) {
    throw new ProviderToolError(
      'EVENT_REFUSED',
      `the exchange refused the event (jti ${jti}): ${refusal.reason}: ${refusal.detail}`,
    );
  }
  return report.lastSeq !== undefined && report.lastSeq >= seq && report.parkedCount === 0
    ? 'accepted'
    : 'pending';
}
