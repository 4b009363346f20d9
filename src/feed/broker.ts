import { readFile } from 'node:fs/promises';
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from '@nats-io/transport-node';
import { findAnsweringBroker } from './broker-probe.js';

/** How to reach the broker. */
export interface BrokerOptions {
  /** `nats://` or `tls://` URLs; user and password or a token may be in them. */
  readonly servers: readonly string[];
  /** Shown in the broker's monitoring. */
  readonly name: string;
  /** A `.creds` file (JWT and seed), or a file with an nkey seed. */
  readonly credentialsFile?: string;
  /** Where answers come to, if the user's permissions ask for an own place. */
  readonly inboxPrefix?: string;
  /** Own certificate authority, PEM. */
  readonly caFile?: string;
}

/** Between two attempts; with jitter, so that replicas do not come back in step. */
const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 250;

/** A frozen broker is found after two pings without an answer: about 5 s. The client's own default takes 6 minutes. */
const PING_INTERVAL_MS = 2_000;
const MAX_PINGS_OUT = 2;

/** For the first connection and each later one. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Connection settings. Also read by tests: each matters in an outage. */
export function connectionOptions(
  { servers, name, inboxPrefix }: BrokerOptions,
  files: { readonly authenticator?: Authenticator; readonly ca?: string },
): ConnectionOptions {
  const { addresses, credentials } = addressesOf(servers);
  return {
    servers: [...addresses],
    ...credentials,
    name,
    maxReconnectAttempts: -1,
    // Credentials may be put right while we run; giving up would need a restart of ours.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    reconnectJitterTLS: RECONNECT_JITTER_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_PINGS_OUT,
    timeout: CONNECT_TIMEOUT_MS,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(files.authenticator === undefined ? {} : { authenticator: files.authenticator }),
    ...(files.ca === undefined ? {} : { tls: { ca: files.ca } }),
    // A `tls://` address asks for TLS even where the broker would do without.
    ...(files.ca === undefined && servers.some((server) => server.startsWith('tls://')) ? { tls: {} } : {}),
  };
}

/**
 * The client takes credentials as options, not in URLs; where URLs carry some, the first ones are used for all, as they
 * are one cluster.
 */
function addressesOf(servers: readonly string[]): {
  readonly addresses: readonly string[];
  readonly credentials: ConnectionOptions;
} {
  const addresses: string[] = [];
  let credentials: ConnectionOptions = {};
  for (const server of servers) {
    const url = new URL(server.includes('://') ? server : `nats://${server}`);
    const user = decodeURIComponent(url.username);
    const pass = decodeURIComponent(url.password);
    if (user !== '' && Object.keys(credentials).length === 0) {
      credentials = pass === '' ? { token: user } : { user, pass };
    }
    url.username = '';
    url.password = '';
    addresses.push(url.href);
  }
  return { addresses, credentials };
}

/**
 * Connects once; a connection that was there reconnects by itself for ever. The first attempt may fail: call again.
 *
 * @throws whatever the client says: no server, refused credentials, a file that cannot be read
 */
export async function connectBroker(options: BrokerOptions): Promise<NatsConnection> {
  return connect(await settingsFor(options));
}

/**
 * Connects once to a broker that answers. The connection never reconnects by itself: when it ends, whoever reads the
 * stream looks anew at everything, the credentials included.
 *
 * @throws NoBrokerError code `BROKER_UNREACHABLE`, or whatever the client says
 */
export async function connectOnce(options: BrokerOptions, signal: AbortSignal): Promise<NatsConnection> {
  const settings = await settingsFor(options);
  const found = await findAnsweringBroker(addressesOf(options.servers).addresses, signal);
  // A certificate names the host; only where none is looked at do the digits do, which leave the client no choice.
  const isTls = found.speaksTls || settings.tls !== undefined;
  const servers = [isTls ? found.named : found.digits];
  return connect({ ...settings, servers, reconnect: false });
}

async function settingsFor(options: BrokerOptions): Promise<ConnectionOptions> {
  const authenticator =
    options.credentialsFile === undefined ? undefined : await readCredentials(options.credentialsFile);
  const ca = options.caFile === undefined ? undefined : await readFile(options.caFile, 'utf8');
  return connectionOptions(options, {
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(ca === undefined ? {} : { ca }),
  });
}

async function readCredentials(file: string): Promise<Authenticator> {
  const bytes = await readFile(file);
  const isCreds = bytes.includes('BEGIN NATS USER JWT');
  return isCreds
    ? credsAuthenticator(bytes)
    : nkeyAuthenticator(new TextEncoder().encode(bytes.toString().trim()));
}

/** Oldest broker for production: the first with the fixes of CVE-2026-33222 and CVE-2026-33248. */
const PRODUCTION_VERSION = [2, 12, 6] as const;

/** Whether a broker's version is one we stand by; older ones run, but without promises. */
export function isProductionVersion(version: string): boolean {
  const parts = version.split('-')[0]?.split('.').map(Number) ?? [];
  for (const [index, wanted] of PRODUCTION_VERSION.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
