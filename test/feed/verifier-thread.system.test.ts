import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { openVerifier } from '../../src/feed/open-verifier.js';
import { DirectVerifier, type RawMessage } from '../../src/feed/verifier.js';
import { VerifierThread } from '../../src/feed/verifier-thread.js';
import { NOW_MS } from '../identity/fixtures.js';
import { compileChild } from '../store/child-program.js';
import { AUDIENCE, bytesOf, providerFixture, token } from './fixtures.js';

const SOURCES = [
  'src/feed',
  'src/identity',
  'src/decision',
  'src/store',
  'src/journal',
  'src/gen',
  'test/feed',
];
const compiled = compileChild('test/feed/deadly-thread.ts', SOURCES);
const deadlyFile = pathToFileURL(compiled.path);
const threadFile = new URL('../../src/feed/verifier-thread-entry.js', deadlyFile);

const fixture = await providerFixture();
const other = await providerFixture();
const settings = { audience: AUDIENCE, providers: [fixture.provider] };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const verifier of opened.splice(0)) await verifier.close();
});

function thread(file: URL): VerifierThread {
  const verifier = new VerifierThread(settings, file);
  opened.push(verifier);
  return verifier;
}

function message(bytes: Uint8Array): RawMessage {
  return { subject: 'holdfast.feed.att-feed', bytes };
}

test('the thread says exactly what this thread would', async () => {
  const messages = [
    message(await token(fixture.signing.EdDSA)),
    message(bytesOf('nonsense')),
    message(await token(other.signing.EdDSA, { jti: 'x' })),
    message(await token(fixture.signing.RS256, { jti: 'y' })),
  ];
  const results = await thread(threadFile).verifyBatch(messages, NOW_MS);
  expect(results.map((result) => (result.kind === 'refused' ? result.reason : result.kind))).toEqual([
    'verified',
    'MALFORMED',
    'SIGNATURE_INVALID',
    'verified',
  ]);
  expect(results).toEqual(await new DirectVerifier(settings).verifyBatch(messages, NOW_MS));
});

test('batches are answered in order, and new keys count from the next one on', async () => {
  const verifier = thread(threadFile);
  const foreign = [message(await token(other.signing.ES256))];
  const before = verifier.verifyBatch(foreign, NOW_MS);
  await before;
  verifier.replaceSettings({ audience: AUDIENCE, providers: [other.provider] });
  const after = verifier.verifyBatch(foreign, NOW_MS);
  expect((await before)[0]?.kind).toBe('refused');
  expect((await after)[0]?.kind).toBe('verified');
});

test('a thread that dies is started again; only the message that kills it is refused', async () => {
  const verifier = thread(deadlyFile);
  const bytes = ['a', 'b', 'deadly', 'c'].map((text) => message(bytesOf(text)));
  const results = await verifier.verifyBatch(bytes, NOW_MS);
  expect(results.map((result) => result.kind === 'refused' && result.reason)).toEqual([
    'MALFORMED',
    'MALFORMED',
    'HANDLER_FAILED',
    'MALFORMED',
  ]);
  expect(verifier.restarts).toBe(2);
});

test('closing ends what is under way', async () => {
  const verifier = thread(threadFile);
  const pending = verifier.verifyBatch([message(bytesOf('x'))], NOW_MS);
  const ended = expect(pending).rejects.toThrow('closed');
  await verifier.close();
  await ended;
  await expect(verifier.verifyBatch([], NOW_MS)).rejects.toThrow('closed');
});

test('a thread where its entry is compiled, this thread where it is not', () => {
  const direct = openVerifier(settings, new URL('./nowhere.js', import.meta.url));
  const threaded = openVerifier(settings, threadFile);
  opened.push(direct, threaded);
  expect(direct).toBeInstanceOf(DirectVerifier);
  expect(threaded).toBeInstanceOf(VerifierThread);
});
