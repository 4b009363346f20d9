import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MailboxLink, ProviderEventRecord, SignalRecord } from '../../src/decision/evidence.js';
import { decide } from '../../src/decision/index.js';
import type { RequestFacts } from '../../src/decision/input.js';
import type { Verdict } from '../../src/decision/verdict.js';
import { type SignalType, sternnessOf } from '../../src/decision/vocabulary.js';
import { EMPTY_ACCOUNT, evolveAccount } from '../../src/evidence/evolve-account.js';
import { EMPTY_MAILBOX, evolveMailbox } from '../../src/evidence/evolve-mailbox.js';
import { currentMailbox } from '../../src/evidence/forget.js';
import { gatherInput } from '../../src/evidence/gather.js';
import { readPolicy } from '../../src/policy/index.js';
import { DAY, HOUR, MINUTE, NOW, requestOf } from '../decision/fixtures.js';
import { TEST_PSEUDONYMS } from '../policy/list-pseudonyms.js';

// What a thief did to make the default policy forget, and what it says now. Each play is told once without and then
// with more and more of what he can make at will.

const text = readFileSync(new URL('../../policies/default.yaml', import.meta.url), 'utf8');
const read = readPolicy(text, { pseudonyms: TEST_PSEUDONYMS });
if (read.kind === 'invalid') throw new Error('the default policy does not compile');
const { policy } = read;

interface Told {
  readonly signals?: readonly SignalRecord[];
  readonly events?: readonly ProviderEventRecord[];
  readonly links?: readonly MailboxLink[];
}

const OWN = 'mailbox-1';

function linkOf(alias: string, ago: number): MailboxLink {
  const aliases = [{ alias, form: 'exact' as const }];
  return { alias, aliases, domain: 'att.net', operator: 'att', lastUsedAt: NOW - ago };
}

let count = 0;

function signal(type: SignalType, ago: number, facts: Partial<SignalRecord> = {}): SignalRecord {
  count += 1;
  const at = NOW - ago;
  return { type, id: `s-${count}`, digest: `${count}`, occurredAt: at, receivedAt: at, ...facts };
}

function event(
  type: ProviderEventRecord['type'],
  ago: number,
  facts: Partial<ProviderEventRecord> = {},
): ProviderEventRecord {
  count += 1;
  const at = NOW - ago;
  return {
    type,
    provider: 'att',
    id: `e-${count}`,
    occurredAt: at,
    issuedAt: at,
    receivedAt: at,
    timeIs: 'OCCURRED',
    unauthorised: false,
    confidence: 1,
    ...facts,
  };
}

/** @param events about the mailbox {@link OWN} */
function answer(request: Partial<RequestFacts>, ...all: readonly Told[]): Verdict {
  let account = EMPTY_ACCOUNT;
  let mailbox = EMPTY_MAILBOX;
  for (const { signals = [], events = [], links = [] } of all) {
    for (const one of links) account = evolveAccount(account, undefined, one);
    for (const one of signals) account = evolveAccount(account, one, undefined);
    for (const one of events) mailbox = evolveMailbox(mailbox, { kind: 'event', event: one });
  }
  const record = currentMailbox(mailbox, NOW);
  const input = gatherInput(
    {
      now: NOW,
      tenant: 't',
      request: requestOf({
        value: 500_000,
        balanceShare: 0.3,
        destination: { id: 'd', suffix: 'wxyz', network: 'bitcoin', addedAt: NOW - 2 * HOUR },
        factors: [{ channel: 'TOTP', enrolledAt: NOW - 300 * DAY }],
        ...request,
      }),
      link: undefined,
      inlineSignals: [],
      feeds: () => [],
      behind: false,
    },
    {
      account: () => account,
      ledger: () => ({ spends: [], holds: [], releases: [] }),
      mailboxView: (link) => {
        const isNamed = link.alias === OWN && record.events.length > 0;
        return { link, records: isNamed ? [{ form: 'exact', record }] : [] };
      },
      cohortsFor: () => [],
      placesReadSince: () => undefined,
    },
  );
  return decide(input, policy);
}

const FLOODS = [1, 7, 8, 9, 16, 100, 1000];

/** The play, then with each number of what `more` makes, none of which may be milder. */
function expectNotMilder(
  request: Partial<RequestFacts>,
  told: Told,
  more: (count: number) => Told,
  floods = FLOODS,
): Verdict {
  const before = answer(request, told);
  for (const flood of floods) {
    const after = answer(request, told, more(flood));
    expect([flood, after.score]).toEqual([flood, expect.toSatisfy((score) => score >= before.score)]);
    expect(sternnessOf(after.decision)).toBeGreaterThanOrEqual(sternnessOf(before.decision));
    expect(after.untrustedChannels).toEqual(expect.arrayContaining([...before.untrustedChannels]));
    for (const channel of after.acceptableChannels) expect(before.acceptableChannels).toContain(channel);
  }
  return before;
}

