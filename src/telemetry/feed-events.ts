import { Counter, Gauge, Histogram } from 'prom-client';
import { KeySetEvents, type KeySetFact } from './key-set-events.js';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';

/** Upper bounds in seconds for the way from a provider's publication to the next answer that knows of it. */
const VISIBLE_BUCKETS_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 60, 3600];

/** Refused messages come by the thousand when a key is wrong: at most one line in this time for each reason. */
const REFUSED_LINE_INTERVAL_MS = 10_000;

/** What a broker offers, as far as it is logged. */
interface BrokerFacts {
  readonly version: string;
  readonly isProduction: boolean;
  readonly missing: readonly string[];
}

/** A fault in a registry file. */
export interface RegistryFault {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** The state of one feed when metrics are scraped. */
export interface FeedFigure {
  readonly provider: string;
  readonly state: string;
  /** Milliseconds since 1970 of the latest verified issue time. */
  readonly watermarkMs: number | undefined;
  /** Messages that wait for a key. */
  readonly parkedCount: number;
  /** Numbers of the provider's own count that did not come. */
  readonly missingCount: number;
  /** Accepted events under a number that another token had before. */
  readonly reusedCount: number;
  /** Milliseconds since 1970 when its server last confirmed its key set; undefined if never, or if it is a file. */
  readonly keySetCheckedMs: number | undefined;
}

/** Counts and logs what happens to provider feeds. Providers are named, mailboxes never. Never throws. */
export class FeedEvents {
  readonly #lastRefusedLineAt = new Map<string, number>();
  readonly #events: Counter<'provider' | 'result'>;
  readonly #refused: Counter<'provider' | 'reason'>;
  readonly #pushes: Counter<'provider' | 'status'>;
  readonly #resets: Counter<'cause'>;
  readonly #asked: Counter<'provider'>;
  readonly #visible: Histogram;
  readonly #linkUp: Gauge;
  readonly #guaranteesMissing: Gauge;
  readonly #keySets: KeySetEvents;
  #figures: () => readonly FeedFigure[] = () => [];
  #registryProblems: readonly RegistryFault[] = [];

