import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FeedObserver } from '../ports.js';
import type { ProviderRegistry } from '../registry.js';
import { MAX_TOKEN_BYTES } from '../token.js';
import { BUSY, badRequest, DENIED, FAILED, type PushAnswer, UNAUTHENTICATED, UNAVAILABLE } from './answer.js';
import { authenticate } from './bearer.js';
import { readBody } from './read-body.js';

// Not imported by name: see the operators' port.
const { createServer } = process.getBuiltinModule('node:http');

/** Takes tokens from one sender: `POST /feeds/<provider>`. */
const PATH_PATTERN = /^\/feeds\/([a-z0-9-]{1,32})$/;

const NO_SUCH_PATH = badRequest(404, 'tokens are pushed to /feeds/<provider>');

/** Answers to requests of which nobody knows who sent them: not to be counted under a provider's name. */
const UNAUTHENTICATED_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405]);

const TOKEN_MEDIA_TYPE = 'application/secevent+jwt';

/** How long a sender may take. */
export interface PushTimeouts {
  /** For the headers. */
  readonly headersMs: number;
  /** For a whole request. */
  readonly requestMs: number;
  /** How often the two are looked at. */
  readonly checkMs: number;
}

/** A sender has its few hundred bytes of headers ready; 8 KB within 10 s is 7 kbit/s. */
const TIMEOUTS: PushTimeouts = { headersMs: 5_000, requestMs: 10_000, checkMs: 1_000 };

const KEEP_ALIVE_TIMEOUT_MS = 30_000;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_HEADER_COUNT = 64;

/** A provider pushes over a few connections; each costs about 20 KB here. */
const MAX_CONNECTIONS = 512;

/**
 * Pushes of one provider between its authentication and its answer. With a group commit of 1.5 ms this is far above
 * what any provider sends, and one that floods takes no more than this from the others.
 */
export const MAX_PUSHES_PER_PROVIDER = 64;

/** For pushes in flight when we stop: as long as a disk may take for a flush on a bad day. */
const DRAIN_TIMEOUT_MS = 3_000;

/** Where to listen. */
export interface PushAddress {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

export interface PushHttpOptions {
  readonly registry: () => ProviderRegistry;
  /** Takes a token in; the answer says what became of it. */
  readonly take: (provider: string, bytes: Uint8Array) => Promise<PushAnswer>;
  readonly observer: Pick<FeedObserver, 'pushAnswered'>;
  readonly timeouts?: PushTimeouts;
}

/**
 * Receiver of RFC 8935 on a port of its own. Everything about a request that can be refused without its token is
 * refused before a byte of the body is kept.
 */
export class PushHttp {
  readonly #options: PushHttpOptions;
  readonly #server: Server;
  /** Pushes in flight by provider. */
  readonly #inFlight = new Map<string, number>();
  #isStopping = false;

  constructor(options: PushHttpOptions) {
    this.#options = options;
    const { headersMs, requestMs, checkMs } = options.timeouts ?? TIMEOUTS;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: checkMs,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      },
      (request, response) => void this.#handle(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.maxHeadersCount = MAX_HEADER_COUNT;
  }

  /**
   * Begins to listen.
   *
   * @returns the port
   * @throws if the address is taken or not ours
   */
  start({ host, port }: PushAddress): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Takes no new pushes, answers those in flight, and cuts what is left after {@link DRAIN_TIMEOUT_MS}. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (!this.#server.listening) return;
    const timer = setTimeout(() => this.#server.closeAllConnections(), DRAIN_TIMEOUT_MS);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
    clearTimeout(timer);
  }

  /** Never rejects: a request that fails says so to its sender, nothing else depends on it. */
  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const provider = PATH_PATTERN.exec(request.url ?? '')?.[1];
    const early = this.#refuseEarly(request, provider);
    if (provider === undefined || early !== undefined) {
      const answer = early ?? NO_SUCH_PATH;
      const isAuthenticated = !UNAUTHENTICATED_STATUSES.has(answer.status);
      this.#answer(request, response, isAuthenticated ? provider : undefined, answer);
      return;
    }
    const busy = this.#inFlight.get(provider) ?? 0;
    if (busy >= MAX_PUSHES_PER_PROVIDER) {
      this.#answer(request, response, provider, BUSY);
      return;
    }
    this.#inFlight.set(provider, busy + 1);
    try {
      const answer = await this.#takeBody(request, provider);
      if (answer !== undefined) this.#answer(request, response, provider, answer);
    } catch {
      this.#answer(request, response, provider, FAILED);
    } finally {
      this.#release(provider);
    }
  }

