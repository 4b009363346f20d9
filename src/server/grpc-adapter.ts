import type { DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';
import {
  status as GrpcStatus,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type StatusObject,
  type sendUnaryData,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { traced } from '../telemetry/tracing.js';
import type { Admission, ShedCause } from './admission.js';
import { errorStatus } from './error-status.js';
import { CallError } from './errors.js';
import { limitsOf } from './limits.js';
import { requestDecoder, requestReceiver, responseEncoder, type UsualDecoder } from './request-codec.js';
import type { Turn } from './turn.js';
import { type ExchangePorts, type GrpcUnaryCall, UnaryExchange } from './unary-exchange.js';
import type { Answer, CallObserver, UnaryHandler } from './unary-handler.js';
import { type UnaryMethod, wireMethod } from './wire-method.js';

export { EncodedResponse } from './request-codec.js';
export type { Answer, CallContext, CallObserver, UnaryHandler } from './unary-handler.js';

/** What the adapter needs of the server around it. */
export interface AdapterPorts {
  readonly admission: Admission;
  /** Of all methods. */
  readonly turn: Turn;
  /** Who learns of a method's calls; asked once, when the method is bound. */
  observerOf(method: DescMethod): CallObserver;
  /** Who asks. */
  tenantOf(call: ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>): string;
}

/** A method with its handler, not yet bound to a server. Made by {@link unary}. */
export interface MethodImplementation {
  readonly method: DescMethod;
  bind(ports: AdapterPorts): BoundMethod;
}

/** What grpc-js registers for a method. */
export interface BoundMethod {
  readonly definition: ServiceDefinition[string];
  readonly handle: UntypedHandleCall;
}

/**
 * Joins a unary method of the contract and the handler that answers it.
 *
 * @param decodeUsual asked before the generated decoder; for methods that are called for every withdrawal
 */
export function unary<I extends DescMessage, O extends DescMessage>(
  method: UnaryMethod<I, O>,
  handler: UnaryHandler<I, O>,
  decodeUsual?: UsualDecoder<I>,
): MethodImplementation {
  return { method, bind: (ports) => bindUnary(method, handler, decodeUsual, ports) };
}

/** A service in the form of grpc-js: `server.addService(definition, implementation)`. */
export interface AdaptedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/**
 * Turns a service of the contract into one of grpc-js. Methods without an implementation answer UNIMPLEMENTED with
 * the reason NOT_YET_AVAILABLE.
 *
 * @param implementations those of other services are left aside
 */
export function adaptService(
  service: DescService,
  implementations: readonly MethodImplementation[],
  ports: AdapterPorts,
): AdaptedService {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const implemented = implementations.find((candidate) => candidate.method === method);
    const bound = implemented?.bind(ports) ?? bindUnimplemented(method, ports);
    definition[method.localName] = bound.definition;
    implementation[method.localName] = bound.handle;
  }
  return { definition, implementation };
}

/** How long a client should wait before it tries a loaded server again, in milliseconds: several lag samples. */
const RETRY_AFTER_SHED_MS = 50;

/** Made once: these answers must cost as little as can be just when there are most of them. */
const SHED_STATUS: Readonly<Record<ShedCause, StatusObject>> = {
  IN_FLIGHT_LIMIT: shedStatus('IN_FLIGHT_LIMIT'),
  SERVER_LAGGING: shedStatus('SERVER_LAGGING'),
};

/** Stands for a request that nobody will read. grpc-js takes a falsy one for a missing one. */
const UNREAD_REQUEST = {};

function shedStatus(cause: ShedCause): StatusObject {
  return errorStatus(new CallError(cause, undefined, { retryAfterMs: RETRY_AFTER_SHED_MS }));
}

function tooLargeStatus(byteLength: number, limit: number): StatusObject {
  const message = `the request has ${byteLength} bytes, the limit is ${limit}`;
  return errorStatus(
    new CallError('REQUEST_TOO_LARGE', message, { metadata: { limit_bytes: String(limit) } }),
  );
}

function bindUnary<I extends DescMessage, O extends DescMessage>(
  method: UnaryMethod<I, O>,
  handler: UnaryHandler<I, O>,
  decodeUsual: UsualDecoder<I> | undefined,
  ports: AdapterPorts,
): BoundMethod {
  const { admission, turn } = ports;
  const observer = ports.observerOf(method);
  const limits = limitsOf(method);
  const exchangePorts: ExchangePorts<I, O> = {
    admission,
    observer,
    decode: requestDecoder(method.input, limits, decodeUsual),
    handler: traced(`${method.parent.typeName}/${method.name}`, handler),
  };

  function refuse(send: sendUnaryData<Answer<O>>, status: StatusObject): void {
    observer.answered(status.code, 0);
    send(status);
  }

  function handle(call: GrpcUnaryCall<O>, send: sendUnaryData<Answer<O>>): void {
    // Not when the message came: a caller may end its request as late as it likes, and others may have come in meanwhile.
    const cause = limits.sheddable ? admission.shedCause() : undefined;
    if (cause !== undefined) {
      observer.shed(cause);
      refuse(send, SHED_STATUS[cause]);
      return;
    }
    const { request } = call;
    switch (request.kind) {
      case 'received': {
        const { arrivedAt, bytes } = request;
        turn.add(new UnaryExchange(call, send, exchangePorts, ports.tenantOf(call), arrivedAt, bytes));
        break;
      }
      case 'too-large':
        refuse(send, tooLargeStatus(request.byteLength, request.limit));
        break;
      default:
        request satisfies never;
    }
  }

  return {
    definition: {
      ...wireMethod(method),
      requestDeserialize: requestReceiver(limits),
      responseSerialize: responseEncoder(method.output),
    },
    handle,
  };
}

function bindUnimplemented(method: DescMethod, ports: AdapterPorts): BoundMethod {
  const observer = ports.observerOf(method);
  const name = `${method.parent.typeName}.${method.name}`;
  const status = errorStatus(new CallError('NOT_YET_AVAILABLE', undefined, { metadata: { method: name } }));
  const definition = {
    ...wireMethod(method),
    requestDeserialize: () => UNREAD_REQUEST,
    responseSerialize: responseEncoder(method.output),
  };
  if (method.methodKind === 'unary') {
    const handle = (_call: unknown, send: sendUnaryData<unknown>) => {
      observer.answered(GrpcStatus.UNIMPLEMENTED, 0);
      send(status);
    };
    return { definition, handle };
  }
  const handle = (call: ServerWritableStream<unknown, unknown>) => {
    observer.answered(GrpcStatus.UNIMPLEMENTED, 0);
    call.emit('error', Object.assign(new Error(status.details), status));
  };
  return { definition, handle };
}
