import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { type BrokerOptions, connectOnce } from './broker.js';
import { decodeCursor, encodeCursor, type FeedCursor, type ResetCause } from './cursor.js';
import { markReset } from './feed-record.js';
import type { FeedTable } from './feed-table.js';
import { LINK_DOWN, observeProgress } from './freshness.js';
import { brokerReport } from './guarantees.js';
import type { Intake } from './intake.js';
import { CURSOR_NAME, type FeedClock, type FeedEvidence, type FeedObserver } from './ports.js';
import { READ_SETTINGS, readStream, type SessionEnd, type SessionListener } from './session.js';
import { type FeedStream, type FeedStreamOptions, readStoredMessage, type StoredMessage } from './stream.js';
import { readSyncSetting, type SyncSetting } from './sync-setting.js';

/** Between two sessions, doubling up to the limit: a broker that is starting is found within a second. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 1_000;

/** Part of a pause that chance takes away, so that replicas do not come back in step. */
const JITTER = 0.5;

export interface ConsumerOptions {
  readonly broker: BrokerOptions;
  readonly stream: FeedStreamOptions;
  /** Where the broker's servers tell about themselves. */
  readonly monitorUrls?: readonly string[];
  /** Refuse to read from a broker whose guarantees are not what we need. */
  readonly isStrict: boolean;
  readonly evidence: FeedEvidence;
  readonly table: FeedTable;
  readonly clock: FeedClock;
  readonly observer: FeedObserver;
  /** The stream was found and is being read. */
  readonly onUp: () => void;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
}

/**
 * Reads the stream for ever: connects, reads until something is in doubt, looks again. Nothing that a broker does ends
 * it; only {@link stop} does.
 */
export class FeedConsumer {
  readonly #options: ConsumerOptions;
  readonly #intake: Intake;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  /** Ends the present session. */
  #doubt = new AbortController();
  #connection: NatsConnection | undefined;
  #cursor: FeedCursor | undefined;
  /** The last message that the stream is known to hold. */
  #streamEnd = 0;
  /** When the broker syncs, as last asked. */
  #sync: SyncSetting = { kind: 'unknown', cause: 'not asked yet' };
  /** Guarantees that the broker misses, as found at the last connection; undefined before it. */
  #missing: readonly string[] | undefined;
  /** Why the link is down, as told to the observer; empty while it is up. */
  #downCause = 'not connected yet';
  #running: Promise<void> | undefined;

  constructor(options: ConsumerOptions, intake: Intake) {
    this.#options = options;
    this.#intake = intake;
    this.#random = options.random ?? Math.random;
    const stored = options.evidence.meta(CURSOR_NAME);
    this.#cursor = stored === undefined ? undefined : decodeCursor(stored);
  }

  /** Why the broker is not read from, in words without any credentials; undefined while it is. */
  get downCause(): string | undefined {
    return this.#options.table.link.isUp ? undefined : this.#downCause;
  }

  /** Guarantees that the broker misses, in words; empty before the first connection. */
  get missingGuarantees(): readonly string[] {
    return this.#missing ?? [];
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#intake.stop();
    await this.#connection?.close();
    await this.#running;
  }

  /** To be called by the intake. */
  readonly advanced = (cursor: FeedCursor): void => {
    this.#cursor = cursor;
    this.#noteProgress();
  };

  /** The message at a place of the stream that was created then; undefined if that stream or message is gone. */
  async messageAt(created: string, sequence: number): Promise<StoredMessage | undefined> {
    if (this.#connection === undefined || this.#cursor?.created !== created) return undefined;
    const jsm = await jetstreamManager(this.#connection, { timeout: READ_SETTINGS.apiTimeoutMs });
    return readStoredMessage(jsm, sequence);
  }

  /** Publishes without waiting, while the stream is being read. @returns false if it is not */
  readonly publish = (subject: string, text: string): boolean => {
    if (!this.#options.table.link.isUp || this.#connection?.isClosed() !== false) return false;
    try {
      this.#connection.publish(subject, text);
      return true;
    } catch {
      // The connection is closing.
      return false;
    }
  };

  async #run(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#stop.signal.aborted) {
      const startedAt = performance.now();
      await this.#connectAndRead();
      // A session that held for a while was a good one: the next trouble is a new one.
      const didHold = performance.now() - startedAt > READ_SETTINGS.checkIntervalMs;
      pauseMs = didHold ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LAST_PAUSE_MS);
      await this.#pause(pauseMs * (1 - JITTER * this.#random()));
    }
  }

