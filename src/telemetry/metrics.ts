import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { TallyCounter } from './tally.js';

/**
 * Upper bounds in seconds: those gRPC itself uses for call durations (gRFC A66) from 100 µs on, as far as a withdrawal
 * may wait.
 */
const DURATION_BUCKETS_SECONDS = [
  0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.013, 0.016, 0.02,
  0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.25, 0.5, 1,
];

/** Event-loop delay is sampled this often, in milliseconds: the default of Node misses pauses below 10 ms. */
const EVENT_LOOP_SAMPLE_MS = 10;

/**
 * Gauges of the library under names of counters, which `promtool check metrics` refuses; the same figures by type stand
 * beside them (`nodejs_active_handles`, ...).
 */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
] as const;

/** Figures that are asked for when metrics are scraped. */
const GAUGES = {
  logHeadPosition: {
    name: 'holdfast_log_head_position',
    help: 'Position of the last entry of the log.',
  },
  logDurablePosition: {
    name: 'holdfast_log_durable_position',
    help: 'Position of the last entry of the log that is on disk.',
  },
  logBytes: { name: 'holdfast_log_bytes', help: 'Size of the log on disk, in bytes.' },
  stateCursorPosition: {
    name: 'holdfast_state_cursor_position',
    help: 'Position of the last entry of the log that the state on disk contains.',
  },
  stateBytes: { name: 'holdfast_state_bytes', help: 'Size of the state on disk, in bytes.' },
  cacheBytes: {
    name: 'holdfast_cache_bytes',
    help: 'Size of the evidence held decoded in memory, in bytes.',
  },
  callsInFlight: { name: 'holdfast_calls_in_flight', help: 'Calls whose answer is not ready yet.' },
  callsWaiting: {
    name: 'holdfast_calls_waiting',
    help: 'Calls that were let in and wait their turn; part of those in flight.',
  },
  connectionsPaused: {
    name: 'holdfast_connections_paused',
    help: 'Connections that nothing is read from for a while: more than twice as many calls come as can be answered.',
  },
  connectionPauses: {
    name: 'holdfast_connection_pauses',
    help: 'Times since the start that a connection was paused for overload.',
  },
  longReads: {
    name: 'holdfast_long_reads',
    help: 'Lists and evaluations that are read, or whose answers are not taken yet.',
  },
  longReadsWaiting: {
    name: 'holdfast_long_reads_waiting',
    help: 'Lists and evaluations that wait for a place among those.',
  },
  longReadsCut: {
    name: 'holdfast_long_reads_cut',
    help: 'Lists and evaluations since the start that were ended because their callers did not take the answer.',
  },
  longReadsRefused: {
    name: 'holdfast_long_reads_refused',
    help: 'Lists and evaluations since the start that were refused because too many waited already.',
  },
  auditAvailable: { name: 'holdfast_audit_available', help: '1 if answers can be recorded, 0 if not.' },
  clockConfirmed: {
    name: 'holdfast_clock_confirmed',
    help: '1 while the wall clock is believed, 0 while it is not: then nothing is forgotten on its word.',
  },
  clockDisagreementSeconds: {
    name: 'holdfast_clock_disagreement_seconds',
    help: 'Seconds by which the wall clock is ahead of the time that is believed; negative: behind.',
  },
  policyRevision: { name: 'holdfast_policy_revision', help: 'Number of the active policy revision.' },
  logLinesUnwritten: {
    name: 'holdfast_log_lines_unwritten',
    help: 'Log lines that standard output has not taken: lost, or waiting to be tried again.',
  },
} as const satisfies Record<string, { readonly name: string; readonly help: string }>;

/** Where the figures of gauges come from; those without a source are not shown. */
export type GaugeSources = { readonly [K in keyof typeof GAUGES]?: () => number };

export interface MetricsOptions {
  /**
   * Also publish CPU, memory, garbage collection and event-loop delay under their usual names (`process_*`,
   * `nodejs_*`). The observers live as long as the process.
   */
  readonly withProcess: boolean;
}

/** Every metric of the service, each named here and nowhere else. */
export class Metrics {
  readonly registry = new Registry();
  readonly #sources: { -readonly [K in keyof GaugeSources]: GaugeSources[K] } = {};

