import { type Server, type ServerWritableStream, status } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

type WatchCall = ServerWritableStream<unknown, unknown>;

/**
 * `grpc.health.v1.Health`. Begins as NOT_SERVING. It says whether this replica can answer at all: feeds that are
 * silent or stale show in answers and metrics, never here, or all replicas would leave at once.
 */
export class Health {
  readonly #implementation = new HealthImplementation();
  /** Streams of `Watch`, which nobody but the client would ever end. */
  readonly #watches = new Set<WatchCall>();
  #serving = false;

  readonly #names: readonly string[];

  /** @param services names of all services; the server as a whole has the empty one */
  constructor(services: readonly string[]) {
    this.#names = ['', ...services];
    this.setServing(false);
  }

  get serving(): boolean {
    return this.#serving;
  }

  /** Watchers are told of changes. */
  setServing(serving: boolean): void {
    this.#serving = serving;
    for (const service of this.#names) {
      this.#implementation.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
    }
  }

  addTo(server: Server): void {
    this.#implementation.addToServer({
      addService: (definition, handlers) =>
        server.addService(definition, {
          ...handlers,
          watch: (call: WatchCall) => this.#watch(call, handlers['watch']),
        }),
    });
  }

  /** Ends all watches: their clients look for another server. Otherwise each would hold up a drain to its limit. */
  endWatches(): void {
    for (const call of [...this.#watches]) {
      // The library then forgets the watcher, and writes no more to it.
      call.emit('cancelled', 'cancelled');
      call.emit('error', Object.assign(new Error('the server is stopping'), { code: status.UNAVAILABLE }));
    }
  }

  #watch(call: WatchCall, handle: unknown): void {
    this.#watches.add(call);
    call.on('cancelled', () => this.#watches.delete(call));
    if (typeof handle === 'function') Reflect.apply(handle, undefined, [call]);
  }
}
