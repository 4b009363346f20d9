import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountRecord, MailboxLink, SignalRecord } from '../../src/decision/evidence.js';
import { EMPTY_ACCOUNT, evolveAccount } from '../../src/evidence/evolve-account.js';
import { type CohortVersions, evolveCohort } from '../../src/evidence/evolve-cohort.js';
import { EMPTY_MAILBOX, evolveMailbox, type MailboxNews } from '../../src/evidence/evolve-mailbox.js';
import { encodeAccount } from '../../src/store/codec/account-codec.js';
import { encodeCohort } from '../../src/store/codec/cohort-codec.js';
import { encodeMailbox } from '../../src/store/codec/mailbox-codec.js';
import { cohort, DAY, HOUR, link, providerEvent, retraction, signal, T0, twice } from './small-world.js';

type AccountItem = { readonly signal?: SignalRecord; readonly link?: MailboxLink };

const accountItem: fc.Arbitrary<AccountItem> = fc.oneof(
  signal.map((one) => ({ signal: one })),
  link.map((one) => ({ link: one })),
  fc.tuple(signal, link).map(([one, other]) => ({ signal: one, link: other })),
);

const mailboxNews: fc.Arbitrary<MailboxNews> = fc.oneof(
  providerEvent.map((event) => ({ kind: 'event' as const, event })),
  retraction.map((one) => ({ kind: 'retraction' as const, retraction: one })),
);

const cohortVersion = fc.record({ tokenId: fc.constantFrom('t1', 't2', 't3'), record: cohort });

const NO_VERSIONS: CohortVersions = [];

function accountOf(items: readonly AccountItem[]): AccountRecord {
  return items.reduce((record, item) => evolveAccount(record, item.signal, item.link), EMPTY_ACCOUNT);
}

function versionBytes(versions: CohortVersions): string[] {
  return versions.map(
    (version) => version.tokenId + Buffer.from(encodeCohort(version.record)).toString('hex'),
  );
}

describe('I2 order does not matter: any order, any duplication, the same record byte for byte', () => {
  test('account', () => {
    fc.assert(
      fc.property(twice(accountItem, 120), ([items, disturbed]) => {
        const record = encodeAccount(accountOf(items));
        expect(Buffer.compare(encodeAccount(accountOf(disturbed)), record)).toBe(0);
      }),
    );
  });

  test('account, with one type and one mailbox beyond their limits', () => {
    const one = signal.filter((made) => made.type === 'NEW_DEVICE');
    fc.assert(
      fc.property(twice(one, 200), ([signals, disturbed]) => {
        const items = signals.map((made) => ({ signal: made }));
        const record = accountOf(items);
        expect(record.signals.length).toBeLessThanOrEqual(9);
        expect(encodeAccount(accountOf(disturbed.map((made) => ({ signal: made }))))).toEqual(
          encodeAccount(record),
        );
      }),
    );
  });

  test('account, over years, so that crowds widen again and again', () => {
    const spread = fc
      .record({ made: signal, day: fc.integer({ min: 0, max: 2000 }), hour: fc.nat({ max: 23 }) })
      .map(({ made, day, hour }) => {
        const occurredAt = T0 + day * DAY + hour * HOUR;
        return { signal: { ...made, id: `id-${day}`, digest: `${day}/${hour}/${made.digest}`, occurredAt } };
      });
    fc.assert(
      fc.property(twice(spread, 200, 'max'), ([items, other]) => {
        expect(encodeAccount(accountOf(other))).toEqual(encodeAccount(accountOf(items)));
      }),
    );
  });

  test('account, with more mailboxes than are kept', () => {
    const many = fc
      .record({ made: link, mailbox: fc.nat({ max: 60 }) })
      .map(({ made, mailbox }) => ({ link: { ...made, alias: `m:${mailbox}` } }));
    fc.assert(
      fc.property(twice(many, 200, 'max'), ([items, other]) => {
        const record = accountOf(items);
        expect(record.mailboxes.length).toBeLessThanOrEqual(32);
        expect(encodeAccount(accountOf(other))).toEqual(encodeAccount(record));
      }),
    );
  });

  test('mailbox, with many of one type', () => {
    const many = fc.record({ event: providerEvent, day: fc.nat({ max: 700 }) }).map(({ event, day }) => ({
      kind: 'event' as const,
      event: { ...event, type: 'APP_PASSWORD_CREATED' as const, occurredAt: T0 + day * DAY },
    }));
    fc.assert(
      fc.property(twice(many, 150, 'max'), ([items, other]) => {
        const record = items.reduce(evolveMailbox, EMPTY_MAILBOX);
        expect(encodeMailbox(other.reduce(evolveMailbox, EMPTY_MAILBOX))).toEqual(encodeMailbox(record));
      }),
    );
  });

  test('mailbox', () => {
    fc.assert(
      fc.property(twice(mailboxNews, 120), ([items, disturbed]) => {
        const record = items.reduce(evolveMailbox, EMPTY_MAILBOX);
        expect(encodeMailbox(disturbed.reduce(evolveMailbox, EMPTY_MAILBOX))).toEqual(encodeMailbox(record));
      }),
    );
  });

  test('mailbox, with more retractions than are kept', () => {
    const many = fc
      .record({ n: fc.nat({ max: 90 }), issuedAt: fc.nat({ max: 5 }) })
      .map(({ n, issuedAt }) => ({
        kind: 'retraction' as const,
        retraction: { provider: 'att', id: `${n}`, issuedAt },
      }));
    fc.assert(
      fc.property(twice(many, 200), ([items, disturbed]) => {
        const record = items.reduce(evolveMailbox, EMPTY_MAILBOX);
        expect(record.retractions.length).toBeLessThanOrEqual(64);
        expect(disturbed.reduce(evolveMailbox, EMPTY_MAILBOX)).toEqual(record);
      }),
    );
  });

  test('cohort', () => {
    fc.assert(
      fc.property(twice(cohortVersion), ([items, disturbed]) => {
        expect(versionBytes(disturbed.reduce(evolveCohort, NO_VERSIONS))).toEqual(
          versionBytes(items.reduce(evolveCohort, NO_VERSIONS)),
        );
      }),
    );
  });

  test('nothing new: the same object comes back, so that nothing is written', () => {
    fc.assert(
      fc.property(
        fc.array(accountItem),
        fc.array(mailboxNews),
        fc.array(cohortVersion),
        (items, news, told) => {
          const account = accountOf(items);
          for (const item of items) expect(evolveAccount(account, item.signal, item.link)).toBe(account);
          const mailbox = news.reduce(evolveMailbox, EMPTY_MAILBOX);
          for (const item of news) expect(evolveMailbox(mailbox, item)).toBe(mailbox);
          const versions = told.reduce(evolveCohort, NO_VERSIONS);
          for (const version of told) expect(evolveCohort(versions, version)).toBe(versions);
        },
      ),
    );
  });
});
