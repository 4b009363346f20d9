import type { NatsConnection } from '@nats-io/transport-node';
import type { DurationMs } from '../../decision/vocabulary.js';
import type { HmacKey } from '../../identity/keyring.js';
import type { Gap } from '../sequence.js';
import type { FeedReport } from '../status-message.js';
import { answerAsks, type BackfillResult, type BackfillSource, backfill } from './backfill.js';
import { connectProvider } from './broker-link.js';
import { readSigningKey } from './key-files.js';
import { DEFAULT_RETENTION, keptTokens, Outbox } from './outbox.js';
import type { Retention } from './outbox-segments.js';
import { ProviderToolError } from './provider-tool-error.js';
import { type Published, publishToken } from './publish-token.js';
import type { SigningKey } from './sign-token.js';
import {
  type CohortStatement,
  cohortStatement,
  heartbeatStatement,
  type MailboxStatement,
  mailboxStatement,
  readPairKey,
  retractionStatement,
  type Statement,
  voidStatement,
} from './statements.js';
import { feedReports, nextReport } from './status-reader.js';
import { type PublishedEvent, TokenSender } from './token-sender.js';

/** Audience of an exchange that has not chosen another. */
export const DEFAULT_AUDIENCE = 'urn:holdfast';

/** Who publishes, with what, and where. */
export interface FeedPublisherOptions {
  /** Registered id, the last token of the subject. */
  readonly provider: string;
  /** `iss` as registered. */
  readonly issuer: string;
  /** `aud` of the exchange. Default {@link DEFAULT_AUDIENCE}. */
  readonly audience?: string;
  /** A private key file of `holdfast feed keygen`, or the key itself. */
  readonly key: string | SigningKey;
  /** A pair keys file; needed for events that name a mailbox by its pseudonym. Its first key is used. */
  readonly pairKeys?: string;
  /** Counter and published tokens: a file, and a folder beside it. One a provider and exchange; made if it is not there. */
  readonly outbox: string;
  /** How long published tokens are kept. Default: 90 days, at most a million. */
  readonly retention?: Retention;
  /** The broker's `nats://` or `tls://` URLs. The publisher connects, and closes the connection at its end ... */
  readonly servers?: readonly string[];
  /** With `servers`: a `.creds` file (JWT and seed), or a file with an nkey seed. */
  readonly credentialsFile?: string;
  /** With `servers`: own certificate authority, PEM. */
  readonly caFile?: string;
  /** ... or a connection of yours, which stays open. Its inbox must be one that the broker lets you use. */
  readonly connection?: NatsConnection;
  /** ... or another way to bring a signed token to the exchange, which has no status and no back-fill. */
  readonly deliver?: (token: string) => Promise<Published>;
}

/**
 * Signs, numbers and publishes a provider's events. All methods may be called at the same time; events keep the order of
 * the calls.
 */
export interface FeedPublisher {
  /** Publishes an event about one mailbox. @throws ProviderToolError */
  publish(statement: MailboxStatement): Promise<PublishedEvent>;
  /** Says that the feed is alive: to be called every `heartbeat_seconds` of the registration. @throws ProviderToolError */
  heartbeat(): Promise<PublishedEvent>;
  /** Publishes or corrects an incident of whole domains. @throws ProviderToolError */
  cohort(cohort: CohortStatement): Promise<PublishedEvent>;
  /** Takes an event or an incident back. @throws ProviderToolError */
  retract(jti: string): Promise<PublishedEvent>;
  /**
   * Declares numbers void: nobody holds their tokens, so they will never come.
   *
   * @throws ProviderToolError code `EVENT_INVALID` if the outbox still holds one of them, or has not given them out yet
   */
  declareVoid(range: Gap): Promise<PublishedEvent>;
  /** Publishes kept tokens again. @throws ProviderToolError */
  backfill(ranges: readonly Gap[]): Promise<BackfillResult>;
  /**
   * Answers what the exchange asks for, until the loop over it ends or `signal` is aborted.
   *
   * @throws ProviderToolError
   */
  answerBackfill(signal?: AbortSignal): AsyncIterable<BackfillResult>;
  /** The next report of the exchange on this feed, which comes within 10 s. @throws ProviderToolError code `NO_STATUS` */
  readStatus(timeoutMs?: DurationMs): Promise<FeedReport>;
  /** Every report, until the loop over it ends or `signal` is aborted. @throws ProviderToolError */
  watchStatus(signal?: AbortSignal): AsyncIterable<FeedReport>;
  /** Waits for what is under way, then lets go of outbox and broker. */
  close(): Promise<void>;
}

/**
 * Opens a publisher. It keeps the outbox for itself until it is closed.
 *
 * @throws ProviderToolError codes `KEY_FILE_MODE`, `KEY_FILE_INVALID`, `OUTBOX_IN_USE`, `OUTBOX_INVALID`,
 *   `BROKER_UNREACHABLE`
 */
