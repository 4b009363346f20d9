import { describe, expect, test } from 'vitest';
import type { ProviderEventRecord } from '../../src/decision/evidence.js';
import { EMPTY_MAILBOX, evolveMailbox } from '../../src/evidence/evolve-mailbox.js';
import { DAY, T0 } from './small-world.js';

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
    confidence: 0.5,
    ...facts,
  };
}

function told(events: readonly ProviderEventRecord[]) {
  return events.reduce((record, one) => evolveMailbox(record, { kind: 'event', event: one }), EMPTY_MAILBOX);
}

describe('events about a mailbox', () => {
  test('the 8 latest of a type stay with what stands for the rest, and types never evict each other', () => {
    const flood = Array.from({ length: 20 }, (_, n) =>
      event({ type: 'SESSION_REVOKED', id: `j${n}`, occurredAt: T0 + n }),
    );
    const record = told([event(), ...flood]);
    expect(
      record.events.filter((one) => one.type === 'SESSION_REVOKED').map((one) => one.occurredAt - T0),
    ).toEqual([19, 18, 17, 16, 15, 14, 13, 12, 11]);
    expect(record.events).toContainEqual(event());
  });

  test('what the holder of a mailbox can cause at will takes no place from what its provider says of a thief', () => {
    const made = { type: 'APP_PASSWORD_CREATED' } as const;
    const flood = Array.from({ length: 30 }, (_, n) =>
      event({ ...made, id: `j${n}`, occurredAt: T0 + 1 + n }),
    );
    const foreign = flood.map((one) => ({ ...one, provider: 'other', unauthorised: true }));
    const record = told([event({ ...made, unauthorised: true }), ...flood, ...foreign]);
    expect(record.events).toContainEqual(event({ ...made, unauthorised: true }));
  });

  test('a crowd is as sure as the surest of it, and closes as little', () => {
    const flood = Array.from({ length: 9 }, (_, n) => event({ id: `new-${n}`, occurredAt: T0 + DAY + n }));
    const record = told([
      event({ id: 'a', confidence: 0.9, issuedAt: T0 + 2 }),
      event({ id: 'b', timeIs: 'DISCOVERED', occurredAt: T0 + 5 }),
      ...flood,
    ]);
    expect(record.events.slice(8)).toEqual([
      event({ id: '', occurredAt: T0 + DAY, receivedAt: 0, since: T0 + DAY }),
      event({
        id: '',
        confidence: 0.9,
        timeIs: 'DISCOVERED',
        occurredAt: T0 + 5,
        issuedAt: T0 + 2,
        receivedAt: 0,
        since: T0,
      }),
    ]);
  });

  test('a record from before events stood in groups is put into their order', () => {
    const old = {
      events: [event({ id: '3', occurredAt: T0 + 3 }), event({ id: '2', provider: 'aol' }), event()],
      retractions: [],
    };
    const record = evolveMailbox(old, { kind: 'event', event: event({ id: '4', occurredAt: T0 + 4 }) });
    expect(record.events.map(({ provider, id }) => `${provider} ${id}`)).toEqual([
      'aol 2',
      'att 4',
      'att 3',
      'att jti',
    ]);
  });

  test('of one token told in two ways each part that says more of a takeover counts', () => {
    const record = told([
      event({ receivedAt: T0 + 5 }),
      event({ timeIs: 'DISCOVERED', confidence: 0.9, receivedAt: T0 + 9 }),
    ]);
    expect(record.events).toEqual([event({ timeIs: 'DISCOVERED', confidence: 0.9, receivedAt: T0 + 5 })]);
  });

  test('of one token that names two providers, or is unauthorised once, both count', () => {
    const two = [event({ unauthorised: true, provider: 'aol' }), event()];
    expect(told(two).events).toEqual(two);
  });

  test('a retraction stands beside its event, with the earliest time it was issued', () => {
    const record = [7, 3, 5].reduce(
      (before, issuedAt) =>
        evolveMailbox(before, { kind: 'retraction', retraction: { provider: 'att', id: 'jti', issuedAt } }),
      told([event()]),
    );
    expect(record).toEqual({
      events: [event()],
      retractions: [{ provider: 'att', id: 'jti', issuedAt: 3 }],
      heardAt: T0,
    });
  });
});
