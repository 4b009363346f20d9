/** A server under load. */
export interface RunningSide {
  /** As in figures and tables. */
  readonly name: string;
  readonly pid: number;
  /** host:port of gRPC */
  readonly address: string;
  /** `/package.Service/Method` */
  readonly path: string;
  /** Requests to load it with, framed; each asks for another account. */
  readonly frames: readonly Buffer[];
  /**
   * Says what is wrong with an answer, if anything.
   *
   * @param message the response, without its frame
   */
  problemOf(message: Buffer): string | undefined;
  /** Calls that it has refused for overload since it started. Absent: it refuses none. */
  readonly refusedCalls?: () => Promise<number>;
  stop(): Promise<void>;
}