export async function createFeedPublisher(options: FeedPublisherOptions): Promise<FeedPublisher> {
  const key = typeof options.key === 'string' ? await readSigningKey(options.key) : options.key;
  const pairKey = options.pairKeys === undefined ? undefined : await readPairKey(options.pairKeys);
  const outbox = await Outbox.open(options.outbox, options.retention ?? DEFAULT_RETENTION);
  try {
    const isWithoutBroker = options.deliver !== undefined;
    const connection = isWithoutBroker ? undefined : (options.connection ?? (await connectOwn(options)));
    return new NatsFeedPublisher(options, { key, pairKey, outbox, connection });
  } catch (error) {
    await outbox.close();
    throw error;
  }
}

async function connectOwn(options: FeedPublisherOptions): Promise<NatsConnection> {
  const { provider, servers = [], credentialsFile, caFile } = options;
  if (servers.length === 0)
    throw new ProviderToolError('BROKER_UNREACHABLE', 'neither `servers` nor `connection` is given');
  return connectProvider(provider, {
    servers,
    name: `holdfast-provider-${provider}`,
    ...(credentialsFile === undefined ? {} : { credentialsFile }),
    ...(caFile === undefined ? {} : { caFile }),
  });
}

interface PublisherParts {
  readonly key: SigningKey;
  readonly pairKey: HmacKey | undefined;
  readonly outbox: Outbox;
  readonly connection: NatsConnection | undefined;
}

class NatsFeedPublisher implements FeedPublisher {
  readonly #options: FeedPublisherOptions;
  readonly #parts: PublisherParts;
  readonly #sender: TokenSender;
  readonly #closed = new AbortController();

  constructor(options: FeedPublisherOptions, parts: PublisherParts) {
    this.#options = options;
    this.#parts = parts;
    const { provider, issuer, audience = DEFAULT_AUDIENCE } = options;
    const { outbox, key } = parts;
    const clock = { nowMs: () => Date.now() };
    const { deliver } = options;
    this.#sender = new TokenSender({
      outbox,
      issuer,
      audience,
      key,
      clock,
      deliver: (kept) =>
        deliver === undefined ? publishToken(this.#connection, provider, kept) : deliver(kept.token),
    });
  }

  async publish(statement: MailboxStatement): Promise<PublishedEvent> {
    return this.#send(mailboxStatement(statement, this.#parts.pairKey));
  }

  heartbeat(): Promise<PublishedEvent> {
    return this.#send(heartbeatStatement(this.#options.provider));
  }

  cohort(cohort: CohortStatement): Promise<PublishedEvent> {
    return this.#send(cohortStatement(cohort));
  }

  retract(jti: string): Promise<PublishedEvent> {
    return this.#send(retractionStatement(jti));
  }

  async declareVoid(range: Gap): Promise<PublishedEvent> {
    const [from, to] = range;
    if (!(Number.isSafeInteger(from) && from >= 0 && to >= from && to < this.#parts.outbox.next)) {
      throw new ProviderToolError('EVENT_INVALID', 'only numbers that were given out can be declared void');
    }
    for await (const { seq } of keptTokens(this.#options.outbox, from, to)) {
      throw new ProviderToolError('EVENT_INVALID', `the outbox holds number ${seq}: back-fill it instead`);
    }
    return this.#send(voidStatement(range));
  }

  backfill(ranges: readonly Gap[]): Promise<BackfillResult> {
    return backfill(this.#source(), ranges);
  }

  answerBackfill(signal?: AbortSignal): AsyncIterable<BackfillResult> {
    return answerAsks(this.#source(), this.#until(signal));
  }

  readStatus(timeoutMs?: DurationMs): Promise<FeedReport> {
    return nextReport(this.#connection, this.#options.provider, timeoutMs);
  }

  watchStatus(signal?: AbortSignal): AsyncIterable<FeedReport> {
    return feedReports(this.#connection, this.#options.provider, this.#until(signal));
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    await this.#sender.idle();
    await this.#parts.outbox.close();
    if (this.#options.connection === undefined) await this.#parts.connection?.close();
  }

  get #connection(): NatsConnection {
    const { connection } = this.#parts;
    if (connection !== undefined) return connection;
    throw new ProviderToolError('BROKER_UNREACHABLE', 'this publisher has no broker');
  }

  async #send(statement: Statement): Promise<PublishedEvent> {
    if (this.#closed.signal.aborted) throw new ProviderToolError('CLOSED', 'the publisher is closed');
    return this.#sender.send(statement);
  }

  #source(): BackfillSource {
    const { key } = this.#parts;
    return {
      connection: this.#connection,
      provider: this.#options.provider,
      outboxFile: this.#options.outbox,
      key,
    };
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([this.#closed.signal, signal]);
  }
}
