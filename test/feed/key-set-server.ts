import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTP server on loopback that serves a key set, or whatever else a test wants it to. */
export class KeySetServer {
  readonly #server: Server;
  readonly #port: number;
  #answer: Answer = (_, response) => response.writeHead(404).end();
  #waiting: (() => void)[] = [];
  /** Requests so far, newest last. */
  readonly requests: IncomingMessage[] = [];

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  static async start(): Promise<KeySetServer> {
    let self: KeySetServer | undefined;
    const server = createServer((request, response) => self?.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    self = new KeySetServer(server, address.port);
    return self;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/keys`;
  }

  answer(answer: Answer): void {
    this.#answer = answer;
  }

  /** Serves these keys, with an ETag that is honoured. */
  serveKeys(keys: readonly object[], headers: Readonly<Record<string, string>> = {}): void {
    const body = JSON.stringify({ keys });
    const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
    this.answer((request, response) => {
      const isKnown = request.headers['if-none-match'] === etag;
      response.writeHead(isKnown ? 304 : 200, { etag, ...headers });
      response.end(isKnown ? undefined : body);
    });
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    this.#answer(request, response);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves when it was asked this often. */
  async asked(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}
