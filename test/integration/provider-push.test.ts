import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { feedStatus } from '../../src/cli/feed-status.js';
import { SEQUENCE_VOID, VERIFICATION } from '../../src/feed/event-types.js';
import { signToken, type TokenContent } from '../../src/feed/provider/sign-token.js';
import { FeedState } from '../../src/gen/holdfast/v1/decision_pb.js';
import { FeedDelivery, FeedService, RetryOutcome } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { ATT_PAIR_KEY, content } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { PROVIDER, providerKeys } from '../nats/feed-world.js';
import { startTestService, stopServices, TestClock, type TestService, temporaryFolder } from './harness.js';
import { usual } from './requests.js';

const keys = await providerKeys();
const BEARER = 'a-bearer-token-that-nobody-guesses';

afterEach(stopServices);

function folderWithProvider(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: keys.publicJwks }));
  const pairKey = ATT_PAIR_KEY.secret.export().toString('base64url');
  writeFileSync(join(folder, 'pair-keys.json'), JSON.stringify({ [ATT_PAIR_KEY.id]: pairKey }));
  const digest = createHash('sha256').update(BEARER).digest('hex');
  writeFileSync(
    join(folder, 'providers.yaml'),
    `providers:
  - id: ${keys.id}
    issuer: ${keys.issuer}
    operator: att
    keys: { jwks_file: jwks.json }
    pair_keys_file: pair-keys.json
    push: { token_sha256: ['${digest}'] }
`,
  );
  return folder;
}

function start(folder = folderWithProvider()): Promise<TestService> {
  return startTestService({
    folder,
    // Tokens are dated by the machine's own clock.
    clock: new TestClock(Date.now()),
    env: {
      HOLDFAST_FEED_PUSH_ADDRESS: '0',
      HOLDFAST_PROVIDERS_FILE: join(folder, 'providers.yaml'),
    },
  });
}

async function push(service: TestService, overrides: Partial<TokenContent>): Promise<Response> {
  const said = content({ issuer: keys.issuer, issuedAt: Date.now(), ...overrides });
  return fetch(`http://${service.service.pushAddress}/feeds/${PROVIDER}`, {
    method: 'POST',
    body: await signToken(said, keys.signing),
    headers: { authorization: `Bearer ${BEARER}`, 'content-type': 'application/secevent+jwt' },
  });
}

async function feedOf(service: TestService) {
  return (await service.client.call(FeedService.method.getFeed, { provider: PROVIDER })).feed;
}

const BEAT = { eventType: VERIFICATION, event: {}, subject: { format: 'opaque', id: 'x' } } as const;
const VERA = {
  subject: { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf('vera@att.net')) },
} as const;

