import { expect, test } from 'vitest';
import type { AccountRecord, SignalRecord } from '../../src/decision/evidence.js';
import { SIGNAL_TYPES } from '../../src/decision/vocabulary.js';
import { EMPTY_ACCOUNT, evolveAccount } from '../../src/evidence/evolve-account.js';
import { generatePopulation, type PopulationEvent, USUAL_WORLD } from '../../src/population/index.js';
import { encodeAccount } from '../../src/store/codec/account-codec.js';
import { addressOf, pseudonymsOf } from '../identity/fixtures.js';
import { DAY, HOUR, T0 } from './small-world.js';

/** What the record of an account may take for 99.9 % of histories. */
const USUAL_BYTES = 4096;
/** What it may take whatever is done to it. */
const MOST_BYTES = 48 * 1024;

const pseudonyms = pseudonymsOf();

function signalRecord({ type, at, channel, email }: PopulationEvent & { kind: 'signal' }): SignalRecord {
  const id = pseudonyms.signalId('default', { kind: 'named', signalId: `${type} ${at}` });
  return {
    type,
    id,
    digest: pseudonyms.contentDigest('default', id),
    occurredAt: at,
    receivedAt: at,
    ...(channel !== undefined && { channel }),
    ...(email !== undefined && { mailbox: pseudonyms.mailbox(addressOf(email), at).alias }),
  };
}

/** Bytes of each account's record at its end, ascending. */
function sizesOf(events: readonly PopulationEvent[]): number[] {
  const accounts = new Map<string, AccountRecord>();
  for (const event of events) {
    if (event.kind !== 'signal' && event.kind !== 'withdrawal') continue;
    const { accountId, email } = event;
    const signal = event.kind === 'signal' ? signalRecord(event) : undefined;
    const link = email === undefined ? undefined : pseudonyms.mailbox(addressOf(email), event.at);
    accounts.set(accountId, evolveAccount(accounts.get(accountId) ?? EMPTY_ACCOUNT, signal, link));
  }
  return [...accounts.values()].map((record) => encodeAccount(record).length).sort((a, b) => a - b);
}

function sizeAt(sizes: readonly number[], part: number): number {
  return sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * part))] ?? 0;
}

test.each([1, 2])(
  'with %s times the usual changes, 99.9 per cent of half a year stay within 4 KB',
  (changes) => {
    const sizes = sizesOf(
      generatePopulation({
        seed: 815,
        accounts: 4_000,
        days: 180,
        start: T0,
        takeovers: 60,
        world: { ...USUAL_WORLD, changes },
      }),
    );
    expect(sizeAt(sizes, 0.999)).toBeLessThanOrEqual(USUAL_BYTES);
  },
);

test('whatever is done to an account, its record stays bounded', () => {
  let record = EMPTY_ACCOUNT;
  for (const type of SIGNAL_TYPES) {
    for (let n = 0; n < 1_000; n++) {
      const at = T0 + Math.floor(n / 2) * DAY + (n % 2) * HOUR;
      const email = `thief-${n % 100}@att.net`;
      const signal = signalRecord({ kind: 'signal', at, accountId: 'a', type, channel: 'SMS', email });
      record = evolveAccount(record, signal, pseudonyms.mailbox(addressOf(email), at));
    }
  }
  expect(encodeAccount(record).length).toBeLessThan(MOST_BYTES);
});