function many(count: number, make: (n: number) => SignalRecord): readonly SignalRecord[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

const USED = { links: [linkOf(OWN, HOUR)] };

describe('signals', () => {
  test('a thief’s own passkey stays younger than his device, however many more he enrols', () => {
    const request = {
      value: 2_000_000,
      balanceShare: 0.95,
      deviceId: 'thief',
      deviceFirstSeenAt: NOW - 3 * HOUR,
      factors: [
        { channel: 'TOTP' as const, enrolledAt: NOW - 300 * DAY },
        { channel: 'PASSKEY' as const, enrolledAt: NOW - 2.9 * HOUR, verifiedAt: NOW - MINUTE },
      ],
    };
    const told = { ...USED, signals: [signal('NEW_DEVICE', 3 * HOUR), signal('MFA_ENROLLED', 2.9 * HOUR)] };
    const before = expectNotMilder(request, told, (flood) => ({
      signals: [
        ...many(flood, (n) => signal('NEW_DEVICE', HOUR - n)),
        ...many(flood, (n) => signal('MFA_ENROLLED', HOUR - n, { channel: 'PASSKEY' })),
      ],
    }));
    expect(before.decision).not.toBe('ALLOW');
    expect(before.acceptableChannels).not.toContain('PASSKEY');
  });

  test('a story of two and a half days ago stays one, however many resets follow', () => {
    const request = { value: 90_000, deviceId: 'thief', deviceFirstSeenAt: NOW - 60 * HOUR };
    const told = {
      ...USED,
      signals: [
        signal('PASSWORD_RESET', 60 * HOUR, { channel: 'EMAIL', mailbox: OWN }),
        signal('NEW_DEVICE', 60 * HOUR - MINUTE),
        signal('ADDRESS_ADDED', 60 * HOUR - 2 * MINUTE),
      ],
    };
    const destination = { id: 'd', suffix: 'wxyz', network: 'bitcoin', addedAt: NOW - 60 * HOUR };
    const before = expectNotMilder({ ...request, destination }, told, (flood) => ({
      signals: many(flood, (n) => signal('PASSWORD_RESET', 2 * HOUR - n, { channel: 'SMS' })),
    }));
    expect(before.decision).toBe('HOLD');
  });

  test('failed sign-ins of this hour do not hide those of yesterday', () => {
    const request = { factors: [{ channel: 'PASSKEY' as const, enrolledAt: NOW - 10 * HOUR }] };
    const failed = (ago: number) => (n: number) => signal('LOGIN_FAILED', ago, { id: `failed-${ago}-${n}` });
    const told = {
      ...USED,
      signals: [...many(20, failed(20 * HOUR)), ...many(20, failed(19 * HOUR)), signal('NEW_DEVICE', HOUR)],
    };
    expectNotMilder({ ...request, value: 2_000_000 }, told, (flood) => ({
      signals: [1, 2, 3, 4, 5, 6].flatMap((hours) => many(flood, failed(hours * HOUR))),
    }));
  });
});

describe('provider events', () => {
  const reset = signal('PASSWORD_RESET', 20 * HOUR, { channel: 'EMAIL', mailbox: OWN });

  test.each(['APP_PASSWORD_CREATED', 'CREDENTIAL_CREATED'] as const)(
    'one unauthorised %s is not hidden by ordinary ones, nor by other providers',
    (type) => {
      for (const signals of [[], [reset]]) {
        const told = { ...USED, signals, events: [event(type, DAY, { unauthorised: true })] };
        const before = expectNotMilder({}, told, (flood) => ({
          events: Array.from({ length: flood }, (_, n) => event(type, HOUR - n)),
        }));
        expectNotMilder({}, told, (flood) => ({
          events: Array.from({ length: flood }, (_, n) => event(type, HOUR - n, { provider: 'other' })),
        }));
        expect(before.untrustedChannels).toContain('EMAIL');
        expect(before.decision).not.toBe('ALLOW');
      }
    },
  );

  test('a compromise is not hidden by later ones that were secured at once', () => {
    const told = { ...USED, signals: [reset], events: [event('CREDENTIAL_COMPROMISE', DAY)] };
    expectNotMilder({}, told, (flood) => ({
      events: Array.from({ length: flood }, (_, n) => event('CREDENTIAL_COMPROMISE', HOUR - n)),
    }));
  });
});

describe('mailboxes', () => {
  const named = {
    links: [linkOf(OWN, 2 * HOUR)],
    signals: [signal('PASSWORD_RESET', 3 * HOUR, { channel: 'EMAIL', mailbox: OWN })],
    events: [event('APP_PASSWORD_CREATED', DAY, { unauthorised: true })],
  };

  test('a named one is not pushed out by changes of the address, whatever the pseudonyms', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 130, maxLength: 130 }),
        (names) => {
          const changes = (count: number, ago: number): Told => ({
            links: names.slice(0, count).map((name) => linkOf(`other-${name}`, ago)),
            signals: names
              .slice(0, count)
              .map((name) => signal('EMAIL_CHANGED', ago, { mailbox: `other-${name}` })),
          });
          for (const ago of [HOUR, 2 * HOUR]) {
            const before = expectNotMilder(
              { mailbox: 'other' },
              named,
              (flood) => changes(flood, ago),
              [8, 9, 31, 32, 33, 130],
            );
            expect(before.decision).toBe('REJECT');
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  test('the one before a change counts when it is named months after, unless nobody names it', () => {
    const left = (days: number): Told => ({
      links: [linkOf(OWN, days * DAY), linkOf('new', HOUR)],
      signals: [signal('PASSWORD_RESET', HOUR, { channel: 'EMAIL', mailbox: OWN })],
    });
    const word = { events: [event('ACCOUNT_HIJACKED', 2 * DAY)] };
    for (const days of [31, 89, 200, 399]) {
      const after = answer({ mailbox: 'new' }, left(days), word);
      expect([days, after.untrustedChannels]).toEqual([days, ['EMAIL']]);
      expect(sternnessOf(after.decision)).toBeGreaterThanOrEqual(sternnessOf('HOLD'));
    }
    expect(answer({ mailbox: 'new' }, left(402), word).untrustedChannels).toEqual([]);
    expect(answer({ mailbox: 'new' }, left(200)).untrustedChannels).toEqual([]);
  });
});
