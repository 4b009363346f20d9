import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { Health as HealthService } from '../gen/grpc/health/v1/health_pb.js';
import { Admission, DEFAULT_WAIT_LIMITS } from './admission.js';
import { BackPressure } from './back-pressure.js';
import { EarlyRefusal } from './early-refusal.js';
import {
  type AdapterPorts,
  adaptService,
  type CallObserver,
  type MethodImplementation,
} from './grpc-adapter.js';
import { Health } from './health.js';
import { Intake } from './intake.js';
import { removeLeftoverSocket } from './leftover-socket.js';
import { CHANNEL_OPTIONS, DRAIN_TIMEOUT_MS } from './limits.js';
import { type LongReadLimits, LongReads } from './long-reads.js';
import { Turn } from './turn.js';

/** Until identity is configured there is one tenant. */
const ONLY_TENANT = 'default';

/** How long a connection that is cut may take to be gone. */
const CUT_TIMEOUT_MS = 500;

export interface GrpcServerOptions {
  /** Everything the contract names; methods that nobody implements say so when they are called. */
  readonly services: readonly DescService[];
  readonly implementations: readonly MethodImplementation[];
  /** Calls that may wait for their answer at once. */
  readonly maxInFlight: number;
  /** In place of one with {@link DEFAULT_WAIT_LIMITS}, for tests. */
  readonly admission?: Admission;
  /** {@link DEFAULT_LONG_READ_LIMITS} unless said otherwise. */
  readonly longReadLimits?: LongReadLimits;
  /** Whether clients may ask for the contract. */
  readonly reflection: boolean;
  /** Who learns of a method's calls. */
  observerOf(method: DescMethod): CallObserver;
}

/** How a drain went. */
export interface DrainResult {
  /** Some calls did not end in time: they were cut, or their handlers still run. */
  readonly forced: boolean;
}

/** The gRPC port: services of the contract, health, and reflection if asked for. */
export class GrpcServer {
  readonly health: Health;
  readonly longReads: LongReads;
  readonly #server: Server;
  readonly #options: Pick<GrpcServerOptions, 'reflection' | 'services'>;
  readonly #admission: Admission;
  readonly #intake = new Intake();
  readonly #turn: Turn;
  readonly #backPressure: BackPressure;
  #boundAddress: string | undefined;
  #drained: Promise<DrainResult> | undefined;

  constructor(options: GrpcServerOptions) {
    // The library's own log quotes metadata that it could not parse.
    setLogVerbosity(logVerbosity.NONE);
    this.#admission =
      options.admission ?? new Admission({ maxInFlight: options.maxInFlight, ...DEFAULT_WAIT_LIMITS });
    this.#turn = new Turn({
      ended: (nowMs, tookMs, askedCount) => this.#admission.turnEnded(nowMs, tookMs, askedCount),
    });
    this.#backPressure = new BackPressure(this.#admission);
    this.longReads = new LongReads({ callsLetIn: () => this.#admission.letInCount }, options.longReadLimits);
    const earlyRefusal = new EarlyRefusal(this.#admission, this.#backPressure);
    this.#options = options;
    this.#server = new Server({ ...CHANNEL_OPTIONS, interceptors: [this.#intake.interceptor] });
    earlyRefusal.standBefore(this.#server);
    const ports: AdapterPorts = {
      admission: this.#admission,
      turn: this.#turn,
      earlyRefusal,
      longReads: this.longReads,
      takenWithinMs: this.longReads.limits.takenWithinMs,
      observerOf: (method) => options.observerOf(method),
      tenantOf: () => ONLY_TENANT,
    };
    for (const service of options.services) {
      const { definition, implementation } = adaptService(service, options.implementations, ports);
      this.#server.addService(definition, implementation);
    }
    this.health = new Health([...options.services.map(({ typeName }) => typeName), HealthService.typeName]);
    this.health.addTo(this.#server);
  }

  /** Calls whose answer is not ready yet. */
  get callsInFlight(): number {
    return this.#admission.inFlight;
  }

  /** Calls that were let in and whose handler was not asked yet. */
  get callsWaiting(): number {
    return this.#admission.waiting;
  }

  /** Connections that nothing is read from now, for overload. */
  get connectionsPaused(): number {
    return this.#backPressure.pausedNow;
  }

  /** Pauses of connections since the start. */
  get connectionPauses(): number {
    return this.#backPressure.pauseCount;
  }

  /**
   * Begins to listen. Health stays as it is: say `health.setServing(true)` once answers can be given.
   *
   * @param address `host:port`, port 0 for any free one, or `unix:/path`
   * @returns the port; 1 for a Unix socket
   * @throws if the address is taken or not ours
   */
  async start(address: string): Promise<number> {
    const { reflection, services } = this.#options;
    if (reflection) {
      // Most servers offer none, and its library is large.
      const { addReflection } = await import('./reflection.js');
      addReflection(this.#server, services);
    }
    await removeLeftoverSocket(address);
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, boundPort) => {
        if (error === null) resolve(boundPort);
        else reject(error);
      });
    });
    // Where port 0 was asked for, the library knows the place by the port it got.
    this.#boundAddress = address.replace(/:0$/, `:${port}`);
    this.#intake.start();
    this.#backPressure.start();
    return port;
  }

  /**
   * Stops: health turns NOT_SERVING, new calls are refused, calls in flight may end within {@link DRAIN_TIMEOUT_MS},
   * also those whose callers have gone; what is left then is cut. Asking again gives the same drain.
   */
  drain(timeoutMs: number = DRAIN_TIMEOUT_MS): Promise<DrainResult> {
    this.#drained ??= this.#drain(timeoutMs);
    return this.#drained;
  }

  async #drain(timeoutMs: number): Promise<DrainResult> {
    const endsAt = performance.now() + timeoutMs;
    this.health.setServing(false);
    this.health.endWatches();
    this.#backPressure.stop();
    // Of the library's ways to end connections only this one does so in the end: `forceShutdown` knows them only while
    // channelz is on, which it is not. It must come before `tryShutdown`, which would take them out of its sight.
    if (this.#boundAddress !== undefined) this.#server.drain(this.#boundAddress, timeoutMs);
    const areCut = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), timeoutMs + CUT_TIMEOUT_MS);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve(performance.now() >= endsAt);
      });
    });
    // A caller that has gone leaves its request behind, and its handler must not find the stores closed.
    await this.#turn.ended();
    await this.#admission.idle(endsAt - performance.now());
    const forced = areCut || this.#admission.inFlight > 0;
    this.#intake.stop();
    return { forced };
  }
}