describe('a provider without NATS', () => {
  test('its event changes the next answer, its heartbeat makes it FRESH, and both survive a restart', async () => {
    const service = await start();
    const before = await service.assess(usual('w-before', { email: 'vera@att.net' }));
    expect((await push(service, { jti: 'a', seq: 1, ...VERA })).status).toBe(202);
    expect((await push(service, { jti: 'b', seq: 2, ...BEAT })).status).toBe(202);
    const after = await service.assess(usual('w-after', { email: 'vera@att.net' }));
    expect(after.score).toBeGreaterThan(before.score);
    expect(after.feeds).toMatchObject([{ provider: PROVIDER, state: FeedState.FRESH }]);
    const again = await service.restart();
    expect(await feedOf(again)).toMatchObject({
      state: FeedState.FRESH,
      delivery: FeedDelivery.PUSH,
      acceptedCount: 1n,
      lastSeq: 2n,
      missingCount: 0n,
    });
    const later = await again.assess(usual('w-later', { email: 'vera@att.net' }));
    expect(later.score).toBe(after.score);
    expect((await push(again, { jti: 'a', seq: 1, ...VERA })).status).toBe(202);
    expect((await feedOf(again))?.acceptedCount).toBe(1n);
  });

  test('a count that begins again, and numbers declared void, show in what is said of the feed', async () => {
    const service = await start();
    await push(service, { jti: 'a', seq: 1, ...VERA });
    await push(service, { jti: 'b', seq: 6, eventType: SEQUENCE_VOID, event: { from: 2, to: 5 } });
    expect(await feedOf(service)).toMatchObject({ missingCount: 0n, voidCount: 4n, reusedCount: 0n });
    await push(service, { jti: 'c', seq: 1, issuedAt: Date.now() + 2_000, ...VERA });
    expect(await feedOf(service)).toMatchObject({ lastSeq: 6n, voidCount: 4n, reusedCount: 1n });
    const out: string[] = [];
    const terminal = {
      out: (text: string) => void out.push(text),
      err: () => undefined,
      colour: false,
      interactive: false,
    };
    const env = { HOLDFAST_GRPC_ADDRESS: service.service.grpcAddress };
    await feedStatus(PROVIDER, {}, env, terminal);
    expect(out.join('\n')).toMatch(/^void numbers {8}4$/m);
    expect(out.join('\n')).toMatch(/^used twice {10}1 numbers: the provider began its count again$/m);
  });

  test('what was refused is listed with its reason; it cannot be tried again here, and that is said', async () => {
    const service = await start();
    const response = await push(service, { subject: { format: 'email', email: 'canary@att.net' } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ err: 'access_denied' });
    const { messages } = await service.client.call(FeedService.method.listQuarantinedMessages, {});
    expect(messages).toMatchObject([
      { provider: PROVIDER, reason: 'SUBJECT_FORMAT_REFUSED', streamSequence: 0n },
    ]);
    const id = messages[0]?.id ?? '';
    const retried = await service.client.call(FeedService.method.retryQuarantinedMessage, { id });
    expect(retried.outcome).toBe(RetryOutcome.PUSHED);
    const lines = service.logLines.join('');
    for (const secret of ['canary', BEARER, 'vera@']) expect(lines).not.toContain(secret);
  });

  test('requests, and where they are taken, are in metrics and log', async () => {
    const service = await start();
    await push(service, { ...BEAT });
    await fetch(`http://${service.service.pushAddress}/feeds/${PROVIDER}`, { method: 'POST' });
    const { text } = await service.ops('/metrics');
    expect(text).toContain(`holdfast_feed_push_requests_total{provider="${PROVIDER}",status="202"} 1`);
    expect(text).toContain('holdfast_feed_push_requests_total{provider="",status="401"} 1');
    expect(service.logLines.join('')).toContain('"feed_push_listening"');
    expect(JSON.parse((await service.ops('/readyz')).text)).toMatchObject({
      components: { feeds: { ready: true, detail: '1 of 1 fresh' } },
    });
  });

  test('an address that is taken ends the start, and leaves nothing open', async () => {
    const first = await start();
    const folder = folderWithProvider();
    const env = {
      HOLDFAST_FEED_PUSH_ADDRESS: first.service.pushAddress ?? '',
      HOLDFAST_PROVIDERS_FILE: join(folder, 'providers.yaml'),
    };
    await expect(startTestService({ folder, env })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await start(folder);
  });
});

test('without a registry, settings that would bring events in are named as useless', async () => {
  const service = await startTestService({
    env: { HOLDFAST_NATS_URL: 'nats://127.0.0.1:1', HOLDFAST_FEED_PUSH_ADDRESS: '127.0.0.1:0' },
  });
  const line = service.logLines.find((text) => text.includes('feed_providers_missing'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({
    level: 'warn',
    settings: ['HOLDFAST_NATS_URL', 'HOLDFAST_FEED_PUSH_ADDRESS'],
    msg: expect.stringContaining('HOLDFAST_PROVIDERS_FILE is not'),
  });
  expect(service.service.pushAddress).toBeUndefined();
});
