import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { UnixMs } from '../decision/vocabulary.js';
import { messageDigest } from './quarantine.js';

/** Fixed names of the contract with providers and operators. */
export const FEED_STREAM = 'HOLDFAST_FEED';
export const FEED_SUBJECTS = 'holdfast.feed.>';

/** JetStream's error code for a stream that is not there. */
const STREAM_NOT_FOUND = 10059;

/** Our own log is the record; the stream only has to outlast any outage of ours, and give a rebuilt state its events. */
const MAX_AGE_MS = 90 * 86_400_000;

/** Twice the largest token, for headers. */
const MAX_MESSAGE_BYTES = 16_384;

/** A provider's tool retries for minutes, with the same message id; the server then knows the repetition. */
const DUPLICATE_WINDOW_MS = 600_000;

/** Copies in the broker's cluster. */
export interface FeedStreamOptions {
  readonly replicas: number;
}

/** The stream's settings that we rely on. Only fields that nats-server 2.9 knows as well. */
export function feedStreamConfig({ replicas }: FeedStreamOptions): Partial<StreamConfig> & { name: string } {
  return {
    name: FEED_STREAM,
    subjects: [FEED_SUBJECTS],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_age: nanos(MAX_AGE_MS),
    max_msg_size: MAX_MESSAGE_BYTES,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    num_replicas: replicas,
    deny_delete: true,
    deny_purge: true,
    allow_direct: true,
  };
}

/**
 * Settings that a stream made by somebody else must not have: each loses messages without a word, or lets one be
 * published that loses others. They are compared and never sent, as old servers do not know all of them.
 */
const MUST_STAY: Readonly<Record<string, unknown>> = {
  /** Publishers would not hear whether their event was stored. */
  no_ack: false,
  /** Nothing could be published. */
  sealed: false,
  /** Limits by count; `max_bytes` is the operator's: a full stream refuses what is new, which publishers see. */
  max_msgs: -1,
  max_msgs_per_subject: -1,
  /** A message may ask for others to be removed, or for itself to vanish. */
  allow_rollup_hdrs: false,
  allow_msg_ttl: false,
};

/** The stream as it stands: what tells it from one that was recreated or rolled back. */
export interface StreamIdentity {
  /** When it was created, as the broker writes it. */
  readonly created: string;
  readonly firstSequence: number;
  /** 0 when nothing was ever published. */
  readonly lastSequence: number;
}

/** A stream that serves, with each setting that is not as we want it. */
export interface FeedStream {
  readonly identity: StreamIdentity;
  readonly wasCreated: boolean;
  /** Copies that it really has. */
  readonly replicas: number;
  readonly deviations: readonly StreamDeviation[];
}

/** A setting of the stream that differs from what was asked for, as the server echoes it. */
export interface StreamDeviation {
  readonly field: string;
  readonly wanted: string;
  readonly actual: string;
}

/**
 * Finds the stream or creates it, and compares every setting with what the server says it has: old servers drop fields
 * they do not know without a word.
 *
 * @throws JetStreamApiError and connection errors, as the client gives them
 */
export async function openFeedStream(jsm: JetStreamManager, options: FeedStreamOptions): Promise<FeedStream> {
  const wanted = feedStreamConfig(options);
  const found = await findStream(jsm);
  const info = found ?? (await jsm.streams.add(wanted));
  return {
    identity: identityOf(info),
    wasCreated: found === undefined,
    replicas: info.config.num_replicas,
    deviations: deviationsOf({ ...wanted, ...MUST_STAY }, info.config),
  };
}

/** What the stream is now; undefined if it is gone. */
export async function readStreamIdentity(jsm: JetStreamManager): Promise<StreamIdentity | undefined> {
  const info = await findStream(jsm);
  return info === undefined ? undefined : identityOf(info);
}

/** A message of the stream, read by its place. */
export interface StoredMessage {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly digest: string;
  /** When the broker took it, by the broker's clock. */
  readonly storedAt: UnixMs;
}

/** The message at `sequence`; undefined if it is not (or no more) there. */
export async function readStoredMessage(
  jsm: JetStreamManager,
  sequence: number,
): Promise<StoredMessage | undefined> {
  const message = await jsm.streams.getMessage(FEED_STREAM, { seq: sequence });
  if (message === null) return undefined;
  const { subject, data: bytes, time } = message;
  return { subject, bytes, digest: messageDigest(bytes), storedAt: time.getTime() };
}

/** Settings of which more than wanted is as good, each with the value that stands for no limit. */
const AT_LEAST: ReadonlyMap<string, number> = new Map([
  ['num_replicas', Number.POSITIVE_INFINITY],
  ['max_age', 0],
  ['max_msg_size', -1],
  ['duplicate_window', Number.POSITIVE_INFINITY],
]);

/** Every field of `wanted` that differs for the worse in `actual`. An absent switch is off. */
export function deviationsOf(
  wanted: Readonly<Record<string, unknown>>,
  actual: Partial<StreamConfig>,
): readonly StreamDeviation[] {
  const echoed = new Map<string, unknown>(Object.entries(actual));
  return Object.entries(wanted).flatMap(([field, value]) => {
    const echo = echoed.get(field) ?? (value === false ? false : undefined);
    const isGood = JSON.stringify(echo) === JSON.stringify(value) || isMore(field, value, echo);
    return isGood ? [] : [{ field, wanted: JSON.stringify(value), actual: JSON.stringify(echo) ?? 'absent' }];
  });
}

function isMore(field: string, wanted: unknown, actual: unknown): boolean {
  const unlimited = AT_LEAST.get(field);
  if (unlimited === undefined || typeof wanted !== 'number' || typeof actual !== 'number') return false;
  return actual > wanted || actual === unlimited;
}

async function findStream(jsm: JetStreamManager): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(FEED_STREAM);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

function identityOf({ created, state }: StreamInfo): StreamIdentity {
  return { created: String(created), firstSequence: state.first_seq, lastSequence: state.last_seq };
}
