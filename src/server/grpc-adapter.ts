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
import type { Admission } from './admission.js';
import { errorStatus } from './error-status.js';
import { CallError } from './errors.js';
import { limitsOf } from './limits.js';
import { longReadHandler } from './long-read-handler.js';
import type { LongReads } from './long-reads.js';
import { requestDecoder, requestReceiver, responseEncoder, type UsualDecoder } from './request-codec.js';
import { SHED_STATUS } from './shed-status.js';
import type { Turn } from './turn.js';
import { type ExchangePorts, type GrpcUnaryCall, UnaryExchange } from './unary-exchange.js';
import type { Answer, CallObserver, UnaryHandler, UrgencyOf } from './unary-handler.js';
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
  /** Refuses calls of the methods that may be refused before they come here. */
  readonly earlyRefusal?: { watch(path: string, observer: CallObserver): void };
  /** Where those who read at length wait for each other; absent: they do not. */
  readonly longReads?: LongReads;
  /** Within which a caller must make room for more of a stream, in milliseconds; absent: a default. */
  readonly takenWithinMs?: number;
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

/** For methods that are called for every withdrawal, and for those that must not hinder them. */
export interface UnaryExtras<I extends DescMessage> {
  /** Asked before the generated decoder. */
  readonly decodeUsual?: UsualDecoder<I>;
  /** How far before other calls one goes under more load than can be answered. */
  readonly urgencyOf?: UrgencyOf<I>;
  /** The method reads at length: it waits for a place among those that do, and works in slices. */
  readonly readsAtLength?: boolean;
}

/** Joins a unary method of the contract and the handler that answers it. */
export function unary<I extends DescMessage, O extends DescMessage>(
  method: UnaryMethod<I, O>,
  handler: UnaryHandler<I, O>,
  extras: UnaryExtras<I> = {},
): MethodImplementation {
  return { method, bind: (ports) => bindUnary(method, handler, extras, ports) };
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

/** Stands for a request that nobody will read. grpc-js takes a falsy one for a missing one. */
const UNREAD_REQUEST = {};

function tooLargeStatus(byteLength: number, limit: number): StatusObject {
  const message = `the request has ${byteLength} bytes, the limit is ${limit}`;
  return errorStatus(
    new CallError('REQUEST_TOO_LARGE', message, { metadata: { limit_bytes: String(limit) } }),
  );
}

function bindUnary<I extends DescMessage, O extends DescMessage>(
  method: UnaryMethod<I, O>,
  handler: UnaryHandler<I, O>,
  { decodeUsual, urgencyOf, readsAtLength }: UnaryExtras<I>,
  ports: AdapterPorts,
): BoundMethod {
  const { admission, turn } = ports;
  const observer = ports.observerOf(method);
  const limits = limitsOf(method);
  const tracedHandler = traced(`${method.parent.typeName}/${method.name}`, handler);
  const exchangePorts: ExchangePorts<I, O> = {
    admission,
    observer,
    decode: requestDecoder(method.input, limits, decodeUsual),
    handler:
      readsAtLength === true && ports.longReads !== undefined
        ? longReadHandler(tracedHandler, ports.longReads)
        : tracedHandler,
    urgencyOf,
  };
  const wire = wireMethod(method);
  if (limits.sheddable) ports.earlyRefusal?.watch(wire.path, observer);

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
      ...wire,
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
