import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  AccountRecord,
  MailboxRecord,
  ProviderEventRecord,
  SignalRecord,
} from '../../src/decision/evidence.js';
import { EMPTY_ACCOUNT, evolveAccount } from '../../src/evidence/evolve-account.js';
import { currentAccount, currentMailbox, isCohortCurrent } from '../../src/evidence/forget.js';
import { decodeMailbox, encodeMailbox } from '../../src/store/codec/mailbox-codec.js';
import { signal as anySignal, cohort, DAY, HOUR, link, T0 } from './small-world.js';

function signal(facts: Partial<SignalRecord> = {}): SignalRecord {
  return { type: 'PASSWORD_RESET', id: 'id', digest: 'd', occurredAt: T0, receivedAt: T0, ...facts };
}

function account(facts: Partial<AccountRecord>): AccountRecord {
  return { ...EMPTY_ACCOUNT, ...facts };
}

function isNothing({ signals, loginFailures, mailboxes }: AccountRecord): boolean {
  return signals.length + loginFailures.length + mailboxes.length === 0;
}

function event(facts: Partial<ProviderEventRecord> = {}): ProviderEventRecord {
  return {
    type: 'CREDENTIAL_COMPROMISE',
    provider: 'att',
    id: 'jti',
    occurredAt: T0,
    issuedAt: T0,
    receivedAt: T0,
    timeIs: 'OCCURRED',
    unauthorised: false,
    confidence: 1,
    ...facts,
  };
}

function mailbox(...events: ProviderEventRecord[]): MailboxRecord {
  return { events, retractions: [] };
}

describe('what of an account still counts', () => {
  test('all of it: the same object', () => {
    const record = account({ signals: [signal()], loginFailures: [{ hour: T0 / HOUR, ids: [1] }] });
    expect(currentAccount(record, T0)).toBe(record);
  });

  test('signals for 180 days after they happened', () => {
    const record = account({ signals: [signal()] });
    expect(currentAccount(record, T0 + 180 * DAY).signals).toHaveLength(1);
    expect(currentAccount(record, T0 + 180 * DAY + 1).signals).toEqual([]);
  });

  test('what says that a mailbox is compromised, or that it was left and over what, for good', () => {
    const factor = { channel: 'TOTP' as const };
    const kept = [
      signal({ id: 'a', type: 'EMAIL_REPORTED_COMPROMISED' }),
      signal({ id: 'b', type: 'EMAIL_CHANGED', factor }),
      signal({ id: 'c', type: 'MFA_ENROLLED', factor }),
    ];
    const others = [
      signal({ id: 'd', type: 'EMAIL_CHANGED' }),
      signal({ id: 'e', type: 'MFA_ENROLLED' }),
      signal({ id: 'f', type: 'PASSWORD_RESET', factor }),
    ];
    const record = account({ signals: [...kept, ...others] });
    expect(currentAccount(record, T0 + 4_000 * DAY).signals).toEqual(kept);
  });

  test('of several contents under one id the smaller digest, even over types', () => {
    const signals = [
      signal({ digest: 'b' }),
      signal({ type: 'NEW_DEVICE', digest: 'a' }),
      signal({ id: 'x', digest: 'z' }),
    ];
    expect(currentAccount(account({ signals }), T0).signals.map((one) => one.digest)).toEqual(['a', 'z']);
    const many = Array.from({ length: 30 }, (_, n) => signal({ id: `i${n}` }));
    expect(currentAccount(account({ signals: [...signals, ...many] }), T0).signals).toHaveLength(32);
    expect(currentAccount(account({ signals: many }), T0).signals).toBe(many);
  });

  test('a forgotten content gives way to the other', () => {
    const signals = [signal({ digest: 'b', occurredAt: T0 + 9 }), signal({ digest: 'a' })];
    expect(currentAccount(account({ signals }), T0 + 180 * DAY + 1).signals.map((one) => one.digest)).toEqual(
      ['b'],
    );
  });

  test('failed sign-ins for 48 hours, of more than 256 the numbers alone', () => {
    const hours = Array.from({ length: 6 }, (_, n) => ({
      hour: T0 / HOUR - n,
      ids: Array.from({ length: 64 }, (_, k) => k),
    }));
    const record = account({ loginFailures: hours });
    expect(currentAccount(record, T0).loginFailures).toEqual(
      hours.map(({ hour }) => ({ hour, ids: [], count: 64 })),
    );
    expect(currentAccount(account({ loginFailures: hours.slice(0, 4) }), T0).loginFailures).toEqual(
      hours.slice(0, 4),
    );
    expect(
      currentAccount(account({ loginFailures: hours.slice(0, 1) }), T0 + 49 * HOUR - 1).loginFailures,
    ).toHaveLength(1);
    expect(
      currentAccount(account({ loginFailures: hours.slice(0, 1) }), T0 + 49 * HOUR).loginFailures,
    ).toEqual([]);
  });

  test('mailboxes for 400 days after last use, an hour more for the rounding', () => {
    const [used] = fc.sample(link, 1).map((one) => ({ ...one, lastUsedAt: T0 }));
    const record = account({ mailboxes: used === undefined ? [] : [used] });
    expect(currentAccount(record, T0 + 400 * DAY + HOUR).mailboxes).toEqual([used]);
    expect(currentAccount(record, T0 + 400 * DAY + HOUR + 1).mailboxes).toEqual([]);
  });

  test('a dropped mailbox as long as it would itself, and a crowd without what of it is too old', () => {
    const crowd = signal({ id: '', digest: '', since: T0 - 9 * DAY });
    const record = account({ mailboxDroppedAt: T0, signals: [crowd], heardAt: T0 + 5 });
    expect(currentAccount(record, T0 + 175 * DAY)).toEqual({
      signals: [{ ...crowd, since: T0 - 5 * DAY, receivedAt: T0 + 5 }],
      loginFailures: [],
      mailboxes: [],
      mailboxDroppedAt: T0,
    });
    const later = currentAccount(record, T0 + 400 * DAY + HOUR + 1);
    expect(later).toEqual(account({}));
  });

  test('removing a record of which nothing counts, at any time in between, changes no answer', () => {
    const step = fc.record({
      signal: fc.option(anySignal, { nil: undefined }),
      link: fc.option(link, { nil: undefined }),
      remove: fc.boolean(),
      waitDays: fc.integer({ min: 0, max: 200 }),
      ageDays: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let kept = EMPTY_ACCOUNT;
        let removed = EMPTY_ACCOUNT;
        let now = T0;
        for (const { signal: one, link: other, remove, waitDays, ageDays } of steps) {
          now += waitDays * DAY;
          const occurredAt = now - ageDays * DAY;
          const heard = one && { ...one, occurredAt, digest: `${one.type}/${occurredAt}` };
          const used = other && { ...other, lastUsedAt: now - (ageDays % 40) * DAY };
          const base = remove && isNothing(currentAccount(removed, now)) ? EMPTY_ACCOUNT : removed;
          kept = evolveAccount(kept, heard, used);
          removed = evolveAccount(base, heard, used);
          expect(currentAccount(removed, now)).toEqual(currentAccount(kept, now));
        }
      }),
    );
  });
});

