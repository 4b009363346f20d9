import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import {
  type ProviderIdentity,
  runFeedCohort,
  runFeedHeartbeat,
  runFeedKeygen,
  runFeedPublish,
} from '../../feed/provider/commands.js';
import type { ProviderStep } from './story.js';

const PROVIDER = 'att';
const ISSUER = 'https://mail.att.example';
const AUDIENCE = 'urn:holdfast';
const READY_TIMEOUT_MS = 10_000;
const READY_POLL_MS = 20;

/** The mail provider of the story, with a broker of its own that ends with it. */
export interface MailProvider {
  readonly natsUrl: string;
  readonly providersFile: string;
  readonly brokerVersion: string;
  /** Signs and publishes. Resolves when the broker has it. */
  say(step: ProviderStep): Promise<void>;
  heartbeat(): Promise<void>;
  stop(): Promise<void>;
}

export type MailProviderResult =
  | { readonly kind: 'started'; readonly provider: MailProvider }
  /** No broker is to be had; `why` says how to get one. */
  | { readonly kind: 'no-broker'; readonly why: string };

interface FoundServer {
  readonly path: string;
  readonly version: string;
}

/** Finds and starts a NATS server in `folder`, makes keys and a registry, and becomes a mail provider. */
export async function startMailProvider(folder: string): Promise<MailProviderResult> {
  let found: FoundServer;
  try {
    // Beside the package, not in it: production needs no such thing.
    const { findNatsServer } = await import('../../../scripts/nats-server.mjs');
    found = await findNatsServer();
  } catch (error) {
    return { kind: 'no-broker', why: error instanceof Error ? error.message : String(error) };
  }
  const port = await freePort();
  const broker = spawn(
    found.path,
    ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(folder, 'broker')],
    { stdio: 'ignore' },
  );
  await accepting(port, broker);
  const files = join(folder, 'provider');
  mkdirSync(files, { recursive: true, mode: 0o700 });
  const pairKeysFile = join(files, 'att.pair-keys.json');
  await runFeedKeygen({
    kid: 'att-1',
    algorithm: 'EdDSA',
    privateFile: join(files, 'att.private.json'),
    jwksFile: join(files, 'att.jwks.json'),
    pairKeys: { file: pairKeysFile, keyId: 'k1' },
  });
  const providersFile = join(files, 'providers.yaml');
  writeFileSync(providersFile, REGISTRY);
  const natsUrl = `nats://127.0.0.1:${port}`;
  const identity: ProviderIdentity = {
    provider: PROVIDER,
    issuer: ISSUER,
    audience: AUDIENCE,
    keyFile: join(files, 'att.private.json'),
    outboxFile: join(files, 'outbox.json'),
    broker: { servers: [natsUrl] },
  };
  return {
    kind: 'started',
    provider: {
      natsUrl,
      providersFile,
      brokerVersion: found.version,
      say: (step) => say(identity, pairKeysFile, step),
      heartbeat: async () => {
        await runFeedHeartbeat(identity);
      },
      stop: () => ended(broker),
    },
  };
}

const REGISTRY = `providers:
  - id: ${PROVIDER}
    issuer: ${ISSUER}
    operator: att
    keys: { jwks_file: att.jwks.json }
    algorithms: [EdDSA]
    subjects: [opaque]
    pair_keys_file: att.pair-keys.json
    heartbeat_seconds: 60
    max_confidence: 1.0
    cohorts: own-domains
`;

async function say(identity: ProviderIdentity, pairKeysFile: string, step: ProviderStep): Promise<void> {
  const epochSeconds = (at: Date): number => Math.floor(at.getTime() / 1000);
  switch (step.kind) {
    case 'app-password':
      await runFeedPublish({
        ...identity,
        subject: { kind: 'pseudonym', email: step.email, pairKeysFile },
        eventType: 'credential-change',
        event: {
          credential_type: 'mail-app-password',
          change_type: 'create',
          event_timestamp: epochSeconds(step.at),
          reason_admin: { en: 'unauthorised: made without the owner' },
        },
      });
      return;
    case 'resecured':
      await runFeedPublish({
        ...identity,
        subject: { kind: 'pseudonym', email: step.email, pairKeysFile },
        eventType: 'resecured',
        event: { event_timestamp: epochSeconds(step.at) },
      });
      return;
    case 'cohort':
      await runFeedCohort({
        ...identity,
        cohortId: 'incident-1',
        domains: step.domains,
        mechanism: 'app-passwords',
        from: epochSeconds(step.from),
        share: step.share,
        confidence: 0.9,
      });
      return;
    default:
      step satisfies never;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

async function accepting(port: number, broker: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + READY_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (broker.exitCode !== null || performance.now() > giveUpAt) throw new Error('the broker did not start');
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function ended(broker: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (broker.exitCode !== null || broker.signalCode !== null) {
      resolve();
      return;
    }
    broker.once('exit', () => resolve());
    broker.kill('SIGTERM');
  });
}