  /** Answers by verdict. */
  readonly decisions = new TallyCounter({
    name: 'holdfast_decisions_total',
    help: 'Assessments by decision and level.',
    labelNames: ['decision', 'level'],
    registry: this.registry,
  });
  /** Beside `holdfast_decisions_total`: the share of requests that leave a fact out. */
  readonly missingFacts = new TallyCounter({
    name: 'holdfast_missing_facts_total',
    help: 'Recorded assessments whose request left out a fact, by its path in the request.',
    labelNames: ['fact'],
    registry: this.registry,
  });
  /** A form of address that we do not read yet shows here. */
  readonly destinationDoubts = this.#counter(
    'destination_doubts',
    'Recorded assessments whose destination may not be trusted, by network (of our table, else `unknown`) and cause.',
    ['network', 'doubt'],
  );
  /** At nothing for as long as records are kept, nothing is known by text any more. */
  readonly formerDestinations = this.#counter(
    'former_destinations',
    'Recorded assessments that met a record by the name which its destination had before places were read, by record.',
    ['record'],
  );
  /** From arrival of the request to its answer, with recording. */
  readonly assessDuration = new Histogram({
    name: 'holdfast_assess_duration_seconds',
    help: 'Time from the arrival of an assessment request to its answer, recording included.',
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [this.registry],
  });
  /** Reported signals: accepted, duplicate, rejected. */
  readonly signals = this.#counter('signals', 'Reported signals by result.', ['result']);
  readonly calls = new TallyCounter({
    name: 'holdfast_calls_total',
    help: 'gRPC calls by method and status.',
    labelNames: ['method', 'status'],
    registry: this.registry,
  });
  readonly shed = this.#counter('shed', 'Calls refused under overload, by cause.', ['cause']);
  readonly unserved = this.#counter(
    'requests_unserved',
    'Calls dropped because their deadline had passed, or their caller had gone, before work began.',
    [],
  );
  /** To be alerted on: a degraded allow is a withdrawal let go without facts that the policy wants. */
  readonly degradedAllows = this.#counter(
    'degraded_allows',
    'Withdrawals allowed although a needed fact was missing or stale, by amount tier.',
    ['tier'],
  );
  readonly internalErrors = this.#counter('internal_errors', 'Calls that failed by our own fault.', [
    'method',
  ]);
  readonly connectionsRefused = this.#counter(
    'connections_refused',
    'Connections closed at once: no descriptors were left for them.',
    [],
  );
  readonly auditFailures = this.#counter('audit_failures', 'Times that recording became impossible.', []);
  readonly clientDecisions = this.#counter(
    'client_decisions',
    'Reports of what clients decided without an answer, by result.',
    ['result'],
  );
  readonly outcomes = this.#counter('outcomes', 'Reported outcomes of withdrawals by result.', ['result']);
  /** How a candidate would have decided, beside how the live policy did. */
  readonly shadowDecisions = new TallyCounter({
    name: 'holdfast_shadow_decisions_total',
    help: 'Assessments that a candidate in shadow decided too, by its revision, the live decision and its own.',
    labelNames: ['revision', 'live', 'candidate'],
    registry: this.registry,
  });
  readonly shadowDropped = this.#counter(
    'shadow_dropped',
    'Assessments that a candidate in shadow left out: the service was busy, or its share of the processor was used up.',
    ['revision'],
  );
  readonly policyReloads = this.#counter('policy_reloads', 'Policy files read, by result.', ['result']);

  constructor({ withProcess }: MetricsOptions) {
    const sources = this.#sources;
    for (const key of gaugeKeys()) {
      new Gauge({
        ...GAUGES[key],
        registers: [this.registry],
        collect() {
          const read = sources[key];
          if (read === undefined) this.remove();
          else this.set(read());
        },
      });
    }
    if (withProcess) {
      collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS });
      for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    }
  }

  /** Says where figures come from; later calls add to or replace earlier ones. */
  watch(sources: GaugeSources): void {
    Object.assign(this.#sources, sources);
  }

  /** Everything in Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  #counter<const L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({
      name: `holdfast_${name}_total`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
  }
}

function gaugeKeys(): (keyof typeof GAUGES)[] {
  return Object.keys(GAUGES).filter((key): key is keyof typeof GAUGES => key in GAUGES);
}
