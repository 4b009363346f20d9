import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  fullEventType,
  type ProviderIdentity,
  runFeedCohort,
  runFeedHeartbeat,
  runFeedKeygen,
  runFeedPublish,
  runFeedRetract,
} from '../../src/feed/provider/commands.js';
import { readSigningKey } from '../../src/feed/provider/key-files.js';
import { Outbox } from '../../src/feed/provider/outbox.js';
import { signToken } from '../../src/feed/provider/sign-token.js';
import { content } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { TestBroker, testServer } from './broker.js';
import { FeedWorld } from './feed-world.js';

const server = await testServer();

let broker: TestBroker;
let world: FeedWorld;
let identity: ProviderIdentity;
let inFolder: (name: string) => string;

async function setUp(): Promise<void> {
  broker = await TestBroker.start(server);
  world = new FeedWorld(broker.url);
  inFolder = (name) => join(world.folder, name);
  await runFeedKeygen({
    kid: '2026-11',
    algorithm: 'EdDSA',
    privateFile: inFolder('att.key.json'),
    jwksFile: inFolder('att.jwks.json'),
    pairKeys: { file: inFolder('att.pair-keys.json'), keyId: 'k1' },
  });
  writeFileSync(
    inFolder('providers.yaml'),
    `providers:
  - id: att
    issuer: https://mail.att.example
    operator: att
    keys: { jwks_file: att.jwks.json }
    pair_keys_file: att.pair-keys.json
    cohorts: own-domains
`,
  );
  await world.start();
  await world.happened.until(({ reports }) => reports.length === 1);
  identity = {
    provider: 'att',
    issuer: 'https://mail.att.example',
    audience: 'urn:holdfast',
    keyFile: inFolder('att.key.json'),
    outboxFile: inFolder('att.outbox.json'),
    broker: { servers: [broker.url] },
  };
}

async function tearDown(): Promise<void> {
  await world.stop();
  await broker.stop();
}

const EMAIL = 'victim@sbcglobal.net';

function victim(): readonly { readonly type: string; readonly isRetracted: boolean }[] {
  const link = world.pseudonyms.mailbox(addressOf(EMAIL), Date.now());
  return link.aliases.flatMap(({ alias }) => {
    const record = world.view.mailbox(alias);
    return (record?.events ?? []).map(({ type, id }) => ({
      type,
      isRetracted: record?.retractions.some((retraction) => retraction.id === id) === true,
    }));
  });
}

function publish() {
  return runFeedPublish({
    ...identity,
    subject: {
      kind: 'pseudonym',
      email: ` ${EMAIL.toUpperCase()} `,
      pairKeysFile: inFolder('att.pair-keys.json'),
    },
    eventType: 'credential-change',
    event: { credential_type: 'mail-app-password', change_type: 'create', unauthorised: true },
  });
}

