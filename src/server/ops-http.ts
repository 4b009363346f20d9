import type { Server, ServerResponse } from 'node:http';

// To import `node:http` by name reads all it exports, from Node 22 on also the WebSocket of a whole HTTP client.
const { createServer } = process.getBuiltinModule('node:http');

/** One part of the service, as `/readyz` shows it. */
export interface ComponentStatus {
  readonly ready: boolean;
  /** A word or two for operators, e.g. `replaying`. Never a customer's data. */
  readonly detail?: string;
}

export interface OpsSources {
  /** Metrics in Prometheus' text format. */
  metricsText(): Promise<string>;
  readonly metricsContentType: string;
  /** Parts that must all be ready before withdrawals may be sent here: loaded, not draining, able to record. */
  components(): Readonly<Record<string, ComponentStatus>>;
}

/** Scrapers and probes send a few hundred bytes at once. */
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 8 * 1024;
const KEEP_ALIVE_TIMEOUT_MS = 10_000;

/** The operators' port: metrics and probes over HTTP. Not for the public. */
export class OpsHttp {
  readonly #server: Server;

  constructor(private readonly sources: OpsSources) {
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: REQUEST_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => {
        // A request that fails says so to its sender; nothing else depends on it.
        this.#respond(request.method, request.url, response).catch(() => {
          if (!response.headersSent) respondJson(response, 500, { error: 'internal error' });
          else response.destroy();
        });
      },
    );
  }

  /**
   * Begins to listen.
   *
   * @param port 0 for any free one
   * @returns the port
   * @throws if the address is taken or not ours
   */
  start(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Stops at once; requests that are being answered are cut. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #respond(
    method: string | undefined,
    url: string | undefined,
    response: ServerResponse,
  ): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      respondJson(response, 405, { error: 'only GET and HEAD' });
      return;
    }
    switch (url?.split('?', 1)[0]) {
      case '/metrics':
        response.setHeader('content-type', this.sources.metricsContentType);
        response.end(await this.sources.metricsText());
        return;
      case '/healthz':
        respondJson(response, 200, { status: 'alive' });
        return;
      case '/readyz': {
        const components = this.sources.components();
        const ready = Object.values(components).every((component) => component.ready);
        respondJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', components });
        return;
      }
      default:
        respondJson(response, 404, { error: 'not found: try /metrics, /healthz, /readyz' });
    }
  }
}

function respondJson(response: ServerResponse, statusCode: number, body: object): void {
  response.statusCode = statusCode;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(`${JSON.stringify(body)}\n`);
}
