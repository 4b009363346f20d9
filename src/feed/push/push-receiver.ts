import type { ProviderRegistry } from '../registry.js';
import { type PushAddress, PushHttp, type PushTimeouts } from './push-http.js';
import { PushIntake, type PushIntakeOptions } from './push-intake.js';

export interface PushReceiverOptions extends PushIntakeOptions {
  readonly address: PushAddress;
  readonly registry: () => ProviderRegistry;
  /** Absent: those of a receiver on the open network. */
  readonly timeouts?: PushTimeouts;
}

/** Takes events of providers without NATS: HTTP requests in, the same checks, the same log. */
export class PushReceiver {
  readonly #options: PushReceiverOptions;
  readonly #intake: PushIntake;
  readonly #http: PushHttp;
  #port: number | undefined;

  constructor(options: PushReceiverOptions) {
    const { registry, observer, timeouts } = options;
    this.#options = options;
    this.#intake = new PushIntake(options);
    const take = this.#intake.take.bind(this.#intake);
    this.#http = new PushHttp({ registry, observer, take, ...(timeouts === undefined ? {} : { timeouts }) });
  }

  /** Where it listens; undefined before {@link start}. */
  get address(): PushAddress | undefined {
    return this.#port === undefined ? undefined : { host: this.#options.address.host, port: this.#port };
  }

  /** @throws if the address is taken or not ours */
  async start(): Promise<void> {
    const { address, table, clock } = this.#options;
    this.#port = await this.#http.start(address);
    table.setPushLink(true, clock.nowMs());
  }

  /** Answers what is in flight, takes nothing new. */
  async stop(): Promise<void> {
    await this.#http.stop();
    await this.#intake.stop();
  }
}
