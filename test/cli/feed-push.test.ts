import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FeedService } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import {
  startTestService,
  stopServices,
  TestClock,
  type TestService,
  temporaryFolder,
} from '../integration/harness.js';
import { holdfast } from './command.js';

const ISSUER = 'https://mail.att.example';
const BEARER = 'a-bearer-token-that-nobody-guesses';
const COMPROMISED = ['--type', 'credential-compromise', '--event', '{"credential_type":"mail-app-password"}'];

let folder = '';
let running: TestService;
let url = '';

const at = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = temporaryFolder();
  const made = await holdfast([
    ...['feed', 'keygen', '--kid', 'one', '--private', at('key.json'), '--jwks', at('jwks.json')],
    ...['--pair-keys', at('pair-keys.json')],
  ]);
  expect(made.code).toBe(0);
  writeFileSync(at('push-token'), `${BEARER}\n`, { mode: 0o600 });
  writeFileSync(
    at('providers.yaml'),
    `providers:
  - id: att
    issuer: ${ISSUER}
    operator: att
    keys: { jwks_file: jwks.json }
    pair_keys_file: pair-keys.json
    subjects: [opaque, email]
    push: { token_sha256: ['${createHash('sha256').update(BEARER).digest('hex')}'] }
`,
  );
  chmodSync(at('pair-keys.json'), 0o600);
  running = await startTestService({
    folder,
    clock: new TestClock(Date.now()),
    env: { HOLDFAST_FEED_PUSH_ADDRESS: '0', HOLDFAST_PROVIDERS_FILE: at('providers.yaml') },
  });
  url = `http://${running.service.pushAddress}/feeds/att`;
});

afterEach(stopServices);

const signer = () => [
  '--provider',
  'att',
  '--issuer',
  ISSUER,
  '--key',
  at('key.json'),
  '--outbox',
  at('outbox.json'),
];
const pushed = (to = url) => ['--push', to, '--push-token-file', at('push-token')];
const about = (email: string) => ['--email', email, '--clear', ...COMPROMISED];

async function feed() {
  return (await running.client.call(FeedService.method.getFeed, { provider: 'att' })).feed;
}

describe('a provider without a broker', () => {
  test('publishes and says that it is alive, and both are taken', async () => {
    const sent = await holdfast(['feed', 'publish', ...signer(), ...pushed(), ...about('vera@att.net')]);
    expect(sent).toMatchObject({ code: 0, err: '' });
    expect(sent.out).toMatch(/^published: jti \S+, number 1\nthe exchange accepted it$/);
    const alive = await holdfast(['feed', 'heartbeat', ...signer(), ...pushed(), '--json']);
    expect(JSON.parse(alive.out)).toMatchObject({ seq: 2, fate: 'accepted' });
    expect(await feed()).toMatchObject({ acceptedCount: 1n, lastSeq: 2n, missingCount: 0n });
  });

  test('what it says of a domain that is not its own fails, and does not hold up what comes after', async () => {
    const foreign = await holdfast(['feed', 'publish', ...signer(), ...pushed(), ...about('vera@gmail.com')]);
    expect(foreign.code).toBe(1);
    expect(foreign.err).toMatch(
      /the exchange refused the event: HTTP 400, access_denied: .+ \(EVENT_REFUSED\)$/,
    );
    expect(foreign.err).not.toContain('vera');
    const cohort = await holdfast([
      ...['feed', 'cohort', ...signer(), ...pushed(), '--id', 'i', '--domains', 'gmail.com'],
      ...['--mechanism', 'keys', '--from', '2026-01-01'],
    ]);
    expect(cohort.code).toBe(1);
    expect(cohort.err).toContain('(EVENT_REFUSED)');
    const own = await holdfast(['feed', 'publish', ...signer(), ...pushed(), ...about('vera@att.net')]);
    expect(own.code).toBe(0);
  });

  test('with a wrong bearer token or address nothing is taken, and the event goes first once they are right', async () => {
    writeFileSync(at('wrong-token'), 'another');
    const wrong = ['--push', url, '--push-token-file', at('wrong-token')];
    const refused = await holdfast(['feed', 'publish', ...signer(), ...wrong, ...about('vera@att.net')]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain('(PUSH_REFUSED)');
    expect(refused.err).not.toContain('another');
    for (const to of ['http://risk.example/feeds/att', 'risk.example']) {
      const insecure = await holdfast([
        'feed',
        'publish',
        ...signer(),
        ...pushed(to),
        ...about('vera@att.net'),
      ]);
      expect(insecure.code).toBe(1);
      expect(insecure.err).toContain('must be an https URL');
    }
    expect((await holdfast(['feed', 'heartbeat', ...signer(), ...pushed()])).code).toBe(0);
    expect(await feed()).toMatchObject({ acceptedCount: 1n, lastSeq: 2n, missingCount: 0n });
    const half = await holdfast(['feed', 'heartbeat', ...signer(), '--push', url]);
    expect(half).toMatchObject({ code: 2, err: '--push: give --push-token-file FILE as well' });
  });

  test('signs a token to send by itself, numbered like the others', async () => {
    const signed = await holdfast(['feed', 'sign', ...signer(), ...about('vera@att.net')]);
    expect(signed).toMatchObject({ code: 0, err: '' });
    expect(signed.out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const answer = await fetch(url, {
      method: 'POST',
      body: signed.out,
      headers: { authorization: `Bearer ${BEARER}`, 'content-type': 'application/secevent+jwt' },
    });
    expect(answer.status).toBe(202);
    const next = await holdfast(['feed', 'heartbeat', ...signer(), ...pushed()]);
    expect(next.out).toContain('number 2');
    expect(await feed()).toMatchObject({ acceptedCount: 1n, missingCount: 0n });
    expect(readFileSync(at('outbox.json'), 'utf8')).not.toContain('vera');
  });
});
