import { status as GrpcStatus } from '@grpc/grpc-js';
import { describeError, type Logger } from './logger.js';
import type { Metrics } from './metrics.js';
import { ShadowEvents } from './shadow-events.js';
import type { Tally } from './tally.js';

/** At most one line in this time, in milliseconds, for things that happen by the thousand. Each is counted. */
const REPEATED_LINE_INTERVAL_MS = 10_000;

/** What a started service says of itself. */
export interface StartedService {
  readonly version: string;
  readonly grpcAddress: string;
  readonly opsAddress: string;
  readonly audit: string;
  readonly reflection: boolean;
  /** From the start of the process to readiness. */
  readonly readyAfterMs: number;
}

/**
 * One function for each thing that happens: it counts it, logs it, or both, and never throws.
 *
 * What is logged is listed here field by field. Identifiers of accounts, withdrawals and people are never among them.
 */
export class Events {
  /** Candidates that decide beside the live policy. Counted only. */
  readonly shadows: ShadowEvents;
  readonly #lastLineAt = new Map<string, number>();
  /** By decision, then level. */
  readonly #decided = new Map<string, Map<string, Tally>>();
  readonly #missing = new Map<string, Tally>();

  constructor(
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    this.shadows = new ShadowEvents(metrics);
  }

  serviceStarted(service: StartedService): void {
    this.logger.info({ event: 'service_started', ...service }, 'ready');
  }

  /** Probes and metrics are there, before anything else is: a start may take its time. */
  opsListening(opsAddress: string): void {
    this.logger.info({ event: 'ops_listening', opsAddress }, 'probes and metrics are served');
  }

  /** How many files and connections may be open; fewer than needed are told as a warning. */
  descriptors(
    facts: Readonly<Record<'limit' | 'open' | 'reserved' | 'connections' | 'needed', number>>,
  ): void {
    const level = facts.limit < facts.needed ? 'warn' : 'debug';
    this.logger[level](
      { event: 'descriptors', ...facts },
      'files and connections that may be open (ulimit -n)',
    );
  }

  /** All connections that descriptors are left for are taken. */
  connectionRefused(): void {
    this.metrics.connectionsRefused.inc();
    if (this.#mayLog('connections_refused')) {
      this.logger.warn(
        { event: 'connections_refused' },
        'connections are refused: no descriptors are left for them',
      );
    }
  }

  /** The running Node has known holes that a newer one does not. */
  nodeOutdated(advice: string): void {
    this.logger.warn({ event: 'node_outdated', advice }, advice);
  }

  drainStarted(signal: string): void {
    this.logger.info({ event: 'drain_started', signal }, 'draining');
  }

  /** @param forced some calls did not end in time and were cut */
  serviceStopped(forced: boolean, durationMs: number): void {
    this.logger.info({ event: 'service_stopped', forced, duration_ms: Math.round(durationMs) }, 'stopped');
  }

  /** An assessment was answered. Counted only: one line a call would cost more than the decision. */
  decided(decision: string, level: string): void {
    let byLevel = this.#decided.get(decision);
    if (byLevel === undefined) {
      byLevel = new Map();
      this.#decided.set(decision, byLevel);
    }
    let tally = byLevel.get(level);
    if (tally === undefined) {
      tally = this.metrics.decisions.tally({ decision, level });
      byLevel.set(level, tally);
    }
    tally.add();
  }

  /**
   * What a recorded request left out. Counted only.
   *
   * @param facts of the decision's fixed list, so that there are as many labels as it has names
   */
  factsMissing(facts: readonly string[]): void {
    for (const fact of facts) {
      let tally = this.#missing.get(fact);
      if (tally === undefined) {
        tally = this.metrics.missingFacts.tally({ fact });
        this.#missing.set(fact, tally);
      }
      tally.add();
    }
  }

  /**
   * A destination that may not be trusted. Counted only.
   *
   * @param network of our table, or `unknown`
   */
  destinationDoubted(network: string, doubt: string): void {
    this.metrics.destinationDoubts.inc({ network, doubt });
  }

  /** Records that a destination met only by its former name. Counted only. */
  metAsBefore(matches: readonly string[]): void {
    for (const record of matches) this.metrics.formerDestinations.inc({ record });
  }

