import type {
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import type { Server, StatusObject } from '@grpc/grpc-js';
import type { Admission } from './admission.js';
import type { BackPressure } from './back-pressure.js';
import { SessionConnection } from './session-connection.js';
import { SHED_STATUS } from './shed-status.js';
import type { CallObserver } from './unary-handler.js';

type StreamHandler = (interceptors: unknown, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Where grpc-js 1.14 takes up a stream. It has no public place before a call is built. */
const STREAM_HANDLER = '_streamHandler';

const END_OF_STREAM = { endStream: true };

/**
 * Refuses calls at their headers, before grpc-js builds a call of them and before their message is read: that costs a third
 * of what a refusal by its handler does. It is the same answer, and the same observer hears of it.
 */
export class EarlyRefusal {
  readonly #observers = new Map<string, CallObserver>();
  readonly #connections = new WeakMap<ServerHttp2Session, SessionConnection>();
  readonly #headers = {
    IN_FLIGHT_LIMIT: trailersOnly(SHED_STATUS.IN_FLIGHT_LIMIT),
    SERVER_LAGGING: trailersOnly(SHED_STATUS.SERVER_LAGGING),
  };

  constructor(
    private readonly admission: Admission,
    private readonly backPressure: BackPressure,
  ) {}

  /** @param path of a method that may be refused, e.g. `/holdfast.v1.RiskService/AssessWithdrawal` */
  watch(path: string, observer: CallObserver): void {
    this.#observers.set(path, observer);
  }

  /** Stands before the server's own handling of streams; to be called before it is bound. */
  standBefore(server: Server): void {
    const below: unknown = Reflect.get(server, STREAM_HANDLER);
    // A version that is built otherwise refuses later, in the handlers; a test tells that it does.
    if (typeof below !== 'function') return;
    const handler: StreamHandler = (interceptors, stream, headers) => {
      if (!this.#refuses(stream, headers)) Reflect.apply(below, server, [interceptors, stream, headers]);
    };
    Reflect.set(server, STREAM_HANDLER, handler);
  }

  #refuses(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const observer = this.#observers.get(headers[':path'] ?? '');
    if (observer === undefined) return false;
    this.#tellOpened(stream);
    const cause = this.admission.shedCauseOfHeaders();
    if (cause === undefined) return false;
    observer.shed(cause);
    observer.answered(SHED_STATUS[cause].code, 0);
    // Whoever resets a stream that is being refused harms nobody.
    stream.on('error', ignore);
    stream.respond(this.#headers[cause], END_OF_STREAM);
    return true;
  }

  #tellOpened(stream: ServerHttp2Stream): void {
    const session: unknown = stream.session;
    if (!isServerSession(session)) return;
    let connection = this.#connections.get(session);
    if (connection === undefined) {
      const made = new SessionConnection(session);
      connection = made;
      this.#connections.set(session, made);
      session.once('close', () => this.backPressure.closed(made));
    }
    this.backPressure.opened(connection);
  }
}

/** A stream that was destroyed has none. */
function isServerSession(session: unknown): session is ServerHttp2Session {
  return typeof session === 'object' && session !== null;
}

function ignore(): void {}

/** A status in the form of headers that are the whole answer. */
function trailersOnly({ code, details, metadata }: StatusObject): OutgoingHttpHeaders {
  return {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-status': String(code),
    'grpc-message': encodeURI(details),
    ...metadata.toHttp2Headers(),
  };
}