  constructor(
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    const registers = [metrics.registry];
    this.#events = new Counter({
      name: 'holdfast_feed_events_total',
      help: 'Verified provider events by provider and result: accepted, duplicate, heartbeat.',
      labelNames: ['provider', 'result'],
      registers,
    });
    this.#refused = new Counter({
      name: 'holdfast_feed_refused_total',
      help: 'Refused provider messages by provider and reason.',
      labelNames: ['provider', 'reason'],
      registers,
    });
    this.#pushes = new Counter({
      name: 'holdfast_feed_push_requests_total',
      help: 'HTTP pushes by provider (empty: not authenticated) and status answered.',
      labelNames: ['provider', 'status'],
      registers,
    });
    this.#resets = new Counter({
      name: 'holdfast_feed_stream_resets_total',
      help: 'Times that the stream was found recreated or rolled back.',
      labelNames: ['cause'],
      registers,
    });
    this.#asked = new Counter({
      name: 'holdfast_feed_backfill_asked_total',
      help: 'Numbers that did not come and were asked for, by provider; asked again, they count again.',
      labelNames: ['provider'],
      registers,
    });
    this.#visible = new Histogram({
      name: 'holdfast_feed_visible_seconds',
      help: 'Time from the arrival of a provider event in the broker to the first answer that could know of it.',
      buckets: VISIBLE_BUCKETS_SECONDS,
      registers,
    });
    this.#linkUp = new Gauge({
      name: 'holdfast_feed_link_up',
      help: '1 while the broker is reached.',
      registers,
    });
    this.#guaranteesMissing = new Gauge({
      name: 'holdfast_feed_guarantees_missing',
      help: 'Guarantees that the broker cannot give, as found at the last connection.',
      registers,
    });
    this.#keySets = new KeySetEvents(logger, metrics);
    const figures = () => this.#figures();
    new Gauge({
      name: 'holdfast_feed_parked',
      help: 'Messages that wait for a key, by provider.',
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const { provider, parkedCount } of figures()) this.set({ provider }, parkedCount);
      },
    });
    new Gauge({
      name: 'holdfast_feed_missing_numbers',
      help: "Numbers of a provider's own count that did not come, by provider: events that may be lost.",
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const { provider, missingCount } of figures()) this.set({ provider }, missingCount);
      },
    });
    new Gauge({
      name: 'holdfast_feed_reused_numbers',
      help: 'Accepted events under a number used before: the provider counts anew and may lose events unnoticed.',
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const { provider, reusedCount } of figures()) this.set({ provider }, reusedCount);
      },
    });
    new Gauge({
      name: 'holdfast_feed_key_set_checked_timestamp_seconds',
      help: 'When the server of each provider last confirmed its key set, in seconds since 1970.',
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const { provider, keySetCheckedMs } of figures()) {
          if (keySetCheckedMs !== undefined) this.set({ provider }, keySetCheckedMs / 1000);
        }
      },
    });
    new Gauge({
      name: 'holdfast_feed_state',
      help: 'State of each feed: 1 for the one it is in.',
      labelNames: ['provider', 'state'],
      registers,
      collect() {
        this.reset();
        for (const { provider, state } of figures()) this.set({ provider, state }, 1);
      },
    });
    new Gauge({
      name: 'holdfast_feed_watermark_timestamp_seconds',
      help: 'Latest verified issue time of each provider, in seconds since 1970.',
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const { provider, watermarkMs } of figures()) {
          if (watermarkMs !== undefined) this.set({ provider }, watermarkMs / 1000);
        }
      },
    });
  }

  /** Says where the figures of feeds come from. */
  watch(figures: () => readonly FeedFigure[]): void {
    this.#figures = figures;
  }

  /** What is wrong with the registry files as they stand; empty if nothing. */
  get registryProblems(): readonly RegistryFault[] {
    return this.#registryProblems;
  }

  linkUp(report: BrokerFacts): void {
    this.#linkUp.set(1);
    const facts = { event: 'feed_link_up', broker_version: report.version, missing: report.missing };
    this.logger.info(facts, 'broker reached');
  }

  guaranteesMissing(missing: readonly string[], isRefused: boolean): void {
    this.#guaranteesMissing.set(missing.length);
    for (const guarantee of missing) {
      const facts = { event: 'feed_guarantee_missing', code: 'DEGRADED_DURABILITY', guarantee };
      if (isRefused) this.logger.error(facts, 'this broker is not read from: HOLDFAST_FEED_STRICT is on');
      else this.logger.warn(facts, 'the broker cannot guarantee what feeds need');
    }
  }

  linkDown(cause: string): void {
    this.#linkUp.set(0);
    this.logger.warn({ event: 'feed_link_down', cause }, 'broker lost; answers go on from what is known');
  }

  streamReset(cause: string): void {
    this.#resets.inc({ cause });
    this.logger.error(
      { event: 'feed_stream_reset', cause },
      'the stream is not the one we read: reading it again',
    );
  }

  accepted(provider: string, delayMs: number): void {
    this.#events.inc({ provider, result: 'accepted' });
    this.#visible.observe(Math.max(0, delayMs) / 1000);
  }

  duplicate(provider: string): void {
    this.#events.inc({ provider, result: 'duplicate' });
  }

  heartbeat(provider: string): void {
    this.#events.inc({ provider, result: 'heartbeat' });
  }

  refused(provider: string, reason: string): void {
    this.#refused.inc({ provider, reason });
    const now = performance.now();
    const last = this.#lastRefusedLineAt.get(reason);
    if (last !== undefined && now - last < REFUSED_LINE_INTERVAL_MS) return;
    this.#lastRefusedLineAt.set(reason, now);
    this.logger.warn({ event: 'feed_message_refused', provider, reason }, 'a provider message was refused');
  }

  pushAnswered(provider: string, status: number): void {
    this.#pushes.inc({ provider, status: String(status) });
  }

  /** @param settings set, and of no use without HOLDFAST_PROVIDERS_FILE */
  providersMissing(settings: readonly string[]): void {
    this.logger.warn(
      { event: 'feed_providers_missing', settings },
      `${settings.join(' and ')} set, but HOLDFAST_PROVIDERS_FILE is not: no provider's events are taken in`,
    );
  }

  /** @param isInClear the port can be reached from other machines, without TLS of its own */
  pushListening(address: string, isInClear: boolean): void {
    const facts = { event: 'feed_push_listening', address };
    if (isInClear) {
      this.logger.warn(
        facts,
        'provider events are taken over HTTP in clear: put a proxy with TLS in front of this port',
      );
    } else this.logger.info(facts, 'provider events are taken over HTTP');
  }

  backfillAsked(provider: string, numbers: number): void {
    this.#asked.inc({ provider }, numbers);
    this.logger.warn(
      { event: 'feed_backfill_asked', provider, numbers },
      'events of a provider are missing; it was asked for them',
    );
  }

  noticeRefused(subject: string): void {
    this.logger.warn(
      { event: 'feed_notice_refused', subject },
      'the broker does not let us tell a provider of its feed: see deploy/nats/feed.conf',
    );
  }

  journalUnavailable(): void {
    this.logger.error({ event: 'feed_waits' }, 'provider events wait: the log cannot take entries');
  }

  keySet(provider: string, fact: KeySetFact): void {
    this.#keySets.happened(provider, fact);
  }

  pairKeyDroppedEarly(provider: string, keyId: string, overlapMs: number): void {
    this.logger.warn(
      {
        event: 'feed_pair_key_dropped_early',
        provider,
        key_id: keyId,
        overlap_days: Math.floor(overlapMs / 86_400_000),
      },
      'a pair key went less than 30 days after the next one came: mailboxes not named since then are not matched',
    );
  }

  registryLoaded(providerCount: number): void {
    this.#registryProblems = [];
    this.logger.info(
      { event: 'feed_registry_loaded', provider_count: providerCount },
      'provider registry loaded',
    );
  }

  registryRefused(problems: readonly RegistryFault[]): void {
    this.#registryProblems = problems;
    this.logger.error(
      {
        event: 'feed_registry_refused',
        problem_count: problems.length,
        problems: problems.map(({ message }) => message),
      },
      'provider registry refused, the last good one stays',
    );
  }
}
