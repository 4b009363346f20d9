import { evaluateAt } from '../../decision/evaluate.js';
import type { AssessmentInput } from '../../decision/input.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';
import { layOut } from '../../decision/timeline.js';
import type { Decision, UnixMs } from '../../decision/vocabulary.js';
import { type DecisionFlip, FlipTally } from './flip-tally.js';

/** Assessments that may wait for the shadows: half a second of 1,000 a second. An input has about 2 KB. */
export const MAX_WAITING = 512;

/** How long the shadows may work in one turn of the event loop: a sixth of the budget of an answer. */
export const TURN_BUDGET_MS = 0.5;

/**
 * How long the first assessment in an empty line waits for company. Many decided at a time share warm code and data, and most
 * answers meet no shadow on their way.
 */
export const GATHER_MS = 20;

/** Work that candidates may do at once after a quiet while, beyond their share. */
export const MAX_CREDIT_MS = 50;

/** Most shadows at once: each costs about one more decision for each answer. */
export const MAX_SHADOWS = 4;

/** What a shadow came to. */
export interface ShadowSummary {
  readonly comparedCount: number;
  /** Not compared, because too many waited or the candidates' share of the processor was used up. */
  readonly droppedCount: number;
  readonly flips: readonly DecisionFlip[];
  /** Counted from here. */
  readonly since: UnixMs;
}

/** A candidate by its revision. */
export interface Candidate {
  readonly number: number;
  readonly policy: CompiledPolicy;
}

/** Learns of each comparison. Its functions never throw. */
export interface ShadowObserver {
  compared(number: number, before: Decision, after: Decision): void;
  dropped(number: number): void;
}

export interface ShadowPorts {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Runs a function {@link GATHER_MS} later; once for each call. */
  readonly later: (run: () => void) => void;
  /** Runs a function when the event loop has done what is due; once for each call. */
  readonly nextTurn: (run: () => void) => void;
  /** The part of the time that all candidates together may work, above 0, at most 1. */
  readonly cpuShare: number;
  readonly observer: ShadowObserver;
}

interface Waiting {
  readonly sequence: number;
  readonly input: AssessmentInput;
  readonly decision: Decision;
}

interface Running extends Candidate {
  /** Assessments up to here came before its start. */
  readonly after: number;
  readonly since: UnixMs;
  readonly tally: FlipTally;
  comparedCount: number;
  droppedCount: number;
}

/**
 * Candidates that decide beside the live policy. Answers never wait for them: an answer leaves its input in a short
 * line, and the shadows work it off a little later, many at a time, in turns of their own. What does not fit in the line is dropped and counted.
 *
 * Nor do they slow the answers down: what they work is charged to a credit that grows with time by their share. While it
 * is used up new answers are left out and counted, so that under load they see a sample, whatever it is that is asked.
 */
export class Shadows {
  readonly #ports: ShadowPorts;
  readonly #running: Running[] = [];
  #waiting: Waiting[] = [];
  #offered = 0;
  #isScheduled = false;
  #creditMs = MAX_CREDIT_MS;
  /** Up to when {@link #creditMs} has grown. */
  #creditedAt: number;
  #caughtUp: { readonly through: number; readonly done: () => void }[] = [];

  constructor(ports: ShadowPorts) {
    this.#ports = ports;
    this.#creditedAt = ports.nowMs();
  }

  get numbers(): readonly number[] {
    return this.#running.map(({ number }) => number);
  }

  /** Lets a candidate decide on what is offered from now on. One that runs already is left as it is. */
  start(candidate: Candidate, since: UnixMs): void {
    if (this.#running.some(({ number }) => number === candidate.number)) return;
    const after = this.#offered;
    this.#running.push({
      ...candidate,
      after,
      since,
      tally: new FlipTally(),
      comparedCount: 0,
      droppedCount: 0,
    });
  }

  stop(number: number): void {
    const index = this.#running.findIndex((running) => running.number === number);
    if (index >= 0) this.#running.splice(index, 1);
    if (this.#running.length === 0) this.#waiting = [];
    this.#tellCaughtUp();
  }

  /** What a candidate that runs came to so far; undefined if it does not run. */
  summary(number: number): ShadowSummary | undefined {
    const running = this.#running.find((one) => one.number === number);
    if (running === undefined) return undefined;
    const { comparedCount, droppedCount, tally, since } = running;
    return { comparedCount, droppedCount, flips: tally.flips(), since };
  }

  /** An answer was given. Costs nothing while no shadow runs. */
  offer(input: AssessmentInput, decision: Decision): void {
    if (this.#running.length === 0) return;
    this.#offered += 1;
    if (this.#waiting.length >= MAX_WAITING || !this.#hasCredit()) {
      for (const running of this.#running) {
        running.droppedCount += 1;
        this.#ports.observer.dropped(running.number);
      }
      return;
    }
    this.#waiting.push({ sequence: this.#offered, input, decision });
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#ports.later(this.#turn);
  }

  /** When everything offered so far was compared or dropped. */
  caughtUp(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((done) => this.#caughtUp.push({ through: this.#offered, done }));
  }

  /** The clock is asked only while nothing is left. */
  #hasCredit(): boolean {
    if (this.#creditMs > 0) return true;
    this.#settle(this.#ports.nowMs(), 0);
    return this.#creditMs > 0;
  }

  /** What grew while the work was done counts before the limit: with the whole share, no work can use the credit up. */
  #settle(now: number, workedMs: number): void {
    const grownMs = (now - this.#creditedAt) * this.#ports.cpuShare;
    this.#creditMs = Math.min(MAX_CREDIT_MS, this.#creditMs + grownMs - workedMs);
    this.#creditedAt = now;
  }

  readonly #turn = (): void => {
    const startedAt = this.#ports.nowMs();
    let now = startedAt;
    let done = 0;
    for (const waiting of this.#waiting) {
      this.#compare(waiting);
      done += 1;
      now = this.#ports.nowMs();
      if (now >= startedAt + TURN_BUDGET_MS) break;
    }
    this.#settle(now, now - startedAt);
    this.#waiting.splice(0, done);
    this.#isScheduled = this.#waiting.length > 0;
    if (this.#isScheduled) this.#ports.nextTurn(this.#turn);
    this.#tellCaughtUp();
  };

  #compare({ sequence, input, decision }: Waiting): void {
    for (const running of this.#running) {
      if (sequence <= running.after) continue;
      const after = evaluateAt(layOut(input, running.policy), input.now).decision;
      running.comparedCount += 1;
      running.tally.add(decision, after, input.request.value);
      this.#ports.observer.compared(running.number, decision, after);
    }
  }

  #tellCaughtUp(): void {
    if (this.#caughtUp.length === 0) return;
    const through = this.#waiting[0] === undefined ? this.#offered : this.#waiting[0].sequence - 1;
    const reached = this.#caughtUp.filter((waiter) => waiter.through <= through);
    this.#caughtUp = this.#caughtUp.filter((waiter) => waiter.through > through);
    for (const { done } of reached) done();
  }
}
