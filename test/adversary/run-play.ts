import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ServiceError } from '@grpc/grpc-js';
import { CHANNELS, DECISIONS, type UnixMs } from '../../src/decision/vocabulary.js';
import {
  type AssessWithdrawalResponse,
  OutcomeLabel,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { readDuration } from '../../src/policy/text/quantities.js';
import { RELEASE_NUMBERS, wordOf } from '../../src/server/risk/wire.js';
import { details, startTestService, TestClock, type TestService } from '../integration/harness.js';
import type { AskDocument, PlayDocument, SignalDocument, StepDocument } from './play-document.js';
import { ProviderVoice } from './provider-voice.js';
import { Stage, USUAL_ACCOUNT } from './stage.js';

/** Monday morning. */
export const BEGIN: UnixMs = Date.UTC(2026, 4, 4, 9);

const PATIENCE = 3;
/** As long as a confirmation takes. */
const CONFIRM_MS = 60_000;

/** One answer to one request. */
export interface Answered {
  /** From the beginning of the play. */
  readonly afterMs: number;
  readonly withdrawal: string;
  readonly cents: number;
  /** A decision, or the reason of an error. */
  readonly word: string;
  readonly score: number | undefined;
  readonly reasons: readonly string[];
  readonly left: boolean;
}

export interface PlayResult {
  readonly play: PlayDocument;
  readonly balanceCents: number;
  /** What left without the owner's will; of a customer's play: what he got. */
  readonly leftCents: number;
  readonly answers: readonly Answered[];
  /** Every expectation that did not come true, with its step; none: the play came out as it must. */
  readonly problems: readonly string[];
}

/** Plays one play against a service of its own, through its gRPC port. */
export async function runPlay(play: PlayDocument, policyFile: string): Promise<PlayResult> {
  const clock = new TestClock(BEGIN);
  const service = await startTestService({
    clock,
    env: { HOLDFAST_POLICY_FILE: policyFile, HOLDFAST_AUDIT: 'relaxed' },
  });
  try {
    const run = new PlayRun(play, service);
    await run.all(play.steps, '');
    return run.result();
  } finally {
    await service.stop();
  }
}

class PlayRun {
  readonly #answers: Answered[] = [];
  readonly #problems: string[] = [];
  readonly #assessments = new Map<string, string>();
  readonly #stage: Stage;
  readonly #voice: ProviderVoice;
  readonly #balanceCents: number;
  #leftCents = 0;
  #count = 0;
  #askedFirstAt: UnixMs | undefined;
  #sentLastAt: UnixMs | undefined;

  constructor(
    readonly play: PlayDocument,
    readonly service: TestService,
  ) {
    this.#stage = new Stage(play.account ?? {}, play.by, BEGIN);
    this.#voice = new ProviderVoice(service);
    this.#balanceCents = Math.round((play.account?.balance ?? USUAL_ACCOUNT.balance) * 100);
  }

  async all(steps: readonly StepDocument[], prefix: string): Promise<void> {
    for (const [index, step] of steps.entries()) await this.#step(step, `${prefix}${index + 1}`);
  }

  result(): PlayResult {
    const { at_most: most, at_least: least, within } = this.play.leaves;
    const share = this.#leftCents / this.#balanceCents;
    const problems = [...this.#problems];
    if (most !== undefined && share > most)
      problems.push(`${percent(share)} left, at most ${percent(most)} may`);
    if (least !== undefined && share < least) {
      problems.push(`${percent(share)} could be sent, ${percent(least)} must be possible`);
    }
    const took = (this.#sentLastAt ?? BEGIN) - (this.#askedFirstAt ?? BEGIN);
    if (within !== undefined && took > lengthOf(within)) {
      problems.push(`it took ${Math.round(took / 3_600_000)} h, at most ${within} may pass`);
    }
    const { play } = this;
    return {
      play,
      balanceCents: this.#balanceCents,
      leftCents: this.#leftCents,
      answers: this.#answers,
      problems,
    };
  }

  get #now(): UnixMs {
    return this.service.clock.now;
  }

  async #step(step: StepDocument, name: string): Promise<void> {
    const stage = this.#stage;
    const now = this.#now;
    if (step.wait !== undefined) this.service.clock.now += lengthOf(step.wait);
    if (step.signs_in !== undefined) {
      stage.signsIn(step.signs_in.device, now);
      if (!step.signs_in.unreported) await this.#report([{ type: 'NEW_DEVICE' }]);
    }
    if (step.enrols !== undefined) {
      const { name: factor, channel, before_signal: before, unreported } = step.enrols;
      stage.enrols(factor, channel, now - (before === undefined ? 0 : lengthOf(before)));
      if (!unreported) await this.#report([{ type: 'MFA_ENROLLED', channel }]);
    }
    if (step.adds !== undefined) {
      stage.adds(step.adds.destination, step.adds.allowlisted, now);
      if (!step.adds.unreported) await this.#report([{ type: 'ADDRESS_ADDED' }]);
    }
    if (step.moves_mail_to !== undefined) {
      const { email, channel, factor } = step.moves_mail_to;
      stage.email = email;
      await this.#report([
        {
          type: 'EMAIL_CHANGED',
          email,
          ...(channel === undefined ? {} : { channel }),
          ...(factor === undefined ? {} : { factor }),
        },
      ]);
    }
    if (step.signals !== undefined) await this.#report(step.signals);
    for (const event of step.events ?? []) await this.#voice.tell(event, stage.email);
    if (step.floods !== undefined) {
      const { times, every, signals = [], events = [] } = step.floods;
      for (let time = 0; time < times; time++) {
        if (signals.length > 0) await this.#report(signals);
        for (const event of events) await this.#voice.tell(event, stage.email);
        if (every !== undefined) this.service.clock.now += lengthOf(every);
      }
    }
    if (step.retracts !== undefined) await this.#voice.retract(step.retracts);
    if (step.incident !== undefined) await this.#voice.incident(step.incident);
    if (step.reports !== undefined) await this.#outcome(step.reports.withdrawal, step.reports.label);
    if (step.any_order !== undefined) await this.all(step.any_order, `${name}.`);
    if (step.asks !== undefined) await this.#asks(step.asks, name);
  }

  async #report(signals: readonly SignalDocument[]): Promise<void> {
    await this.service.report(
      ...signals.map((signal) => this.#stage.signal(signal, this.#now, `signal-${++this.#count}`)),
    );
  }

  async #outcome(withdrawal: string, label: string): Promise<void> {
    const assessmentId = this.#assessments.get(withdrawal);
    if (assessmentId === undefined) throw new Error(`nobody asked for the withdrawal \`${withdrawal}\``);
    const number = Object.entries(OutcomeLabel).find(([word]) => word === label)?.[1];
    if (typeof number !== 'number') throw new Error(`the contract has no outcome \`${label}\``);
    const observedAt = timestampFromMs(this.#now);
    await this.service.client.call(RiskService.method.reportOutcome, {
      outcomes: [{ assessmentId, label: number, reportedBy: 'play', observedAt }],
    });
  }

  async #asks(ask: AskDocument, step: string): Promise<void> {
    for (let time = 0; time < (ask.repeat ?? 1); time++) {
      if (time > 0) this.service.clock.now += lengthOf(ask.every ?? '0s');
      const withdrawal = ask.withdrawal ?? `withdrawal-${step}-${time + 1}`;
      await this.#withdraw(ask, withdrawal, (ask.repeat ?? 1) > 1 ? `${step}, time ${time + 1}` : step);
    }
  }

  /** One withdrawal, with all that its answers ask for. */
  async #withdraw(ask: AskDocument, withdrawal: string, step: string): Promise<void> {
    const cents = Math.round(
      ask.value === undefined ? (ask.share ?? 0) * this.#stage.balance : ask.value * 100,
    );
    let answer = await this.#ask(ask, withdrawal, cents, 0);
    this.#compare(step, 'answers', ask.answers, answer);
    this.#compareFirst(step, ask, answer);
    for (let turn = 1; turn <= (ask.patience ?? PATIENCE) && (await this.#complies(answer)); turn++) {
      answer = await this.#ask(ask, withdrawal, cents, turn);
    }
    this.#compare(step, 'finally', ask.finally, answer);
  }

  /** Does what an answer asks for. False when that is nothing, or cannot be done. */
  async #complies({ answer, word }: OneAnswer): Promise<boolean> {
    if (answer === undefined) return false;
    if (word === 'STEP_UP') {
      if (!this.#stage.confirms(answer.acceptableChannels, this.#now)) return false;
      this.service.clock.now += CONFIRM_MS;
      return true;
    }
    if (word === 'HOLD' && answer.release === RELEASE_NUMBERS.AUTOMATIC && answer.holdUntil !== undefined) {
      this.service.clock.now = Math.max(this.#now + 1000, Number(answer.holdUntil.seconds) * 1000 + 1000);
      return true;
    }
    return false;
  }

  async #ask(ask: AskDocument, withdrawal: string, cents: number, turn: number): Promise<OneAnswer> {
    const now = this.#now;
    this.#askedFirstAt ??= now;
    const request = {
      ...this.#stage.request(ask, cents, this.play.never_says ?? [], now),
      withdrawalId: withdrawal,
      requestId: turn === 0 && ask.request_id !== undefined ? ask.request_id : `request-${++this.#count}`,
    };
    const one = await answerOf(this.service.assess(request));
    if (one.answer !== undefined) this.#assessments.set(withdrawal, one.answer.assessmentId);
    const left = one.word === 'ALLOW' && ask.sends !== false && cents <= this.#stage.balance;
    if (left) {
      this.#stage.sent(ask.to, cents, now, ask.by === 'owner' || this.play.by === 'customer');
      if (ask.by !== 'owner') this.#leftCents += cents;
      this.#sentLastAt = now;
    }
    this.#answers.push({
      afterMs: now - BEGIN,
      withdrawal,
      cents,
      word: one.word,
      score: one.answer?.score,
      reasons: (one.answer?.reasons ?? []).map(({ code, points }) => `${code} ${points}`),
      left,
    });
    return one;
  }

  #compare(
    step: string,
    what: string,
    allowed: readonly string[] | undefined,
    { word, answer }: OneAnswer,
  ): void {
    if (allowed === undefined || allowed.includes(word)) return;
    const reasons = (answer?.reasons ?? []).slice(0, 6).map(({ code, points }) => `${code} ${points}`);
    this.#problems.push(
      `step ${step}: ${what} ${allowed.join(' or ')}, came ${word} ${answer?.score ?? ''} (${reasons.join(', ')})`,
    );
  }

  #compareFirst(step: string, ask: AskDocument, { answer }: OneAnswer): void {
    const given = new Set(answer?.reasons.map(({ code }) => code));
    const degraded = new Set(answer?.degradations.map(({ code }) => code));
    for (const code of ask.reasons ?? []) {
      if (!given.has(code)) this.#problems.push(`step ${step}: ${code} is not among the reasons`);
    }
    for (const code of ask.degradations ?? []) {
      if (!degraded.has(code)) this.#problems.push(`step ${step}: ${code} is not among the degradations`);
    }
    const untrusted = (answer?.untrustedChannels ?? []).map((number) => wordOf(CHANNELS, number));
    if (ask.untrusted !== undefined && [...untrusted].sort().join() !== [...ask.untrusted].sort().join()) {
      this.#problems.push(
        `step ${step}: untrusted channels ${ask.untrusted.join()}, came ${untrusted.join()}`,
      );
    }
    const release = wordOf(['AUTOMATIC', 'PERSON'] as const, answer?.release ?? 0);
    if (ask.release !== undefined && release !== ask.release) {
      this.#problems.push(`step ${step}: release ${ask.release}, came ${release ?? 'none'}`);
    }
  }
}

interface OneAnswer {
  /** Absent: the call was refused. */
  readonly answer?: AssessWithdrawalResponse;
  readonly word: string;
}

async function answerOf(call: Promise<AssessWithdrawalResponse>): Promise<OneAnswer> {
  try {
    const answer = await call;
    return { answer, word: wordOf(DECISIONS, answer.decision) ?? 'UNSPECIFIED' };
  } catch (error) {
    const reason =
      error instanceof Error && 'metadata' in error ? reasonOf(error as ServiceError) : undefined;
    if (reason === undefined) throw error;
    return { word: reason };
  }
}

function reasonOf(error: ServiceError): string | undefined {
  return details(error).info?.reason;
}

function lengthOf(text: string): number {
  const length = readDuration(text);
  if (length === undefined) throw new RangeError(`\`${text}\` is not a length of time`);
  return length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
