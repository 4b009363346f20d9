import { Http2Connection } from './http2/connection.js';
import { literalHeaderBlock } from './http2/hpack-literals.js';
import type { CallEnd, OnEnd } from './http2/unary-stream.js';
import { type SendSchedule, sendOnSchedule } from './sending-thread.js';

export type { CallEnd, OnEnd } from './http2/unary-stream.js';

/** Left out of a URL's text. */
const HTTP_PORT = 80;

/**
 * A client of one unary method over an HTTP/2 of its own, which knows no more than such calls need: the load takes the
 * same cores as the server that it measures, and a call over node:http2 costs several times as much.
 */
export class UnaryClient {
  readonly #connections: readonly Http2Connection[];
  #next = 0;

  private constructor(connections: readonly Http2Connection[]) {
    this.#connections = connections;
  }

  /**
   * @param address host:port
   * @param path `/package.Service/Method`
   * @throws Error when the server cannot be reached
   */
  static async open(address: string, path: string, connections = 4): Promise<UnaryClient> {
    const { hostname, port } = new URL(`http://${address}`);
    const headerBlock = literalHeaderBlock([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':authority', address],
      [':path', path],
      ['content-type', 'application/grpc+proto'],
      ['te', 'trailers'],
    ]);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const options = { host, port: port === '' ? HTTP_PORT : Number(port), headerBlock };
    const opened = Array.from({ length: connections }, () => Http2Connection.open(options));
    return new UnaryClient(await Promise.all(opened));
  }

  /**
   * Sends a framed request; connections take turns.
   *
   * @throws Error when the connection whose turn it is has failed
   */
  send(frame: Buffer, onEnd: OnEnd): void {
    const connection = this.#connections[this.#next];
    this.#next = (this.#next + 1) % this.#connections.length;
    if (connection === undefined) throw new Error('the client has no connection');
    connection.send(frame, onEnd);
  }

  call(frame: Buffer): Promise<CallEnd> {
    return new Promise((resolve) => this.send(frame, resolve));
  }

  /** Sends calls at fixed times, whatever is still under way; see {@link sendOnSchedule}. */
  sendOnSchedule(schedule: SendSchedule, threadFile?: URL): Promise<Int32Array> {
    return sendOnSchedule(this.#connections, schedule, threadFile);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }
}
