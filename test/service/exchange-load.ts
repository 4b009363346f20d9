import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  type AssessWithdrawalResponse,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { type Signal, SignalSchema, SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { PatientClient } from '../integration/patient-client.js';

/** Calls that one exchange keeps in flight. */
const CALLERS = 16;

/** What an exchange was told, and may rely on from then on. */
export class Told {
  readonly signals: Signal[] = [];
  readonly answers: {
    readonly request: AssessWithdrawalRequest;
    readonly answer: AssessWithdrawalResponse;
  }[] = [];

  get count(): number {
    return this.signals.length + this.answers.length;
  }
}

/** An exchange that reports and asks without pause, until the service is gone or it is told to stop. */
export class ExchangeLoad {
  readonly told = new Told();
  /** Calls that ended without an answer, with their gRPC status. */
  readonly unanswered: number[] = [];
  readonly #client: PatientClient;
  readonly #callers: Promise<void>[];
  readonly #onTold: (count: number) => void;
  #stopped = false;

  /**
   * @param name makes its ids differ from those of other loads
   * @param onTold called after each answer or acknowledgement with their number
   */
  constructor(
    address: string,
    private readonly name: string,
    onTold: (count: number) => void,
  ) {
    this.#client = new PatientClient(address);
    this.#onTold = onTold;
    this.#callers = Array.from({ length: CALLERS }, (_, caller) => this.#call(caller));
  }

  /** Resolves when no call is in flight any more. */
  async end(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
    this.#client.close();
  }

  async #call(caller: number): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      const id = `${this.name}-${caller}-${turn}`;
      try {
        if (turn % 2 === 0) await this.#report(id, caller);
        else await this.#ask(id, caller);
        this.#onTold(this.told.count);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && typeof error.code === 'number')) throw error;
        this.unanswered.push(error.code);
        return;
      }
    }
  }

  async #report(signalId: string, caller: number): Promise<void> {
    const signal = create(SignalSchema, {
      signalId,
      accountId: `account-${caller}`,
      email: `person-${caller}@att.net`,
      type: SignalType.NEW_DEVICE,
      occurredAt: timestampFromMs(Date.now()),
    });
    await this.#client.call(RiskService.method.reportSignals, { signals: [signal] });
    this.told.signals.push(signal);
  }

  async #ask(requestId: string, caller: number): Promise<void> {
    const request = create(AssessWithdrawalRequestSchema, {
      requestId,
      withdrawalId: requestId,
      accountId: `account-${caller}`,
      email: `person-${caller}@att.net`,
      asset: 'BTC',
      amount: '0.1',
      referenceValue: 100,
      destination: { address: bitcoinAddress(`${caller}`), network: 'bitcoin' },
    } satisfies MessageInitShape<typeof AssessWithdrawalRequestSchema>);
    const answer = await this.#client.call(RiskService.method.assessWithdrawal, request);
    this.told.answers.push({ request, answer });
  }
}

/** What a service has lost of what an exchange was told. All lists are empty if it kept its word. */
export interface Losses {
  /** Ids of assessments that are not there, or not as they were answered. */
  readonly assessments: readonly string[];
  /** Request ids that got another answer when they were asked for again. */
  readonly requests: readonly string[];
  /** Ids of signals that are not known when they are reported again. */
  readonly signals: readonly string[];
}

/** Signals in one batch of the contract. */
const BATCH = 500;

/** Asks a service for everything that it, or one before it on the same folder, told an exchange. */
export async function lossesOf(address: string, told: Told): Promise<Losses> {
  const client = new PatientClient(address);
  try {
    const signals: string[] = [];
    for (let from = 0; from < told.signals.length; from += BATCH) {
      const { accepted } = await client.call(RiskService.method.reportSignals, {
        signals: told.signals.slice(from, from + BATCH),
      });
      signals.push(...accepted.filter(({ duplicate }) => !duplicate).map(({ signalId }) => signalId));
    }
    const assessments: string[] = [];
    const requests: string[] = [];
    for (const { request, answer } of told.answers) {
      const { assessmentId } = answer;
      const recorded = await client
        .call(RiskService.method.getAssessment, { assessmentId })
        .catch(() => undefined);
      if (!isSame(recorded?.assessment?.response, answer)) assessments.push(assessmentId);
      const again = await client.call(RiskService.method.assessWithdrawal, request);
      if (!isSame(again, answer)) requests.push(request.requestId);
    }
    return { assessments, requests, signals };
  } finally {
    client.close();
  }
}

function isSame(one: AssessWithdrawalResponse | undefined, other: AssessWithdrawalResponse): boolean {
  return one !== undefined && textOf(one) === textOf(other);
}

function textOf(answer: AssessWithdrawalResponse): string {
  return JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
