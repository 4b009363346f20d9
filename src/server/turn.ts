/** A call on its way through the stages of a turn. They should not throw. */
export interface CallOfTurn {
  /** Decodes the request. */
  read(): void;
  /** Asks the handler. */
  ask(): void;
  /** Sends the answer, now or as soon as it is there. */
  send(): void;
  /**
   * How far before others it goes if not all fit into a turn, once it is read: what is one more goes before those that
   * came up to one turn earlier. Absent: 0.
   */
  urgency?(): number;
  /** A stage threw nevertheless; the stages after it still come. Never throws. */
  abandon(thrown: unknown): void;
}

type Stage = 'read' | 'ask' | 'send';

/** How much a turn does, and who hears of it. All have defaults. */
export interface TurnOptions {
  /** Once this much time was spent, in milliseconds, what is left waits for the next turn. */
  readonly budgetMs?: number;
  /** Monotonic, milliseconds. */
  readonly nowMs?: () => number;
  /** A turn is over: when, how long it took from its first call on, and how many it has asked. */
  readonly ended?: (nowMs: number, tookMs: number, askedCount: number) => void;
}

/**
 * 2 ms: what comes meanwhile is read, and refused if it must be, within 5. Some twenty answers; longer turns answered no
 * more a second.
 */
const DEFAULT_BUDGET_MS = 2;

/** However long the loop was busy with other things, or slept. */
const LONGEST_BUDGET_MS = 25;

/** Calls that go through their last two stages together. */
const SLICE_CALLS = 16;

interface Waiting {
  readonly call: CallOfTurn;
  /** Higher goes first: urgency, and a turn of waiting counts for one. */
  readonly rank: number;
}

/**
 * Takes the calls that arrive within one turn of the event loop through their stages: the first at once, the others
 * together when the turn ends: all are read, then slices of them are decided and answered until the turn's time is over.
 * Under more load than that the most urgent go first.
 *
 * The transport's code and ours together are more than a processor's nearer caches hold, so that one call from socket
 * to socket after the other has each push out the other's. But what is sent at the end of a turn leaves only with the
 * next, since Node writes to its sockets before, and beside a flood of provider events a turn takes milliseconds. A call
 * that has no company would wait for nothing.
 */
export class Turn {
  readonly #budgetMs: number;
  readonly #nowMs: () => number;
  readonly #tellEnded: (nowMs: number, tookMs: number, askedCount: number) => void;
  #hasBegun = false;
  /** Asked at once since the last end. */
  #askedAtOnce = 0;
  #arrived: CallOfTurn[] = [];
  /** Read, and left over from turns before; the most urgent first. */
  #left: Waiting[] = [];
  #turnNumber = 0;
  #beganAtMs = 0;

  constructor(options: TurnOptions = {}) {
    this.#budgetMs = options.budgetMs ?? DEFAULT_BUDGET_MS;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#tellEnded = options.ended ?? (() => {});
  }

  add(call: CallOfTurn): void {
    if (this.#hasBegun) {
      this.#arrived.push(call);
      return;
    }
    this.#begin();
    this.#askedAtOnce = 1;
    pass(call, 'read');
    pass(call, 'ask');
    pass(call, 'send');
  }

  /** Resolves when all that has arrived was asked. */
  async ended(): Promise<void> {
    // Behind the end of the turn, which is an immediate as well.
    while (this.#hasBegun) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#beganAtMs = this.#nowMs();
    setImmediate(this.#end);
  }

  readonly #end = (): void => {
    this.#hasBegun = false;
    this.#turnNumber += 1;
    const beganAtMs = this.#beganAtMs;
    const askedCount = this.#askedAtOnce + this.#answerSome();
    this.#askedAtOnce = 0;
    const endedAtMs = this.#nowMs();
    if (this.#left.length > 0 && !this.#hasBegun) this.#begin();
    this.#tellEnded(endedAtMs, endedAtMs - beganAtMs, askedCount);
  };

  #answerSome(): number {
    const arrived = this.#arrived;
    if (arrived.length === 0 && this.#left.length === 0) return 0;
    this.#arrived = [];
    for (const call of arrived) pass(call, 'read');
    if (this.#left.length === 0 && arrived.length <= SLICE_CALLS) {
      answer(arrived);
      return arrived.length;
    }
    return this.#answerByRank(arrived);
  }

  #answerByRank(arrived: readonly CallOfTurn[]): number {
    const nowMs = this.#nowMs();
    // Where reading and refusing took long, answering may take half as long: less, and its share of the time would shrink;
    // more, and each turn would be longer than the one before.
    const readMs = nowMs - this.#beganAtMs;
    const endsAtMs = nowMs + Math.min(LONGEST_BUDGET_MS, Math.max(this.#budgetMs, readMs / 2));
    const waiting = this.#left;
    for (const call of arrived) waiting.push({ call, rank: urgencyOf(call) - this.#turnNumber });
    // Nearly in order already, and stable: of equals the first to come goes first.
    waiting.sort((a, b) => b.rank - a.rank);
    let askedCount = 0;
    do {
      const slice = waiting.slice(askedCount, askedCount + SLICE_CALLS);
      answer(slice.map(({ call }) => call));
      askedCount += slice.length;
    } while (askedCount < waiting.length && this.#nowMs() < endsAtMs);
    this.#left = waiting.slice(askedCount);
    return askedCount;
  }
}

function answer(calls: readonly CallOfTurn[]): void {
  for (const call of calls) pass(call, 'ask');
  for (const call of calls) pass(call, 'send');
}

function urgencyOf(call: CallOfTurn): number {
  try {
    return call.urgency?.() ?? 0;
  } catch (thrown) {
    call.abandon(thrown);
    return 0;
  }
}

function pass(call: CallOfTurn, stage: Stage): void {
  try {
    call[stage]();
  } catch (thrown) {
    call.abandon(thrown);
  }
}