  degradedAllow(tier: string): void {
    this.metrics.degradedAllows.inc({ tier });
    if (this.#mayLog('degraded_allow')) {
      this.logger.warn(
        { event: 'degraded_allow', tier },
        'withdrawals are allowed without facts the policy wants',
      );
    }
  }

  signalsReported(accepted: number, duplicates: number, rejected: number): void {
    if (accepted > 0) this.metrics.signals.inc({ result: 'accepted' }, accepted);
    if (duplicates > 0) this.metrics.signals.inc({ result: 'duplicate' }, duplicates);
    if (rejected > 0) this.metrics.signals.inc({ result: 'rejected' }, rejected);
  }

  outcomesReported(accepted: number, rejected: number): void {
    if (accepted > 0) this.metrics.outcomes.inc({ result: 'accepted' }, accepted);
    if (rejected > 0) this.metrics.outcomes.inc({ result: 'rejected' }, rejected);
  }

  clientDecisionsReported(accepted: number, rejected: number): void {
    if (accepted > 0) this.metrics.clientDecisions.inc({ result: 'accepted' }, accepted);
    if (rejected > 0) this.metrics.clientDecisions.inc({ result: 'rejected' }, rejected);
  }

  /** A candidate that ran before the service stopped cannot be compiled any more. */
  shadowNotResumed(revision: number): void {
    this.logger.warn({ event: 'shadow_not_resumed', revision }, 'a shadow could not be resumed');
  }

  /** Recording failed: no answer is given until it works again. @param reason what to do about it */
  auditFailed(reason: string, cause: unknown): void {
    this.metrics.auditFailures.inc();
    this.logger.error(
      { event: 'audit_failed', reason, cause: describeError(cause) },
      'answers cannot be recorded',
    );
  }

  auditRecovered(): void {
    this.logger.info({ event: 'audit_recovered' }, 'answers can be recorded again');
  }

  policyActivated(revision: number, hash: string): void {
    this.metrics.policyReloads.inc({ result: 'activated' });
    this.logger.info({ event: 'policy_activated', revision, hash }, 'policy activated');
  }

  /** The package has a newer policy than the one that decides: nothing changes until a person says so. */
  packagedPolicyWaits(revision: number, hash: string): void {
    const command = `holdfast policy activate ${revision} --reason "..."`;
    this.logger.warn(
      { event: 'packaged_policy_waits', revision, hash, command },
      `a newer packaged policy waits as revision ${revision}: see what it would change with ` +
        `\`holdfast policy shadow show ${revision}\`, and let it decide with \`${command}\``,
    );
  }

  /** @param places line and column of each mistake, e.g. `12:5`; the text of a policy may hold addresses */
  policyRefused(places: readonly string[]): void {
    this.metrics.policyReloads.inc({ result: 'refused' });
    this.logger.error(
      { event: 'policy_refused', problem_count: places.length, places: places.slice(0, 20) },
      'policy refused, the last good one stays; see holdfast policy check',
    );
  }

  /** Something an operator should hear of while log and state are opened. @param what name of the event @param detail no customer's data */
  storeOpened(what: string, detail: string | undefined): void {
    this.logger.warn({ event: 'store', what, detail }, 'log or state needed care');
  }

  /** The state is behind the log and catches up. @param seconds about how long it still takes; undefined: not known */
  stateRebuilding(position: number, target: number, seconds: number | undefined): void {
    this.logger.info(
      {
        event: 'state_rebuilding',
        position,
        target,
        ...(seconds === undefined ? {} : { seconds_left: seconds }),
      },
      'the state catches up with the log',
    );
  }

  /** A record of the state is damaged: it is set aside and rebuilt in the same start. */
  startAgain(cause: unknown): void {
    this.logger.error(
      { event: 'start_again', cause: describeError(cause) },
      'the state is damaged: rebuilding it',
    );
  }

  /** An entry of the log could not be taken into the state, and was skipped. @param position its place in the log */
  entryNotApplied(position: number, kind: string, cause: unknown): void {
    this.logger.error(
      { event: 'entry_not_applied', position, kind, cause: describeError(cause) },
      'an entry of the log was skipped',
    );
  }

