import { lookup } from 'node:dns/promises';
import { createConnection, isIP } from 'node:net';

/** For one address to take a connection and to introduce itself. */
const PROBE_TIMEOUT_MS = 2_000;

/** Addresses of one name that are tried: a name with more of them has others that answer. */
const MAX_ADDRESSES = 8;

/** NATS where an address names no port. */
const DEFAULT_PORT = 4222;

/** A server's introduction is under a kilobyte; whoever sends this much without one is something else. */
const MAX_INTRODUCTION_BYTES = 65_536;

/** A broker that answered. */
export interface AnsweringBroker {
  /** `host:port` as given. */
  readonly named: string;
  /** `address:port`, the address that answered, in digits. */
  readonly digits: string;
  /** It asks for TLS, or offers it. */
  readonly speaksTls: boolean;
}

/** None of the addresses answered as a broker does. */
export class NoBrokerError extends Error {
  override readonly name = 'NoBrokerError';
  readonly code = 'BROKER_UNREACHABLE';
}

/**
 * The first of these servers that introduces itself. One connection at a time, and none is left behind: the client
 * library keeps the socket of every attempt that an address swallows, so it is only sent to where somebody answers.
 *
 * @param servers `nats://host:port` or `tls://host:port`
 * @throws NoBrokerError code `BROKER_UNREACHABLE`, saying what the last address did
 */
export async function findAnsweringBroker(
  servers: readonly string[],
  signal: AbortSignal,
): Promise<AnsweringBroker> {
  let cause = 'no address is given';
  for (const server of servers) {
    const { hostname, port: givenPort } = new URL(server);
    const host = hostname.replace(/^\[|\]$/g, '');
    const port = Number(givenPort || DEFAULT_PORT);
    try {
      for (const address of await addressesOf(host)) {
        const probed = await probe(address, port, signal);
        if (signal.aborted) throw new NoBrokerError('stopped');
        if (probed.kind === 'answered') {
          const digits = isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
          return { named: `${hostname}:${port}`, digits, speaksTls: probed.speaksTls };
        }
        cause = probed.cause;
      }
    } catch (error) {
      if (error instanceof NoBrokerError) throw error;
      cause = `its name is not known (${codeOf(error)})`;
    }
  }
  throw new NoBrokerError(`the broker cannot be reached: ${cause}`);
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return found.slice(0, MAX_ADDRESSES).map(({ address }) => address);
}

type Probed =
  | { readonly kind: 'answered'; readonly speaksTls: boolean }
  | { readonly kind: 'failed'; readonly cause: string };

function probe(host: string, port: number, signal: AbortSignal): Promise<Probed> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    let heard = '';
    let isConnected = false;
    const end = (probed: Probed): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(probed);
    };
    const failed = (cause: string): void => end({ kind: 'failed', cause });
    const stop = (): void => failed('stopped');
    const timer = setTimeout(
      () => failed(isConnected ? 'it takes connections and says nothing' : 'it does not take connections'),
      PROBE_TIMEOUT_MS,
    );
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.on('error', (error) => failed(codeOf(error)));
    socket.on('close', () => failed('it ended the connection'));
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1');
      if (heard.includes('\r\n')) end(readIntroduction(heard));
      else if (heard.length > MAX_INTRODUCTION_BYTES) failed('it is no NATS server');
    });
  });
}

function readIntroduction(text: string): Probed {
  if (!text.startsWith('INFO ')) return { kind: 'failed', cause: 'it is no NATS server' };
  return { kind: 'answered', speaksTls: /"tls_(?:required|available)":\s*true/.test(text) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