  /** Never rejects. */
  async #connectAndRead(): Promise<void> {
    try {
      const { monitorUrls = [] } = this.#options;
      const [connection, sync] = await Promise.all([
        this.#connected(),
        readSyncSetting(monitorUrls, this.#stop.signal),
      ]);
      this.#sync = sync;
      const end = await this.#readOnce(connection);
      this.#linkIsDown(describeEnd(end));
      // What was handed in belongs to this session's place in the stream; the next one starts behind it.
      await this.#intake.idle();
    } catch (error) {
      this.#linkIsDown(error instanceof Error ? error.message : 'unknown cause');
    }
  }

  async #connected(): Promise<NatsConnection> {
    const open = this.#connection;
    if (open !== undefined && !open.isClosed()) return open;
    const connection = await connectOnce(this.#options.broker, this.#stop.signal);
    if (this.#stop.signal.aborted) await connection.close();
    this.#connection = connection;
    void this.#watch(connection);
    return connection;
  }

  #readOnce(connection: NatsConnection): Promise<SessionEnd> {
    this.#doubt = new AbortController();
    return readStream({
      connection,
      cursor: this.#cursor,
      stream: this.#options.stream,
      listener: this.#listener(connection),
      signal: AbortSignal.any([this.#stop.signal, this.#doubt.signal]),
    });
  }

  /** Ends with the connection. While it is away the broker may come back with another stream: so look again. */
  async #watch(connection: NatsConnection): Promise<void> {
    const refused = new Set<string>();
    for await (const status of connection.status()) {
      const { type } = status;
      if (type === 'disconnect' || type === 'staleConnection' || type === 'close') this.#lost(connection);
      if (type !== 'error' || !(status.error instanceof errors.PermissionViolationError)) continue;
      const { operation, subject } = status.error;
      // Repeated with each notice; to be told once is enough.
      if (operation !== 'publish' || refused.has(subject)) continue;
      refused.add(subject);
      this.#options.observer.noticeRefused(subject);
    }
  }

  /** A connection in doubt is not used again; the next look at the stream makes a new one. */
  #lost(connection: NatsConnection): void {
    if (this.#connection === connection) this.#connection = undefined;
    this.#doubt.abort();
    connection.close().catch(() => undefined);
  }

  #listener(connection: NatsConnection): SessionListener {
    return {
      opened: (stream, reset) => this.#opened(connection, stream, reset),
      message: (message) => this.#intake.push(message),
      streamEnd: (lastSequence) => {
        this.#streamEnd = lastSequence;
        this.#noteProgress();
      },
      room: () => this.#intake.room(),
    };
  }

  #opened(connection: NatsConnection, stream: FeedStream, reset: ResetCause | undefined): void {
    const { table, clock, observer, isStrict } = this.#options;
    const report = brokerReport(connection.info?.version ?? '0', stream, this.#sync);
    const isRefused = isStrict && report.missing.length > 0;
    if (this.#missing?.join('\n') !== report.missing.join('\n')) {
      observer.guaranteesMissing(report.missing, isRefused);
    }
    this.#missing = report.missing;
    if (isRefused) throw new Error(`DEGRADED_DURABILITY: ${report.missing.join('; ')}`);
    const now = clock.nowMs();
    const { created, lastSequence } = stream.identity;
    if (reset !== undefined) table.updateStreamed((record) => markReset(record, now));
    if (reset !== undefined || this.#cursor === undefined) {
      this.#cursor = { created, sequence: 0, digest: '' };
      this.#options.evidence.setMeta(CURSOR_NAME, encodeCursor(this.#cursor));
      table.save(now);
    }
    this.#streamEnd = lastSequence;
    table.setLink({ ...LINK_DOWN, isUp: true }, now);
    table.refresh(now);
    this.#noteProgress();
    this.#downCause = '';
    observer.linkUp(report);
    if (reset !== undefined) observer.streamReset(reset);
    this.#options.onUp();
  }

  #noteProgress(): void {
    const { table, clock } = this.#options;
    const reached = this.#cursor?.sequence ?? 0;
    const now = clock.nowMs();
    table.setLink(observeProgress(table.link, this.#streamEnd, reached, now), now);
    if (table.link.isUp && reached >= this.#streamEnd) table.endResets();
  }

  #linkIsDown(cause: string): void {
    const { table, clock, observer } = this.#options;
    table.setLink({ ...table.link, isUp: false }, clock.nowMs());
    if (this.#stop.signal.aborted || this.#downCause === cause) return;
    this.#downCause = cause;
    observer.linkDown(cause);
  }

  async #pause(durationMs: number): Promise<void> {
    try {
      await delay(durationMs, undefined, { signal: this.#stop.signal });
    } catch {
      // Stopped while waiting.
    }
  }
}

function describeEnd(end: SessionEnd): string {
  switch (end.kind) {
    case 'aborted':
      return 'the connection was lost';
    case 'failed':
      return end.cause;
    case 'stream-changed':
      return 'the stream changed';
    case 'out-of-order':
      return 'the broker delivered out of order';
    default: {
      const unhandled: never = end;
      return unhandled;
    }
  }
}
