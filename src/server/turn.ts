/** A call on its way through the stages of a turn. They should not throw. */
export interface CallOfTurn {
  /** Decodes the request. */
  read(): void;
  /** Asks the handler. */
  ask(): void;
  /** Sends the answer, now or as soon as it is there. */
  send(): void;
  /** A stage threw nevertheless; the stages after it still come. Never throws. */
  abandon(thrown: unknown): void;
}

type Stage = 'read' | 'ask' | 'send';

/**
 * Takes the calls that arrive within one turn of the event loop through their stages: the first at once, the others
 * together when the turn ends: all are read, then all are decided, then all are answered.
 *
 * The transport's code and ours together are more than a processor's nearer caches hold, so that one call from socket
 * to socket after the other has each push out the other's. But what is sent at the end of a turn leaves only with the
 * next, since Node writes to its sockets before, and beside a flood of provider events a turn takes milliseconds. A call
 * that has no company would wait for nothing.
 */
export class Turn {
  #hasBegun = false;
  #waiting: CallOfTurn[] = [];

  add(call: CallOfTurn): void {
    if (this.#hasBegun) {
      this.#waiting.push(call);
      return;
    }
    this.#hasBegun = true;
    setImmediate(this.#end);
    pass(call, 'read');
    pass(call, 'ask');
    pass(call, 'send');
  }

  /** Resolves when all that has arrived was asked. */
  async ended(): Promise<void> {
    // Behind the end of the turn, which is an immediate as well.
    if (this.#hasBegun) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  readonly #end = (): void => {
    this.#hasBegun = false;
    const calls = this.#waiting;
    if (calls.length === 0) return;
    this.#waiting = [];
    for (const call of calls) pass(call, 'read');
    for (const call of calls) pass(call, 'ask');
    for (const call of calls) pass(call, 'send');
  };
}

function pass(call: CallOfTurn, stage: Stage): void {
  try {
    call[stage]();
  } catch (thrown) {
    call.abandon(thrown);
  }
}
