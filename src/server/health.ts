import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type MethodDefinition,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  type HealthListRequest,
  type HealthListResponse,
  HealthListResponseSchema,
  Health as HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../gen/grpc/health/v1/health_pb.js';
import { bufferView, wireMethod } from './wire-method.js';

type WatchCall = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** Services whose health is published: the server as a whole, and the one that exchanges call. */
const SERVICES: readonly string[] = ['', 'holdfast.v1.RiskService'];

/**
 * `grpc.health.v1.Health`. Begins as NOT_SERVING. It says whether this replica can answer at all: feeds that are
 * silent or stale show in answers and metrics, never here, or all replicas would leave at once.
 *
 * Ours rather than the library's, which loads a parser of proto files and reads its own at every start: a tenth of it.
 */
export class Health {
  /** Streams of `Watch`, which nobody but the client would ever end. */
  readonly #watches = new Set<WatchCall>();
  #serving = false;

  get serving(): boolean {
    return this.#serving;
  }

  /** Watchers are told of changes. */
  setServing(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const call of this.#watches) {
      if (SERVICES.includes(call.request.service)) call.write(this.#response());
    }
  }

  addTo(server: Server): void {
    const { check, list, watch } = HealthService.method;
    server.addService(
      { check: definitionOf(check), list: definitionOf(list), watch: definitionOf(watch) },
      {
        check: (
          { request }: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
          answer: sendUnaryData<HealthCheckResponse>,
        ) => {
          if (SERVICES.includes(request.service)) answer(null, this.#response());
          else
            answer({
              code: status.NOT_FOUND,
              details: `Health status unknown for service ${request.service}`,
            });
        },
        list: (
          _call: ServerUnaryCall<HealthListRequest, HealthListResponse>,
          answer: sendUnaryData<HealthListResponse>,
        ) => {
          const statuses = Object.fromEntries(SERVICES.map((service) => [service, this.#response()]));
          answer(null, create(HealthListResponseSchema, { statuses }));
        },
        watch: (call: WatchCall) => this.#watch(call),
      },
    );
  }

  /** Ends all watches: their clients look for another server. Otherwise each would hold up a drain to its limit. */
  endWatches(): void {
    for (const call of [...this.#watches]) {
      this.#watches.delete(call);
      call.emit('error', Object.assign(new Error('the server is stopping'), { code: status.UNAVAILABLE }));
    }
  }

  #watch(call: WatchCall): void {
    this.#watches.add(call);
    call.on('cancelled', () => this.#watches.delete(call));
    const isKnown = SERVICES.includes(call.request.service);
    // Not an error by the protocol: the service may be added later.
    call.write(
      isKnown
        ? this.#response()
        : create(HealthCheckResponseSchema, { status: ServingStatus.SERVICE_UNKNOWN }),
    );
  }

  #response(): HealthCheckResponse {
    return create(HealthCheckResponseSchema, {
      status: this.#serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING,
    });
  }
}

function definitionOf<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { readonly input: I; readonly output: O },
): MethodDefinition<MessageShape<I>, MessageShape<O>> {
  return {
    ...wireMethod(method),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (response) => bufferView(toBinary(method.output, response)),
  };
}