describe('what providers said that still counts', () => {
  const later = T0 + 400 * DAY + 1;

  test('all of it: the same object', () => {
    const record = mailbox(event());
    expect(currentMailbox(record, T0 + 400 * DAY)).toBe(record);
  });

  test('what neither opens nor closes an exposure for 400 days', () => {
    const record = mailbox(event({ type: 'SESSION_REVOKED' }), event({ type: 'APP_PASSWORD_CREATED' }));
    expect(currentMailbox(record, later).events).toEqual([]);
  });

  test('what names a compromise until 400 days after it was closed', () => {
    const opened = event();
    const secured = event({ type: 'RESECURED', occurredAt: T0 + DAY });
    expect(currentMailbox(mailbox(opened), later).events).toEqual([opened]);
    expect(currentMailbox(mailbox(opened, secured), later).events).toEqual([opened, secured]);
    expect(currentMailbox(mailbox(opened, secured), later + DAY).events).toEqual([secured]);
    const tied = event({ type: 'RESECURED' });
    expect(currentMailbox(mailbox(opened, tied), later + DAY).events).toEqual([opened, tied]);
  });

  test('what is told late, 400 days from when it was said', () => {
    const told = { issuedAt: T0 + 300 * DAY, receivedAt: T0 + 300 * DAY };
    const late = event({ type: 'RISK_HIGH', ...told });
    expect(currentMailbox(mailbox(late), T0 + 700 * DAY).events).toEqual([late]);
    expect(currentMailbox(mailbox(late), T0 + 700 * DAY + 1).events).toEqual([]);
    const opened = event(told);
    const secured = event({ type: 'RESECURED', occurredAt: T0 + DAY });
    expect(currentMailbox(mailbox(opened, secured), T0 + 700 * DAY).events).toEqual([opened, secured]);
    expect(currentMailbox(mailbox(opened, secured), T0 + 700 * DAY + 1).events).toEqual([secured]);
  });

  test('a recycled address for good: nothing closes it', () => {
    const recycled = event({ type: 'IDENTIFIER_RECYCLED' });
    const secured = event({ type: 'RESECURED', occurredAt: T0 + DAY });
    expect(currentMailbox(mailbox(recycled, secured), T0 + 4_000 * DAY).events).toEqual([recycled, secured]);
  });

  test('a mere re-enabling closes what its own provider said, and never goes before it', () => {
    const enabled = event({ type: 'ACCOUNT_ENABLED', occurredAt: T0 + 1 });
    expect(currentMailbox(mailbox(event(), enabled), later + DAY).events).toEqual([enabled]);
    const foreign = { ...enabled, provider: 'other' };
    expect(currentMailbox(mailbox(event(), foreign), later + DAY).events).toEqual([event(), foreign]);
  });

  test('a word that only a newer version knows is kept on disk and left out here', () => {
    const record = decodeMailbox(encodeMailbox(mailbox(event({ type: 'NEWER' as never }), event())));
    expect(record.events).toHaveLength(2);
    expect(currentMailbox(record, T0).events).toEqual([event()]);
    expect(currentMailbox(record, later).events).toEqual([event()]);
  });
});

test('an incident counts until 400 days after its end or its telling, one without an end always', () => {
  const [sample] = fc.sample(cohort, 1);
  if (sample === undefined) throw new Error('no sample');
  const { to: _, ...open } = sample;
  expect(isCohortCurrent(open, T0 + 4_000 * DAY)).toBe(true);
  const ended = { ...open, to: T0, issuedAt: T0 };
  expect(isCohortCurrent(ended, T0 + 400 * DAY)).toBe(true);
  expect(isCohortCurrent(ended, T0 + 400 * DAY + 1)).toBe(false);
  expect(isCohortCurrent({ ...ended, issuedAt: T0 + DAY }, T0 + 401 * DAY)).toBe(true);
});
