import { describe, expect, test } from 'vitest';
import type { AccountRecord, MailboxLink, SignalRecord } from '../../src/decision/evidence.js';
import { EMPTY_ACCOUNT, evolveAccount } from '../../src/evidence/evolve-account.js';
import { DAY, HOUR, T0 } from './small-world.js';

function signal(facts: Partial<SignalRecord> = {}): SignalRecord {
  return { type: 'PASSWORD_RESET', id: 'id', digest: 'd', occurredAt: T0, receivedAt: T0, ...facts };
}

function link(facts: Partial<MailboxLink> = {}): MailboxLink {
  const aliases = [{ alias: 'm:1', form: 'exact' as const }];
  return { alias: 'm:1', aliases, domain: 'att.net', operator: 'att', lastUsedAt: T0, ...facts };
}

function told(signals: readonly SignalRecord[], record: AccountRecord = EMPTY_ACCOUNT): AccountRecord {
  return signals.reduce((account, one) => evolveAccount(account, one, undefined), record);
}

function used(links: readonly MailboxLink[]): readonly MailboxLink[] {
  return links.reduce((account, one) => evolveAccount(account, undefined, one), EMPTY_ACCOUNT).mailboxes;
}

describe('signals of an account', () => {
  test('the 8 latest of a type stay, newest first, then what stands for the rest', () => {
    const record = told(Array.from({ length: 12 }, (_, n) => signal({ id: `id-${n}`, occurredAt: T0 + n })));
    expect(record.signals.map((one) => one.occurredAt - T0)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(record.signals.at(-1)).toEqual(
      signal({ id: '', digest: '', occurredAt: T0 + 3, receivedAt: 0, since: T0 }),
    );
  });

  test('a crowd says of channel and mailbox what all of it had in common', () => {
    const flood = Array.from({ length: 8 }, (_, n) => signal({ id: `new-${n}`, occurredAt: T0 + DAY + n }));
    const old = (facts: Partial<SignalRecord>[]) =>
      told([...facts.map((one, n) => signal({ id: `old-${n}`, ...one })), ...flood]).signals.at(-1);
    const sent = { channel: 'EMAIL', mailbox: 'm:1' } as const;
    expect(old([sent])).toMatchObject(sent);
    expect(old([sent, sent])).toMatchObject(sent);
    expect(old([sent, sent])).not.toHaveProperty('anyChannel');
    const mixed = old([sent, { ...sent, channel: 'SMS' }, { ...sent, mailbox: 'm:2' }]);
    expect(mixed).toMatchObject({ anyChannel: true });
    expect(mixed).not.toHaveProperty('channel');
    expect(mixed).not.toHaveProperty('mailbox');
    expect(old([sent, { mailbox: 'm:1' }])).toMatchObject({ anyChannel: true, mailbox: 'm:1' });
  });

  test('crowds share out the past: days, then four days each, then sixteen', () => {
    const daily = Array.from({ length: 180 }, (_, n) => signal({ id: `id-${n}`, occurredAt: T0 - n * DAY }));
    const crowds = told(daily).signals.filter(({ since }) => since !== undefined);
    const days = crowds.map(({ since = 0, occurredAt }) => (occurredAt - since) / DAY + 1);
    expect(days.reduce((sum, length) => sum + length)).toBe(172);
    expect(days.length).toBeLessThan(12);
    expect(Math.max(...days)).toBeLessThanOrEqual(64);
  });

  test('types never evict each other', () => {
    const before = told([signal({ type: 'SIM_CHANGED', id: 'sim' })]);
    const flood = Array.from({ length: 50 }, (_, n) => signal({ id: `id-${n}`, occurredAt: T0 + n }));
    expect(told(flood, before).signals.filter((one) => one.type === 'SIM_CHANGED')).toHaveLength(1);
  });

  test('the same signal heard again was first heard at the earlier time', () => {
    const record = told([
      signal({ receivedAt: T0 + 9 }),
      signal({ receivedAt: T0 + 3 }),
      signal({ receivedAt: T0 + 5 }),
    ]);
    expect(record.signals).toEqual([signal({ receivedAt: T0 + 3 })]);
  });

  test('two contents under one id are both kept: reading chooses', () => {
    const record = told([signal({ digest: 'b' }), signal({ digest: 'a' })]);
    expect(record.signals.map((one) => one.digest)).toEqual(['b', 'a']);
  });
});

describe('failed sign-ins of an account', () => {
  function failures(count: number, hour: number): SignalRecord[] {
    return Array.from({ length: count }, (_, n) =>
      signal({ type: 'LOGIN_FAILED', id: `failure-${hour}-${n}`, occurredAt: T0 + hour * HOUR + n }),
    );
  }

  test('are counted by hour, newest first, each id once', () => {
    const record = told([...failures(3, 0), ...failures(5, 2), ...failures(3, 0)]);
    expect(record.signals).toEqual([]);
    expect(record.loginFailures.map(({ hour, ids }) => [hour - T0 / HOUR, ids.length])).toEqual([
      [2, 5],
      [0, 3],
    ]);
  });

  test('the count stops at 64 an hour and 50 hours: two more than are remembered', () => {
    const record = told([
      ...failures(100, 50),
      ...Array.from({ length: 60 }, (_, hour) => failures(1, hour)).flat(),
      ...failures(1, 1),
    ]);
    expect(record.loginFailures).toHaveLength(50);
    expect(record.loginFailures[0]?.hour).toBe(T0 / HOUR + 59);
    expect(record.loginFailures.find(({ hour }) => hour === T0 / HOUR + 50)?.ids).toHaveLength(64);
  });
});

describe('mailboxes of an account', () => {
  test('the latest use counts whole, to the hour', () => {
    const [only] = used([
      link({ domain: 'old' }),
      link({ lastUsedAt: T0 + 90 * 60_000 }),
      link({ domain: 'old' }),
    ]);
    expect(only).toEqual(link({ lastUsedAt: T0 + HOUR }));
  });

  test('a mailbox used all hour long changes nothing, so nothing is written', () => {
    const record = evolveAccount(EMPTY_ACCOUNT, undefined, link());
    const aliases = [{ alias: 'm:1', form: 'exact' as const }];
    expect(evolveAccount(record, undefined, link({ lastUsedAt: T0 + HOUR - 1, aliases }))).toBe(record);
    expect(evolveAccount(record, undefined, link({ lastUsedAt: T0 + HOUR }))).not.toBe(record);
  });

  test('within an hour more aliases win: a new key makes more events match', () => {
    const wide = link({ aliases: [...link().aliases, { alias: 'p:att:k1:1', form: 'pair' }] });
    expect(used([link(), wide])).toEqual([wide]);
    expect(used([wide, link()])).toEqual([wide]);
  });

  test('within an hour, of as many aliases the smaller encoding wins', () => {
    const other = link({ aliases: [{ alias: 'm:1', form: 'guessed' }] });
    expect(used([link(), other])).toEqual(used([other, link()]));
    const { operator: _, ...unknown } = link();
    expect(used([link(), unknown])).toEqual(used([unknown, link()]));
  });

  test('the 32 newest stay, and it is remembered until when one that did not was used', () => {
    const links = Array.from({ length: 36 }, (_, n) =>
      link({ alias: `m:${n}`, lastUsedAt: T0 + (n % 18) * HOUR }),
    );
    const record = links.reduce((account, one) => evolveAccount(account, undefined, one), EMPTY_ACCOUNT);
    expect(record.mailboxes).toHaveLength(32);
    expect(record.mailboxes.at(-1)?.lastUsedAt).toBe(T0 + 2 * HOUR);
    expect(record.mailboxDroppedAt).toBe(T0 + HOUR);
    const reversed = [...links].reverse();
    expect(reversed.reduce((account, one) => evolveAccount(account, undefined, one), EMPTY_ACCOUNT)).toEqual(
      record,
    );
  });
});
