import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer, knownNatsServers, type NatsServer } from '../../scripts/nats-server.mjs';

/** A broker that does not come up by then is broken. */
const READY_TIMEOUT_MS = 120_000;

/**
 * Every server that tests can have on this machine: an old and a modern one where both are there. None where none can
 * be had, which is said loudly, with how to install one.
 */
export async function testServers(): Promise<readonly NatsServer[]> {
  const known = await knownNatsServers();
  if (known.some(({ modern }) => modern)) return known;
  try {
    const fetched = await findNatsServer({ prefer: 'modern' });
    return known.some(({ version }) => version === fetched.version) ? known : [fetched, ...known];
  } catch (error) {
    console.error(
      `TESTS WITH A BROKER ARE LEFT OUT: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
}

/** For tests for which one server is enough: the most modern one. */
export async function testServer(): Promise<NatsServer | undefined> {
  const servers = await testServers();
  return servers.find(({ modern }) => modern) ?? servers[0];
}

/** A real nats-server on a port of its own, with data that outlives its process. Ends only what it started. */
export class TestBroker {
  readonly #server: NatsServer;
  readonly #root = mkdtempSync(join(tmpdir(), 'holdfast-nats-'));
  readonly #port: number;
  readonly #config: string | undefined;
  #process: ChildProcess | undefined;

  private constructor(server: NatsServer, port: number, config: string | undefined) {
    this.#server = server;
    this.#port = port;
    this.#config = config;
  }

  /** @param config text of a configuration file without port and store */
  static async start(server: NatsServer | undefined, config?: string): Promise<TestBroker> {
    if (server === undefined) throw new Error('there is no nats-server');
    const broker = new TestBroker(server, await freePort(), config);
    await broker.up();
    return broker;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get #dataFolder(): string {
    return join(this.#root, 'data');
  }

  /** Starts the process on the data that is there. */
  async up(): Promise<void> {
    const args = ['-a', '127.0.0.1', '-p', String(this.#port), '-js', '-sd', this.#dataFolder];
    if (this.#config !== undefined) {
      const file = join(this.#root, 'broker.conf');
      writeFileSync(file, this.#config);
      args.push('-c', file);
    }
    const child = spawn(this.#server.path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      let log = '';
      const timer = setTimeout(
        () => reject(new Error(`nats-server is not ready:\n${log}`)),
        READY_TIMEOUT_MS,
      );
      child.stderr?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (!log.includes('Server is ready')) return;
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`nats-server ended with ${code}:\n${log}`));
      });
    });
  }

  /** Ends it without warning, as a crash does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.up();
  }

  /** It keeps its connections and answers nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Stops it in order, copies its data, starts it again. */
  async backUp(name: string): Promise<void> {
    await this.#end('SIGTERM');
    cpSync(this.#dataFolder, join(this.#root, name), { recursive: true });
    await this.up();
  }

  /** Starts it on data of an earlier time, as a restored disk does. */
  async rollBackTo(name: string): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.#dataFolder, { recursive: true });
    cpSync(join(this.#root, name), this.#dataFolder, { recursive: true });
    await this.up();
  }

  async stop(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    // A stopped process handles no other signal before it goes on.
    child.kill('SIGCONT');
    child.kill(signal);
    await gone;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
