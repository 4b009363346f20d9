/** A call that waits for its turn. None of its functions may throw: the others of the turn would be lost. */
export interface CallOfTurn {
  /** Decodes the request. */
  read(): void;
  /** Asks the handler. */
  ask(): void;
  /** Sends the answer, now or as soon as it is there. */
  send(): void;
}

/**
 * Takes what arrived within one turn of the event loop through its stages together: all are read, then all are
 * decided, then all are answered.
 *
 * The transport's code and ours together are more than a processor's nearer caches hold, so one call from socket to
 * socket after the other has each push out the other's. A call that comes alone waits for the end of the turn only, which
 * its answer would wait for on its way to the socket as well.
 */
export class Turn {
  #arrived: CallOfTurn[] = [];

  add(call: CallOfTurn): void {
    if (this.#arrived.push(call) === 1) setImmediate(this.#end);
  }

  readonly #end = (): void => {
    const calls = this.#arrived;
    this.#arrived = [];
    for (const call of calls) call.read();
    for (const call of calls) call.ask();
    for (const call of calls) call.send();
  };
}
