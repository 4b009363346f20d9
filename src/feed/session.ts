import { setTimeout as delay } from 'node:timers/promises';
import {
  AckPolicy,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { type FeedCursor, judgeStream, type ResetCause } from './cursor.js';
import type { FeedMessage } from './intake.js';
import {
  FEED_STREAM,
  FEED_SUBJECTS,
  type FeedStream,
  type FeedStreamOptions,
  openFeedStream,
  readStoredMessage,
  readStreamIdentity,
} from './stream.js';

/**
 * Settings of reading. With the client's defaults (5 s for a request, 30 s for a pull) a consumer stayed deaf for 5 s
 * after a frozen broker was back; with these, 10 ms.
 */
export const READ_SETTINGS = {
  /** For one request to the broker's API. */
  apiTimeoutMs: 750,
  /**
   * Messages asked for at a time. The client parses all that has come in one go, some 20 µs each; answers wait behind it, 5 ms
   * for a batch of 256. From a broker 50 ms away 1,280 messages a second can still be read.
   */
  batch: 64,
  /** A pull ends after this; the next follows at once. */
  expiresMs: 2_000,
  /** The broker shows that it is there this often while it has nothing; two missed end the session. */
  idleHeartbeatMs: 500,
  /** The broker forgets a reader that is gone after this. */
  inactiveMs: 30_000,
  /** How often the stream is compared with the one we think we read. */
  checkIntervalMs: 10_000,
} as const;

/** What a session does with what it learns. Called in order. */
export interface SessionListener {
  /** The stream was found and compared with the cursor; reading begins. */
  opened(stream: FeedStream, reset: ResetCause | undefined): void;
  message(message: FeedMessage): void;
  /** The last message that the stream is known to hold. */
  streamEnd(lastSequence: number): void;
  /** Resolves when more may be fetched. */
  room(): Promise<void>;
}

/** Why reading ended. Every end is followed by a new session, which begins with a look at the stream. */
export type SessionEnd =
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly cause: string }
  /** The stream is no more the one that the session began with. */
  | { readonly kind: 'stream-changed' }
  /** The broker left a message out or gave one twice: the reader is not to be trusted. */
  | { readonly kind: 'out-of-order' };

export interface SessionOptions {
  readonly connection: NatsConnection;
  readonly cursor: FeedCursor | undefined;
  readonly stream: FeedStreamOptions;
  readonly listener: SessionListener;
  readonly signal: AbortSignal;
}

/**
 * Reads the stream from the cursor on until something is in doubt. The reader at the broker is made for this session
 * alone: the client's own recovery skips messages when a stream is recreated under it, so there is none here.
 * Never rejects.
 */
export async function readStream(options: SessionOptions): Promise<SessionEnd> {
  const { connection, signal } = options;
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal.addEventListener('abort', stop);
  try {
    const api = { timeout: READ_SETTINGS.apiTimeoutMs };
    const jsm = await jetstreamManager(connection, api);
    const { after, created } = await open(jsm, options);
    if (signal.aborted) return { kind: 'aborted' };
    return await Promise.race([
      fetchMessages(jetstream(connection, api), jsm, after, created, options, over.signal),
      watchStream(jsm, created, options.listener, over.signal),
    ]);
  } catch (error) {
    if (signal.aborted) return { kind: 'aborted' };
    return { kind: 'failed', cause: error instanceof Error ? error.message : 'unknown cause' };
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
  }
}

async function open(
  jsm: JetStreamManager,
  { cursor, stream: wanted, listener, signal }: SessionOptions,
): Promise<{ readonly after: number; readonly created: string }> {
  const stream = await openFeedStream(jsm, wanted);
  const { identity } = stream;
  const isCursorThere =
    cursor !== undefined && cursor.sequence > 0 && cursor.sequence <= identity.lastSequence;
  const atCursor = isCursorThere ? await readStoredMessage(jsm, cursor.sequence) : undefined;
  const judgement = judgeStream(cursor, identity, atCursor?.digest);
  if (!signal.aborted) listener.opened(stream, judgement.kind === 'reset' ? judgement.cause : undefined);
  const after = judgement.kind === 'continue' ? judgement.after : 0;
  return { after, created: identity.created };
}

async function fetchMessages(
  js: JetStreamClient,
  jsm: JetStreamManager,
  after: number,
  created: string,
  { listener }: SessionOptions,
  signal: AbortSignal,
): Promise<SessionEnd> {
  const info = await jsm.consumers.add(FEED_STREAM, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    filter_subject: FEED_SUBJECTS,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(READ_SETTINGS.inactiveMs),
  });
  const consumer = await js.consumers.get(FEED_STREAM, info.name);
  let deliveries = 0;
  let readSequence = after;
  while (!signal.aborted) {
    const messages = await consumer.fetch({
      max_messages: READ_SETTINGS.batch,
      expires: READ_SETTINGS.expiresMs,
      idle_heartbeat: READ_SETTINGS.idleHeartbeatMs,
    });
    const stop = (): void => messages.stop();
    signal.addEventListener('abort', stop);
    try {
      for await (const message of messages) {
        if (signal.aborted) break;
        const { deliverySequence, streamSequence, pending } = message.info;
        // Servers before 2.11 may begin below the sequence that was asked for.
        if (deliverySequence !== ++deliveries || streamSequence <= readSequence)
          return { kind: 'out-of-order' };
        readSequence = streamSequence;
        listener.message(feedMessage(message, created));
        listener.streamEnd(streamSequence + pending);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    await listener.room();
  }
  return { kind: 'aborted' };
}

/** Ends when the stream is not the same any more: recreated, or shorter than it was. */
async function watchStream(
  jsm: JetStreamManager,
  created: string,
  listener: SessionListener,
  signal: AbortSignal,
): Promise<SessionEnd> {
  let lastSequence = 0;
  for (;;) {
    await delay(READ_SETTINGS.checkIntervalMs, undefined, { signal, ref: false });
    const identity = await readStreamIdentity(jsm);
    if (identity === undefined || identity.created !== created || identity.lastSequence < lastSequence) {
      return { kind: 'stream-changed' };
    }
    lastSequence = identity.lastSequence;
    listener.streamEnd(lastSequence);
  }
}

function feedMessage(message: JsMsg, created: string): FeedMessage {
  return {
    subject: message.subject,
    // The client may reuse what it read into: we keep messages until they are verified.
    bytes: message.data.slice(),
    created,
    sequence: message.seq,
    storedAt: Math.floor(message.info.timestampNanos / 1_000_000),
  };
}
