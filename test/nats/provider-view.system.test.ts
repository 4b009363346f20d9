import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/program.js';
import { Outbox } from '../../src/feed/provider/outbox.js';
import { signToken } from '../../src/feed/provider/sign-token.js';
import { REPORT_INTERVAL_MS } from '../../src/feed/status-notices.js';
import { content } from '../feed/fixtures.js';
import { TestBroker, testServer } from './broker.js';
import { FeedWorld, providerKeys, type TestProviderKeys } from './feed-world.js';

const server = await testServer();

let broker: TestBroker;
let world: FeedWorld;
let keys: TestProviderKeys;
let inFolder: (name: string) => string;

beforeEach(async () => {
  if (server === undefined) return;
  broker = await TestBroker.start(server);
  world = new FeedWorld(broker.url);
  inFolder = (name) => join(world.folder, name);
  keys = await providerKeys('att');
  world.register([keys]);
  writeFileSync(inFolder('key.json'), JSON.stringify(keys.signing.jwk), { mode: 0o600 });
  await world.start();
  await world.happened.until(({ reports }) => reports.length === 1);
});
afterEach(async () => {
  if (server === undefined) return;
  await world.stop();
  await broker.stop();
});

/** What a person sees. */
async function feed(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(['feed', ...args], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    colour: false,
    interactive: false,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const atBroker = (): string[] => ['--provider', 'att', '--nats', broker.url];
const asProvider = (): string[] => [
  ...atBroker(),
  ...['--issuer', keys.issuer, '--key', inFolder('key.json'), '--outbox', inFolder('outbox.json')],
  ...['--wait', '0'],
];

/** Gives out a number whose token nobody gets. */
async function loseOne(): Promise<number> {
  const box = await Outbox.open(inFolder('outbox.json'));
  const seq = box.next;
  const said = content({ issuer: keys.issuer, jti: `lost-${seq}`, seq, issuedAt: Date.now() });
  await box.add([{ jti: `lost-${seq}`, token: await signToken(said, keys.signing) }], Date.now());
  box.confirm([seq]);
  await box.close();
  return seq;
}

const published = (type: string, event: object): Promise<{ code: number; out: string }> =>
  feed(
    'publish',
    ...asProvider(),
    ...['--email', 'victim@att.net', '--clear', '--type', type, '--event', JSON.stringify(event), '--json'],
  );

describe.runIf(server !== undefined)('a provider at the command line', () => {
  test('sees its feed FRESH, in words and as JSON', async () => {
    expect((await feed('heartbeat', ...asProvider())).code).toBe(0);
    await published('credential-compromise', { credential_type: 'password' });
    await world.happened.until(({ accepted }) => accepted === 1);
    const { code, out } = await feed('status', ...atBroker());
    expect(code).toBe(0);
    expect(out).toMatch(/^state {15}FRESH$/m);
    expect(out).toMatch(/^accepted {12}1 \(0 repetitions\)$/m);
    expect(out).toMatch(/^last number {9}2$/m);
    // The next report is due soon after; nothing happens until then.
    world.clockOffsetMs += REPORT_INTERVAL_MS - 1_500;
    const { out: asJson } = await feed('status', ...atBroker(), '--json');
    expect(JSON.parse(asJson)).toMatchObject({ provider: 'att', state: 'FRESH', accepted_count: 1 });
    expect(`${out}${asJson}`).not.toContain('victim');
  });

  test('sees which of its messages was refused and why, by its own number and id', async () => {
    await feed('heartbeat', ...asProvider());
    const refused: { jti: string } = JSON.parse((await published('credential-compromise', {})).out);
    await world.happened.until(({ refused: reasons }) => reasons.length === 1);
    const { code, out } = await feed('status', ...atBroker());
    expect(code).toBe(1);
    expect(out).toMatch(/^state {15}FRESH$/m);
    expect(out).toMatch(
      new RegExp(`EVENT_INVALID +2 +2 +${refused.jti} +\`credential_type\` is missing$`, 'm'),
    );
  });

  test('what it says of a domain that is not its own, or wrongly, fails; what is accepted does not', async () => {
    const waiting = [...asProvider().slice(0, -1), '30'];
    const type = ['--type', 'credential-compromise', '--event', '{"credential_type":"password"}'];
    const own = await feed('publish', ...waiting, '--email', 'victim@att.net', '--clear', ...type);
    expect(own).toMatchObject({ code: 0, err: '' });
    expect(own.out).toMatch(/^published: jti \S+, number 1\nthe exchange accepted it$/);
    const foreign = await feed('publish', ...waiting, '--email', 'victim@gmail.com', '--clear', ...type);
    expect(foreign.code).toBe(1);
    expect(foreign.err).toMatch(
      /^the exchange refused the event \(jti \S+\): [A-Z_]+: .+ \(EVENT_REFUSED\)$/,
    );
    expect(foreign.err).not.toContain('victim');
    const incident = ['--id', 'i', '--domains', 'gmail.com', '--mechanism', 'keys', '--from', '2026-01-01'];
    expect((await feed('cohort', ...waiting, ...incident)).err).toContain('(EVENT_REFUSED)');
  });

  test('finds what is missing, gives it again, and is told when the outbox lacks it', async () => {
    await feed('heartbeat', ...asProvider());
    const lost = await loseOne();
    await feed('heartbeat', ...asProvider());
    await world.happened.until(({ heartbeats }) => heartbeats === 2);
    const before = await feed('status', ...atBroker());
    expect(before.code).toBe(1);
    expect(before.out).toMatch(/^missing numbers {5}1 \(2\)$/m);

    const range = ['--from', String(lost), '--to', String(lost)];
    const outbox = ['--outbox', inFolder('outbox.json')];
    expect(await feed('backfill', ...atBroker(), ...outbox, ...range)).toMatchObject({
      code: 0,
      out: '2: 1 of 1 published again',
    });
    await world.happened.until(({ accepted }) => accepted === 1);
    expect((await feed('status', ...atBroker())).code).toBe(0);

    const gone = await feed('backfill', ...atBroker(), ...outbox, '--from', '2', '--to', '9');
    expect(gone.code).toBe(1);
    expect(gone.out).toBe(
      '2-9: 2 of 8 published again\nnot in the outbox: 4-9 (say so with: holdfast feed void)',
    );
    const held = await feed('void', ...asProvider(), '--from', '2', '--to', '2');
    expect(held).toMatchObject({
      code: 1,
      err: 'the outbox holds number 2: back-fill it instead (EVENT_INVALID)',
    });
  });

  test('fault 18: the link is up and nothing comes: the exchange says SILENT, here and there', async () => {
    await feed('heartbeat', ...asProvider());
    await world.happened.until(({ heartbeats }) => heartbeats === 1);
    world.clockOffsetMs += 2 * 60_000;
    const { code, out } = await feed('status', ...atBroker());
    expect(code).toBe(1);
    expect(out).toMatch(/^state {15}SILENT$/m);
    expect(world.feed.statuses()).toMatchObject([{ state: 'SILENT' }]);
    expect(world.happened.downs).toEqual([]);
  });

  test('is told when no report comes, and what is wrong with its options', async () => {
    await world.feed.stop();
    expect(await feed('status', ...atBroker(), '--timeout', '0.2')).toMatchObject({ code: 2 });
    // Nothing listens on port 1.
    const nowhere = await feed('status', '--provider', 'att', '--nats', 'nats://127.0.0.1:1');
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringMatching(/^the broker cannot be reached/) });
    expect(await feed('status', '--nats', broker.url)).toMatchObject({
      code: 2,
      err: '--nats needs --provider <id>: whose feed it is',
    });
    expect(await feed('status', '--watch')).toMatchObject({
      code: 2,
      err: '--watch and --creds need --nats',
    });
    expect(await feed('backfill', ...atBroker())).toMatchObject({
      code: 2,
      err: 'give --from and --to, or --follow',
    });
  });
});
