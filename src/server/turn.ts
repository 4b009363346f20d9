/** A call that waits for its turn. Its stages should not throw. */
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
 * Takes what arrived within one turn of the event loop through its stages together: all are read, then all are
 * decided, then all are answered.
 *
 * The transport's code and ours together are more than a processor's nearer caches hold, so that one call from socket
 * to socket after the other has each push out the other's. The price is one empty turn more for each answer, since Node
 * writes to its sockets before it comes to our stages.
 */
export class Turn {
  #arrived: CallOfTurn[] = [];

  add(call: CallOfTurn): void {
    if (this.#arrived.push(call) === 1) setImmediate(this.#end);
  }

  /** Resolves when all that has arrived was asked and sent. */
  async ended(): Promise<void> {
    // Behind the end of the turn, which is an immediate as well.
    if (this.#arrived.length > 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  readonly #end = (): void => {
    const calls = this.#arrived;
    this.#arrived = [];
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