  /** What can be said before the body is read; undefined if nothing speaks against it. */
  #refuseEarly(request: IncomingMessage, provider: string | undefined): PushAnswer | undefined {
    const { headers } = request;
    if (provider === undefined) return NO_SUCH_PATH;
    if (request.method !== 'POST') return badRequest(405, 'only POST');
    switch (authenticate(headers.authorization, provider, this.#options.registry())) {
      case 'unauthenticated':
        return UNAUTHENTICATED;
      case 'denied':
        return DENIED;
      case 'accepted':
        break;
    }
    if (mediaTypeOf(headers['content-type']) !== TOKEN_MEDIA_TYPE)
      return badRequest(415, `\`Content-Type\` must be ${TOKEN_MEDIA_TYPE}`);
    if (headers['content-encoding'] !== undefined)
      return badRequest(415, '`Content-Encoding` is not supported: send the token as it is');
    if (!admitsJson(headers.accept)) return badRequest(406, '`Accept` must admit application/json');
    if (Number(headers['content-length'] ?? 0) > MAX_TOKEN_BYTES) return tooLarge();
    return this.#isStopping ? UNAVAILABLE : undefined;
  }

  /** @returns undefined if the sender went away */
  async #takeBody(request: IncomingMessage, provider: string): Promise<PushAnswer | undefined> {
    const body = await readBody(request, MAX_TOKEN_BYTES);
    switch (body.kind) {
      case 'aborted':
        return undefined;
      case 'too-large':
        return tooLarge();
      case 'complete':
        return body.bytes.byteLength === 0
          ? badRequest(400, 'the body must be a security event token')
          : this.#options.take(provider, body.bytes);
      default: {
        const unhandled: never = body;
        return unhandled;
      }
    }
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    provider: string | undefined,
    { status, error, retryAfterSeconds }: PushAnswer,
  ): void {
    this.#options.observer.pushAnswered(provider ?? '', status);
    response.statusCode = status;
    response.setHeader('cache-control', 'no-store');
    if (status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (status === 405) response.setHeader('allow', 'POST');
    if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
    // A body that nobody wants to read is not waited for.
    const isBodyUnread =
      !request.complete &&
      (status === 413 || Number(request.headers['content-length'] ?? 0) > MAX_TOKEN_BYTES);
    if (isBodyUnread || this.#isStopping) response.setHeader('connection', 'close');
    if (error === undefined) {
      response.end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    // RFC 8935 2.3: the language of `description`.
    response.setHeader('content-language', 'en');
    response.end(JSON.stringify(error));
  }

  #release(provider: string): void {
    const left = (this.#inFlight.get(provider) ?? 1) - 1;
    if (left === 0) this.#inFlight.delete(provider);
    else this.#inFlight.set(provider, left);
  }
}

function tooLarge(): PushAnswer {
  return badRequest(413, `a token has at most ${MAX_TOKEN_BYTES} bytes`);
}

function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

/** Absent: anything is admitted (RFC 9110 12.5.1). Weights are not looked at. */
function admitsJson(accept: string | undefined): boolean {
  if (accept === undefined) return true;
  return accept
    .split(',')
    .map((range) => mediaTypeOf(range))
    .some((range) => range === 'application/json' || range === 'application/*' || range === '*/*');
}