  /** The state on disk cannot be written, or can again; answers go on from memory. */
  stateWritable(writable: boolean, cause: unknown, reason?: string): void {
    if (writable) this.logger.info({ event: 'state_writable' }, 'the state can be written again');
    else
      this.logger.error(
        {
          event: 'state_not_writable',
          ...(reason === undefined ? {} : { reason }),
          cause: describeError(cause),
        },
        'the state cannot be written',
      );
  }

  /** Entries past their retention left the log. */
  logTrimmed(entryCount: number): void {
    this.logger.info(
      { event: 'log_trimmed', entry_count: entryCount },
      'entries past their retention left the log',
    );
  }

  /** The first start made the keys of pseudonyms. */
  keysMade(): void {
    this.logger.warn(
      { event: 'keys_made' },
      'made new keys in the data folder: keep them elsewhere (HOLDFAST_KEYS_FILE), without them nothing that is known can be matched again',
    );
  }

  /** The wall clock moved in a way that monotonic time does not confirm. */
  clockStepped(stepMs: number): void {
    this.logger.warn({ event: 'clock_stepped', step_ms: Math.round(stepMs) }, 'the wall clock stepped');
  }

  /**
   * The wall clock is not believed: nothing is removed, and nothing ends, on its word alone.
   *
   * @param direction AHEAD or BEHIND @param cause what it disagrees with
   */
  clockUnconfirmed(direction: string, cause: string, differenceMs: number): void {
    this.logger.error(
      { event: 'clock_unconfirmed', direction, cause, difference_ms: Math.round(differenceMs) },
      'the clock is not believed, nothing is forgotten on its word; if it is right: holdfast clock accept',
    );
  }

  /** @param by what spoke for it */
  clockConfirmed(by: string): void {
    this.logger.info({ event: 'clock_confirmed', by }, 'the clock is confirmed');
  }

  /** What is thought of the clock could not be written to the data folder: the next start compares anew. */
  clockNotKept(cause: unknown): void {
    this.logger.warn(
      { event: 'clock_not_kept', cause: describeError(cause) },
      'the clock standing was not kept',
    );
  }

  /** Follows the calls of one method. @param method full name, e.g. `holdfast.v1.RiskService/AssessWithdrawal` */
  callsOf(method: string): CallEvents {
    return new CallEvents(method, this.metrics, this);
  }

  callShed(cause: string): void {
    this.metrics.shed.inc({ cause });
    if (this.#mayLog('calls_shed')) {
      this.logger.warn({ event: 'calls_shed', cause }, 'calls are refused under overload');
    }
  }

  callFailed(method: string, cause: unknown): void {
    this.metrics.internalErrors.inc({ method });
    this.logger.error(
      { event: 'call_failed', method, cause: describeError(cause) },
      'a call failed by our own fault',
    );
  }

  /** Whether a line that may repeat by the thousand is due. */
  #mayLog(event: string): boolean {
    const now = performance.now();
    const last = this.#lastLineAt.get(event);
    if (last !== undefined && now - last < REPEATED_LINE_INTERVAL_MS) return false;
    this.#lastLineAt.set(event, now);
    return true;
  }
}

/** Counts the calls of one method. */
export class CallEvents {
  readonly #byStatus: Tally[] = [];
  readonly #timed: boolean;

  constructor(
    private readonly method: string,
    private readonly metrics: Metrics,
    private readonly events: Events,
  ) {
    this.#timed = method.endsWith('/AssessWithdrawal');
  }

  /** @param grpcStatus number of the gRPC status @param durationMs from the request's arrival to its answer */
  answered(grpcStatus: number, durationMs: number): void {
    let tally = this.#byStatus[grpcStatus];
    if (tally === undefined) {
      tally = this.metrics.calls.tally({ method: this.method, status: GrpcStatus[grpcStatus] ?? 'UNKNOWN' });
      this.#byStatus[grpcStatus] = tally;
    }
    tally.add();
    if (this.#timed && grpcStatus === GrpcStatus.OK) this.metrics.assessDuration.observe(durationMs / 1000);
  }

  shed(cause: string): void {
    this.events.callShed(cause);
  }

  unserved(): void {
    this.metrics.unserved.inc();
  }

  failed(cause: unknown): void {
    this.events.callFailed(this.method, cause);
  }
}
