import { createServer, type Server, Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { freePort } from './broker.js';

/** How an address is dead. */
export type Blackhole =
  /** Connections are taken, what they send is read, nothing ever comes back: a broken load balancer. */
  | 'swallows'
  /** Connections are not taken; once the few that the system holds are there, packets vanish: a wrong route. */
  | 'never-accepts';

/** Connections that the system takes on its own while nobody accepts them. */
const UNACCEPTED_BACKLOG = 1;

/** Listens, then never comes back to its event loop until it is told to. */
const NEVER_ACCEPTING = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer(() => undefined);
server.listen({ port: workerData.port, host: '127.0.0.1', backlog: workerData.backlog }, () => {
  parentPort.postMessage('listening');
  setImmediate(() => Atomics.wait(new Int32Array(workerData.gate), 0, 0));
});
`;

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** A way to a broker that a test can turn into a black hole and back. */
export class TcpProxy {
  readonly port: number;
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  readonly #swallowed = new Set<Socket>();
  #server: Server | undefined;
  #dead: { readonly worker: Worker; readonly gate: Int32Array } | undefined;
  #isSwallowing = false;
  /** Connections taken so far. */
  accepted = 0;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
  }

  /** @param target port of the broker on this machine */
  static async open(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), target);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** From now on nothing comes through. Connections that are there stay, as silent as new ones. */
  async blackhole(kind: Blackhole): Promise<void> {
    this.#isSwallowing = true;
    for (const { near, far } of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.resume();
      far.destroy();
      this.#swallowed.add(near);
    }
    this.#pairs.clear();
    if (kind === 'swallows') return;
    await this.#stopListening();
    await this.#listenWithoutAccepting();
  }

  /** The address works again; connections into the black hole end, as they would when a route comes back. */
  async restore(): Promise<void> {
    this.#isSwallowing = false;
    for (const socket of this.#swallowed) socket.destroy();
    if (this.#dead === undefined) return;
    await this.#endDead();
    await this.#listen();
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    for (const socket of this.#swallowed) socket.destroy();
    await this.#stopListening();
    await this.#endDead();
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#take(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
  }

  async #stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // Its callback would wait for connections that are meant to stay.
    server?.close();
  }

  async #listenWithoutAccepting(): Promise<void> {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const workerData = { port: this.port, backlog: UNACCEPTED_BACKLOG, gate: gate.buffer };
    const worker = new Worker(NEVER_ACCEPTING, { eval: true, workerData });
    this.#dead = { worker, gate };
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
    });
  }

  async #endDead(): Promise<void> {
    const dead = this.#dead;
    this.#dead = undefined;
    if (dead === undefined) return;
    Atomics.store(dead.gate, 0, 1);
    Atomics.notify(dead.gate, 0);
    await dead.worker.terminate();
  }

  #take(near: Socket): void {
    this.accepted++;
    near.on('error', () => undefined);
    if (this.#isSwallowing) {
      near.resume();
      this.#swallowed.add(near);
      near.once('close', () => this.#swallowed.delete(near));
    } else this.#forward(near);
  }

  #forward(near: Socket): void {
    const far = new Socket();
    const pair = { near, far };
    this.#pairs.add(pair);
    far.on('error', () => near.destroy());
    near.once('close', () => {
      this.#pairs.delete(pair);
      this.#swallowed.delete(near);
      far.destroy();
    });
    far.once('close', () => {
      if (this.#pairs.has(pair)) near.destroy();
    });
    far.connect(this.#target, '127.0.0.1', () => {
      near.pipe(far);
      far.pipe(near);
    });
  }
}
