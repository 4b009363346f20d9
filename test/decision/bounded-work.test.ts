import { describe, expect, test } from 'vitest';
import { worstHeldInput, worstInput } from '../../bench/fixtures/assessment-inputs.js';
import { defaultPolicy } from '../../bench/fixtures/default-policy.js';
import type { ProviderEventRecord, SignalRecord } from '../../src/decision/evidence.js';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { ProviderEventType, SignalType } from '../../src/decision/vocabulary.js';
import { event, HOUR, inputOf, MINUTE, signal, thiefRequest, viewOf } from './fixtures.js';
import { decide as decideSlowly } from './reference/decide.js';
import { explain as explainSlowly } from './reference/explain.js';

const POLICY = defaultPolicy();

const SIGNALS: readonly SignalType[] = ['PASSWORD_RESET', 'NEW_DEVICE', 'MFA_RESET', 'EMAIL_CHANGED'];
const EVENTS: readonly ProviderEventType[] = [
  'CREDENTIAL_COMPROMISE',
  'APP_PASSWORD_CREATED',
  'RECOVERY_ACTIVATED',
  'RESECURED',
  'ACCOUNT_ENABLED',
];

/** Counts how often the time of a record is asked for. */
class Counter {
  reads = 0;

  watch<T extends SignalRecord | ProviderEventRecord>(record: T): T {
    const { occurredAt } = record;
    return Object.defineProperty({ ...record }, 'occurredAt', {
      enumerable: true,
      get: () => {
        this.reads += 1;
        return occurredAt;
      },
    });
  }
}

/** So many records of each type, a few minutes apart. */
function readsOf(perType: number): number {
  const counter = new Counter();
  const ages = Array.from({ length: perType }, (_, at) => HOUR + at * 3 * MINUTE);
  const signals = SIGNALS.flatMap((type, place) =>
    ages.map((age) => counter.watch(signal(type, age + place * MINUTE))),
  );
  const events = EVENTS.flatMap((type, place) =>
    ages.map((age) => counter.watch(event(type, age + place * MINUTE + HOUR))),
  );
  const base = inputOf({ request: thiefRequest(), mailboxes: [viewOf(events)] });
  const input: AssessmentInput = { ...base, account: { ...base.account, signals } };
  decide(input, POLICY);
  return counter.reads;
}

describe('the work of a decision', () => {
  test('grows with the evidence, not with its square', () => {
    const [few, many] = [readsOf(100), readsOf(400)];
    expect(few).toBeGreaterThan(900);
    expect(many / few).toBeLessThan(5);
  });
});

describe('with every list as long as evidence may be', () => {
  test.each([
    { name: 'named by its provider', input: worstInput(), decision: 'REJECT' },
    { name: 'held', input: worstHeldInput(), decision: 'HOLD' },
  ])('$name: the answer of the plain method', ({ input, decision }) => {
    const verdict = decide(input, POLICY);
    expect(verdict.decision).toBe(decision);
    expect(verdict).toEqual(decideSlowly(input, POLICY));
    const held = { ...verdict, decision: 'HOLD' as const };
    expect(explain(input, POLICY, held)).toEqual(explainSlowly(input, POLICY, held));
  });
});
