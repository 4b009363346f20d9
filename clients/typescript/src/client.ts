import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { Channel } from './channel.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { hundredthsOf, mayGo, type OwnDecision } from './fail-posture.js';
import { Decision } from './gen/holdfast/v1/decision_pb.js';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  ClientDecisionSchema,
  NoAnswerCause,
} from './gen/holdfast/v1/risk_service_pb.js';
import { HourlyAllowance } from './hourly-allowance.js';
import type { ClientEvent, Outcome } from './outcome.js';
import { OwnReports } from './own-reports.js';
import { PostureWatch } from './posture-watch.js';
import { ask } from './question.js';
import { SternerAnswers } from './sterner-answers.js';

/** How to reach the service, and how long to wait for it. */
export interface HoldfastClientOptions {
  /** `host:port`, or `unix:/path`. */
  readonly address: string;
  /** From `@grpc/grpc-js`: `credentials.createSsl(...)`, or `createInsecure()` on a machine of your own. */
  readonly credentials: ChannelCredentials;
  /** Milliseconds a question may take, a retry included; 1 to 60,000. Default 50. */
  readonly deadlineMs?: number;
  /** How many instances of your program ask: each takes an equal part of the caps. At least 1. */
  readonly instances: number;
  /** Name of this instance in reports; at most 128 characters. */
  readonly name?: string;
  /** For your metrics. Called at once; what it throws is dropped. */
  readonly onEvent?: (event: ClientEvent) => void;
}

const DEFAULT_DEADLINE_MS = 50;
const LONGEST_DEADLINE_MS = 60_000;
const WARM_MS = 5_000;

/** Asks Holdfast about withdrawals, and decides by the policy's posture where no answer comes. */
export class HoldfastClient {
  readonly #channel: Channel;
  readonly #breaker = new CircuitBreaker();
  readonly #posture: PostureWatch;
  readonly #reports: OwnReports;
  readonly #allowance = new HourlyAllowance();
  readonly #sterner = new SternerAnswers();
  readonly #deadlineMs: number;
  readonly #instances: number;
  readonly #name: string;
  readonly #onEvent: (event: ClientEvent) => void;

  private constructor(options: HoldfastClientOptions) {
    const { deadlineMs = DEFAULT_DEADLINE_MS, instances, name = '', onEvent = () => undefined } = options;
    if (!(deadlineMs >= 1 && deadlineMs <= LONGEST_DEADLINE_MS)) {
      throw new RangeError('deadlineMs: must be from 1 to 60000');
    }
    if (!Number.isInteger(instances) || instances < 1) {
      throw new RangeError('instances: must be a whole number, at least 1');
    }
    if (name.length > 128) throw new RangeError('name: must have at most 128 characters');
    this.#deadlineMs = deadlineMs;
    this.#instances = instances;
    this.#name = name;
    this.#onEvent = onEvent;
    this.#channel = new Channel(options.address, options.credentials);
    this.#posture = new PostureWatch(this.#channel, this.#tell);
    this.#reports = new OwnReports(this.#channel, this.#tell);
  }

  /**
   * Connects and asks for the posture, so that the first question is as quick as the rest. A service that cannot be
   * reached is no error: until it is, everything is held.
   *
   * @throws RangeError for options out of range
   */
  static async connect(options: HoldfastClientOptions): Promise<HoldfastClient> {
    const client = new HoldfastClient(options);
    if (await client.#channel.warm(WARM_MS)) await client.#posture.refresh();
    else void client.#posture.refresh();
    return client;
  }

  /** Reports that wait to be acknowledged. */
  get waitingReports(): number {
    return this.#reports.count;
  }

  /**
   * Asks about one withdrawal. A request without `requestId` gets one, the same for its retry.
   *
   * @returns no later than the deadline
   * @throws RefusedError when the service refuses the request: mend it, nothing was decided
   */
  async assess(init: MessageInitShape<typeof AssessWithdrawalRequestSchema>): Promise<Outcome> {
    const startedMs = performance.now();
    const request = create(AssessWithdrawalRequestSchema, init);
    if (request.requestId === '') request.requestId = randomUUID();
    const bytes = toBinary(AssessWithdrawalRequestSchema, request);
    const asked = await ask(this.#channel, this.#breaker, bytes, this.#deadlineMs);
    const { attempts } = asked;
    const nowMs = performance.now();
    const durationMs = nowMs - startedMs;
    switch (asked.kind) {
      case 'answer': {
        const { response } = asked;
        const { decision } = response;
        if (!request.dryRun) {
          this.#sterner.noted(request.accountId, decision === Decision.ALLOW, nowMs);
        }
        this.#tell({ kind: 'answered', durationMs, attempts });
        return { decidedBy: 'service', decision, response };
      }
      case 'refused': {
        const { code, reason } = asked.error;
        this.#tell({ kind: 'refused', code, reason });
        throw asked.error;
      }
      case 'silence': {
        const { cause } = asked;
        const decision = this.#decide(request, cause, nowMs);
        this.#tell({ kind: 'decided-alone', durationMs, attempts, decision, cause });
        return { decidedBy: 'client', decision, cause, report: this.#report(request, decision, cause) };
      }
      default:
        return asked satisfies never;
    }
  }

  /** Reports a decision of before a crash: what `report` of the outcome held. @returns false if there is no room now */
  reportLater(report: Uint8Array): boolean {
    return this.#reports.add(report);
  }

  /** Ends the connection. What waits to be reported stays unreported: see `waitingReports`. */
  close(): void {
    this.#posture.close();
    this.#reports.close();
    this.#channel.close();
  }

  #decide(request: AssessWithdrawalRequest, cause: NoAnswerCause, monotonicMs: number): OwnDecision {
    const { accountId, dryRun } = request;
    if (cause === NoAnswerCause.FAULT || dryRun || this.#reports.isFull) return 'HOLD';
    if (this.#sterner.includes(accountId, monotonicMs)) return 'HOLD';
    const facts = {
      known: this.#posture.known,
      allowance: this.#allowance,
      instances: this.#instances,
      monotonicMs,
      wallMs: Date.now(),
    };
    if (!mayGo(request, facts)) return 'HOLD';
    this.#allowance.take(accountId, hundredthsOf(request.referenceValue) ?? 0, monotonicMs);
    return 'ALLOW';
  }

  #report(request: AssessWithdrawalRequest, decision: OwnDecision, cause: NoAnswerCause): Uint8Array {
    if (request.dryRun) return new Uint8Array();
    const report = toBinary(
      ClientDecisionSchema,
      create(ClientDecisionSchema, {
        request,
        decision: Decision[decision],
        decidedAt: timestampFromMs(Date.now()),
        cause,
        policyNumber: this.#posture.known?.posture.policyRevision?.number ?? 0,
        client: this.#name,
      }),
    );
    this.#reports.add(report);
    return report;
  }

  readonly #tell = (event: ClientEvent): void => {
    try {
      this.#onEvent(event);
    } catch {
      // A fault in somebody's metrics must not become one in withdrawals.
    }
  };
}