describe.runIf(server !== undefined)('a provider', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  test('goes from nothing to an accepted event, a heartbeat, an incident and a correction', async () => {
    const event = await publish();
    expect(event).toMatchObject({ seq: 1, isDuplicate: false });
    await runFeedHeartbeat(identity);
    const cohort = {
      ...identity,
      cohortId: 'keys-2026',
      domains: ['att.net'],
      mechanism: 'mail keys',
      from: 1_795_000_000,
      confidence: 0.9,
    };
    await runFeedCohort(cohort);
    await world.happened.until(({ accepted, heartbeats }) => accepted === 2 && heartbeats === 1);
    expect(victim()).toEqual([{ type: 'APP_PASSWORD_CREATED', isRetracted: false }]);
    expect(world.view.cohortsFor(['att.net'], Date.now())).toMatchObject([
      { mechanism: 'mail keys', confidence: 0.9 },
    ]);

    await runFeedRetract({ ...identity, jti: event.jti });
    await world.happened.until(({ accepted }) => accepted === 3);
    expect(victim()).toEqual([{ type: 'APP_PASSWORD_CREATED', isRetracted: true }]);
    expect(world.feed.statuses()).toMatchObject([
      { state: 'FRESH', record: { sequence: { first: 1, last: 4, gaps: [] } } },
    ]);
    expect(world.happened.refused).toEqual([]);
  });

  test('sends what was not confirmed first, under the same id, so that no number is missing', async () => {
    const { signing, jti } = { signing: await readSigningKey(identity.keyFile), jti: 'interrupted' };
    const outbox = await Outbox.open(identity.outboxFile);
    const { issuer, audience } = identity;
    const eventType = fullEventType('resecured');
    const said = content({
      issuer,
      audience,
      jti,
      seq: outbox.next,
      eventType,
      event: {},
      issuedAt: Date.now(),
    });
    const token = await signToken({ ...said, subject: { format: 'opaque', id: 'bare' } }, signing);
    await outbox.add([{ jti, token }], Date.now());
    await outbox.close();

    expect(await runFeedHeartbeat(identity)).toMatchObject({ seq: 2 });
    await world.happened.until(({ heartbeats, refused }) => heartbeats === 1 && refused.length === 1);
    expect(world.happened.refused).toEqual(['SUBJECT_ID_INVALID']);
    const after = await Outbox.open(identity.outboxFile);
    expect({ next: after.next, unconfirmed: after.unconfirmed }).toEqual({ next: 3, unconfirmed: [] });
    await after.close();
  });

  test('retrying reaches a broker that comes back, and the event counts once', async () => {
    await publish();
    await world.happened.until(({ accepted }) => accepted === 1);
    broker.freeze();
    const late = publish();
    await world.happened.until(({ downs }) => downs.length > 0);
    broker.thaw();
    await late;
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(world.happened.duplicates).toBe(0);
    expect(victim()).toHaveLength(2);
  });

  test('is refused two publications at once, and takes over from one that died', async () => {
    const outbox = await Outbox.open(identity.outboxFile);
    await expect(publish()).rejects.toMatchObject({ code: 'OUTBOX_IN_USE' });
    await outbox.close();
    // Above the largest process id there can be.
    writeFileSync(`${identity.outboxFile}.lock`, '99999999');
    expect(await publish()).toMatchObject({ seq: 1 });
  });

  test('keeps its private key private, and never overwrites one', async () => {
    expect(statSync(identity.keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(inFolder('att.pair-keys.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(inFolder('att.jwks.json'), 'utf8')).not.toContain('"d"');
    const again = {
      kid: 'next',
      algorithm: 'ES256',
      privateFile: identity.keyFile,
      jwksFile: inFolder('x'),
    } as const;
    await expect(runFeedKeygen(again)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    chmodSync(identity.keyFile, 0o644);
    await expect(publish()).rejects.toMatchObject({ code: 'KEY_FILE_MODE' });
  });

  test('rotates: the new key stands beside the old one, and events under it are accepted', async () => {
    const privateFile = inFolder('next.key.json');
    await runFeedKeygen({
      kid: '2026-12',
      algorithm: 'ES256',
      privateFile,
      jwksFile: inFolder('att.jwks.json'),
    });
    await world.happened.until(({ registriesLoaded }) => registriesLoaded === 2);
    await publish();
    identity = { ...identity, keyFile: privateFile };
    await publish();
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(world.happened.refused).toEqual([]);
  });

  test('loses nothing and no number when the broker cannot be reached', async () => {
    await broker.kill();
    await expect(publish()).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
    await broker.up();
    expect(await publish()).toMatchObject({ seq: 1 });
  });

  test('is told at once that the stream is not there yet; the event waits, and goes first once it is', async () => {
    const empty = await TestBroker.start(server);
    try {
      const early = { ...identity, broker: { servers: [empty.url] } };
      await expect(runFeedHeartbeat(early)).rejects.toMatchObject({
        code: 'STREAM_MISSING',
        message: expect.stringContaining('HOLDFAST_FEED is not there yet'),
      });
    } finally {
      await empty.stop();
    }
    expect(await runFeedHeartbeat(identity)).toMatchObject({ seq: 2 });
    await world.happened.until(({ heartbeats }) => heartbeats === 2);
    expect(world.feed.statuses()).toMatchObject([{ record: { sequence: { first: 1, last: 2, gaps: [] } } }]);
  });

  test('is told what is wrong with an address, without it', async () => {
    const subject = { kind: 'email', email: 'canary' } as const;
    const failed = runFeedPublish({ ...identity, subject, eventType: 'account-purged', event: {} });
    await expect(failed).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    await expect(failed).rejects.not.toThrow('canary');
  });
});

test('short names stand for the standards’ event types', () => {
  expect(fullEventType('credential-compromise')).toBe(
    'https://schemas.openid.net/secevent/risc/event-type/credential-compromise',
  );
  expect(fullEventType('session-revoked')).toBe(
    'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
  );
  expect(fullEventType('resecured')).toBe('urn:holdfast:event:resecured');
  expect(fullEventType('urn:example:own')).toBe('urn:example:own');
});

test('a misspelt event type is refused: it would be accepted, and stop nobody', () => {
  for (const name of ['credential-comprmise', 'Resecured', 'cohort-compromise', '']) {
    expect(() => fullEventType(name)).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }));
  }
});
