import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { signToken } from '../../src/feed/provider/sign-token.js';
import { FeedService } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { ATT_PAIR_KEY, content } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { PatientClient } from '../integration/patient-client.js';
import { PROVIDER, providerKeys } from '../nats/feed-world.js';
import { compileChild } from '../store/child-program.js';
import { type ServiceProcess, startProcess } from './service-process.js';

const KILLS = 2;
const TOKENS = 300;
const SENDERS = 8;
const BEARER = 'secret';

const program = compileChild('src/main.ts', ['src']);
const keys = await providerKeys();

let running: ServiceProcess | undefined;
afterEach(async () => {
  running?.kill('SIGKILL');
  await running?.ended;
  running = undefined;
  await stopServices();
});

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

async function start(folder: string): Promise<{ readonly process: ServiceProcess; readonly url: string }> {
  running = await startProcess(program, folder, {
    HOLDFAST_PROVIDERS_FILE: join(folder, 'providers.yaml'),
    HOLDFAST_FEED_PUSH_ADDRESS: '0',
  });
  const address = running.events.get('feed_push_listening')?.['address'];
  return { process: running, url: `http://${String(address)}/feeds/${PROVIDER}` };
}

/** @returns the status, or undefined where the connection was cut */
async function push(url: string, token: string): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${BEARER}`, 'content-type': 'application/secevent+jwt' };
  return fetch(url, { method: 'POST', body: token, headers }).then(
    ({ status }) => status,
    () => undefined,
  );
}

async function feedOf(process: ServiceProcess) {
  const client = new PatientClient(process.grpcAddress);
  const { feed } = await client.call(FeedService.method.getFeed, { provider: PROVIDER });
  client.close();
  return feed;
}

test('I5: what a push was answered 202 for survives kill -9, its number too', async () => {
  const now = Date.now();
  const tokens = await Promise.all(
    Array.from({ length: TOKENS }, (_, index) => {
      const email = addressOf(`customer-${index}@att.net`);
      const subject = { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, email) } as const;
      const said = { issuer: keys.issuer, issuedAt: now, jti: `j${index}`, seq: index + 1, subject };
      return signToken(content(said), keys.signing);
    }),
  );
  const folder = folderWithProvider();
  const accepted = new Set<number>();
  let next = 0;
  for (let round = 0; round < KILLS; round++) {
    const { process, url } = await start(folder);
    const killAt = accepted.size + 20 + Math.floor(Math.random() * 50);
    // As a sender does: what was not answered with 202 is pushed again, in any order.
    const pending = [...tokens.keys()].filter((index) => index < next && !accepted.has(index));
    const send = async (): Promise<void> => {
      while (accepted.size < killAt) {
        const index = pending.pop() ?? next++;
        const status = await push(url, tokens[index] ?? '');
        if (status === 202) accepted.add(index);
        if (status === undefined) return;
      }
      process.kill('SIGKILL');
    };
    await Promise.all(Array.from({ length: SENDERS }, send));
    await process.ended;
  }
  const { process, url } = await start(folder);
  const before = await feedOf(process);
  // Each that was accepted is known, so to push it again accepts nothing.
  for (const index of accepted) expect(await push(url, tokens[index] ?? '')).toBe(202);
  expect((await feedOf(process))?.acceptedCount).toBe(before?.acceptedCount);
  // Only what was never answered with 202 can be missing.
  const unanswered = [...tokens.keys()].filter((index) => index < next && !accepted.has(index));
  expect(Number(before?.missingCount ?? 0n)).toBeLessThanOrEqual(unanswered.length);
  for (const index of unanswered) expect(await push(url, tokens[index] ?? '')).toBe(202);
  expect(await feedOf(process)).toMatchObject({ missingCount: 0n, lastSeq: BigInt(next) });
});
