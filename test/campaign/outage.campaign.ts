import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { GrpcClient } from '../../src/cli/grpc-client.js';
import { VERIFICATION } from '../../src/feed/event-types.js';
import { FeedState } from '../../src/gen/holdfast/v1/decision_pb.js';
import { FeedService } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { ATT_PAIR_KEY } from '../feed/fixtures.js';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { usual } from '../integration/requests.js';
import { TestBroker, testServer } from '../nats/broker.js';
import { PROVIDER, providerKeys, TestPublisher } from '../nats/feed-world.js';
import { TcpProxy } from '../nats/tcp-proxy.js';
import { startProcess } from '../service/service-process.js';
import { compileChild } from '../store/child-program.js';

/** How long the broker stays dead. */
const MINUTES = Number(process.env['CAMPAIGN_MINUTES'] ?? 60);

/** Between two withdrawals; a quiet exchange. */
const ASK_EVERY_MS = 200;

/** Memory is judged by the least of each of these: what a collection left. */
const WINDOWS = 12;

/** Beyond this the least heap of the outage's second half is a leak, not a collector's mood. */
const HEAP_GROWTH_BYTES = 4 * 1024 * 1024;

/** Attempts to reconnect; each waits 250 to 500 ms. */
const ATTEMPTS_PER_SECOND = 5;

const program = compileChild('src/main.ts', ['src']);
const server = await testServer();
const keys = await providerKeys();

const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of made.splice(0).reverse()) await end();
  await stopServices();
});

/** A registry with one provider; gives its file. */
function register(folder: string): string {
  const pairKey = ATT_PAIR_KEY.secret.export().toString('base64url');
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: keys.publicJwks }));
  writeFileSync(join(folder, 'pair-keys.json'), JSON.stringify({ [ATT_PAIR_KEY.id]: pairKey }));
  const file = join(folder, 'providers.yaml');
  writeFileSync(
    file,
    `providers:
  - id: ${keys.id}
    issuer: ${keys.issuer}
    operator: att
    keys: { jwks_file: jwks.json }
    pair_keys_file: pair-keys.json
    heartbeat_seconds: 3600
`,
  );
  return file;
}

async function metric(opsAddress: string, name: string): Promise<number> {
  const text = await (await fetch(`http://${opsAddress}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * values.length)] ?? 0;
}

test(`fault 1: a broker killed for ${MINUTES} minutes`, async () => {
  const folder = temporaryFolder();
  const broker = await TestBroker.start(server);
  made.push(() => broker.stop());
  const proxy = await TcpProxy.open(broker.port);
  made.push(() => proxy.close());
  const service = await startProcess(program, folder, {
    HOLDFAST_NATS_URL: proxy.url,
    HOLDFAST_PROVIDERS_FILE: register(folder),
  });
  made.push(async () => {
    service.kill('SIGTERM');
    await service.ended;
  });
  const opsAddress = String(service.events.get('service_started')?.['opsAddress']);
  const client = new GrpcClient(service.grpcAddress);
  made.push(async () => client.close());
  const publisher = await TestPublisher.connect(broker.url, keys);
  made.push(() => publisher.close());
  const feedState = async () =>
    (await client.call(FeedService.method.getFeed, { provider: PROVIDER })).feed?.state;
  const heartbeat = async () => {
    await publisher.publish({ eventType: VERIFICATION, event: {} });
    await expect.poll(feedState, { timeout: 30_000 }).toBe(FeedState.FRESH);
  };
  await expect.poll(feedState, { timeout: 30_000 }).toBe(FeedState.SILENT);
  await heartbeat();

  let asked = 0;
  const ask = async (): Promise<{ readonly ms: number; readonly state: FeedState | undefined }> => {
    const startedAt = performance.now();
    const request = usual(`w-${asked++}`, { accountId: `account-${asked % 50}`, email: 'victor@att.net' });
    const answer = await client.call(RiskService.method.assessWithdrawal, request);
    return { ms: performance.now() - startedAt, state: answer.feeds[0]?.state };
  };
  const askFor = async (durationMs: number) => {
    const endsAt = performance.now() + durationMs;
    const answers: { readonly ms: number; readonly state: FeedState | undefined }[] = [];
    while (performance.now() < endsAt) {
      answers.push(await ask());
      await pause(ASK_EVERY_MS);
    }
    return answers;
  };

  const outageMs = MINUTES * 60_000;
  const before = await askFor(Math.min(60_000, outageMs / 10));
  await broker.kill();
  await expect.poll(feedState, { timeout: 30_000 }).toBe(FeedState.STALE);
  const attemptsBefore = proxy.accepted;
  const during: number[] = [];
  const leastHeap: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const answers = [];
    let least = Number.POSITIVE_INFINITY;
    const endsAt = performance.now() + outageMs / WINDOWS;
    while (performance.now() < endsAt) {
      answers.push(...(await askFor(Math.min(2_000, outageMs / WINDOWS))));
      least = Math.min(least, await metric(opsAddress, 'nodejs_heap_size_used_bytes'));
    }
    expect(new Set(answers.map(({ state }) => state))).toEqual(new Set([FeedState.STALE]));
    during.push(...answers.map(({ ms }) => ms));
    leastHeap.push(least);
    const attempts = (proxy.accepted - attemptsBefore) / (((window + 1) * outageMs) / WINDOWS / 1_000);
    console.log(
      `${window + 1}/${WINDOWS}: ${during.length} answers, p99 ${quantile(during, 0.99).toFixed(1)} ms ` +
        `(before: ${quantile(
          before.map(({ ms }) => ms),
          0.99,
        ).toFixed(1)} ms), ` +
        `least heap ${(least / 1_048_576).toFixed(1)} MB, ${attempts.toFixed(2)} attempts/s`,
    );
  }
  const attempts = proxy.accepted - attemptsBefore;
  expect(attempts / (outageMs / 1_000)).toBeLessThan(ATTEMPTS_PER_SECOND);
  const half = WINDOWS / 2;
  const growth = Math.min(...leastHeap.slice(half)) - Math.min(...leastHeap.slice(0, half));
  expect(growth).toBeLessThan(HEAP_GROWTH_BYTES);

  await broker.up();
  const upAt = performance.now();
  await heartbeat();
  console.log(`FRESH ${((performance.now() - upAt) / 1_000).toFixed(1)} s after the broker was back`);
  expect((await ask()).state).toBe(FeedState.FRESH);
});
