import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Published by Node for each connection that a server of this process has taken. */
const CHANNEL = 'net.server.socket';

/**
 * Closes connections above a number at once, so that a caller hears no instead of waiting. Without it the process would run out of
 * descriptors: then nothing can be opened any more, no file either.
 */
export class ConnectionLimit {
  readonly #max: number;
  readonly #isCounted: (localPort: number | undefined) => boolean;
  readonly #refused: () => void;
  readonly #open = new Set<Socket>();

  /**
   * @param isCounted by the port that a connection came to; undefined: a socket file
   * @param refused told of each connection that was closed
   */
  constructor(max: number, isCounted: (localPort: number | undefined) => boolean, refused: () => void) {
    this.#max = max;
    this.#isCounted = isCounted;
    this.#refused = refused;
    subscribe(CHANNEL, this.#taken);
  }

  /** Connections that are open. */
  get open(): number {
    return this.#open.size;
  }

  get max(): number {
    return this.#max;
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#taken);
  }

  readonly #taken = (message: unknown): void => {
    const socket = socketOf(message);
    if (socket === undefined || !this.#isCounted(socket.localPort)) return;
    if (this.#open.size >= this.#max) {
      socket.destroy();
      this.#refused();
      return;
    }
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  };
}

function socketOf(message: unknown): Socket | undefined {
  if (typeof message !== 'object' || message === null || !('socket' in message)) return undefined;
  return isSocket(message.socket) ? message.socket : undefined;
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'destroy' in value && 'localPort' in value;
}
