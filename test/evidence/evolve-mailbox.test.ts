import { describe, expect, test } from 'vitest';
import type { ProviderEventRecord } from '../../src/decision/evidence.js';
import { EMPTY_MAILBOX, evolveMailbox } from '../../src/evidence/evolve-mailbox.js';
import { T0 } from './small-world.js';

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
  test('the 8 latest of a type stay, and types never evict each other', () => {
    const flood = Array.from({ length: 20 }, (_, n) =>
      event({ type: 'SESSION_REVOKED', id: `j${n}`, occurredAt: T0 + n }),
    );
    const record = told([event(), ...flood]);
    expect(
      record.events.filter((one) => one.type === 'SESSION_REVOKED').map((one) => one.occurredAt - T0),
    ).toEqual([19, 18, 17, 16, 15, 14, 13, 12]);
    expect(record.events).toContainEqual(event());
  });

  test('of one token told in two ways each part that says more of a takeover counts', () => {
    const record = told([
      event({ receivedAt: T0 + 5 }),
      event({ timeIs: 'DISCOVERED', confidence: 0.9, issuedAt: T0 - 5, receivedAt: T0 + 9 }),
      event({ unauthorised: true, provider: 'aol' }),
    ]);
    expect(record.events).toEqual([
      event({ timeIs: 'DISCOVERED', confidence: 0.9, issuedAt: T0 - 5, unauthorised: true, provider: 'aol' }),
    ]);
  });

  test('a retraction stands beside its event, with the earliest time it was issued', () => {
    const record = [7, 3, 5].reduce(
      (before, issuedAt) =>
        evolveMailbox(before, { kind: 'retraction', retraction: { provider: 'att', id: 'jti', issuedAt } }),
      told([event()]),
    );
    expect(record).toEqual({ events: [event()], retractions: [{ provider: 'att', id: 'jti', issuedAt: 3 }] });
  });
});
