import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** Services whose health is published: the server as a whole, and the one that exchanges call. */
const SERVICES = ['', 'holdfast.v1.RiskService'] as const;

/**
 * `grpc.health.v1.Health`. Begins as NOT_SERVING. It says whether this replica can answer at all: feeds that are
 * silent or stale show in answers and metrics, never here, or all replicas would leave at once.
 */
export class Health {
  readonly #implementation = new HealthImplementation();
  #serving = false;

  constructor() {
    this.setServing(false);
  }

  get serving(): boolean {
    return this.#serving;
  }

  /** Watchers are told of changes. */
  setServing(serving: boolean): void {
    this.#serving = serving;
    for (const service of SERVICES) {
      this.#implementation.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
    }
  }

  addTo(server: Server): void {
    this.#implementation.addToServer(server);
  }
}
