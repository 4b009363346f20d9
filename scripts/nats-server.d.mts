export interface NatsServer {
  readonly path: string;
  readonly version: string;
  /** 2.10 or newer. */
  readonly modern: boolean;
}

/** Every distinct server that can be had without fetching, the preferred one first. */
export function knownNatsServers(): Promise<NatsServer[]>;

/**
 * Finds a server to run.
 *
 * @throws Error saying how to install one
 */
export function findNatsServer(options?: {
  readonly prefer?: 'modern' | 'old' | 'any';
  readonly fetch?: boolean;
}): Promise<NatsServer>;
