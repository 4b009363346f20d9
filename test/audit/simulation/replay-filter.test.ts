import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parcelOf, simulateHistory } from '../../../src/audit/simulation/index.js';
import type { MailboxRecord } from '../../../src/decision/evidence.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import { DECISIONS } from '../../../src/decision/vocabulary.js';
import { OUTCOME_LABELS } from '../../../src/policy/simulate/index.js';
import { inputOf, NOW } from '../../decision/fixtures.js';
import { readSmallPolicy, SMALL_POLICY } from '../../policy/small-policy.js';
import { RecordedLog } from './recorded-log.js';

const POLICY = parcelOf(readSmallPolicy(), SMALL_POLICY);
const TIERS = ['small', 'large'];
const OPERATORS = ['att', 'google'];
const PROVIDERS = ['att', 'yahoo'];
const ACCOUNTS = ['account-1', 'account-2'];

const NOTHING: MailboxRecord = { events: [], retractions: [] };

function event(provider: string): MailboxRecord {
  const id = `event-of-${provider}`;
  const times = { occurredAt: NOW, issuedAt: NOW, receivedAt: NOW, timeIs: 'OCCURRED' as const };
  const said = { type: 'SESSION_REVOKED' as const, unauthorised: false, confidence: 1 };
  return { ...NOTHING, events: [{ ...said, ...times, provider, id }] };
}

/** One assessment, and what the filters ask of it. */
const asked = fc.record({
  tier: fc.constantFrom(...TIERS),
  decision: fc.constantFrom(...DECISIONS),
  operator: fc.option(fc.constantFrom(...OPERATORS), { nil: undefined }),
  eventOf: fc.option(fc.constantFrom(...PROVIDERS), { nil: undefined }),
  cohortOf: fc.option(fc.constantFrom(...PROVIDERS), { nil: undefined }),
  account: fc.constantFrom(...ACCOUNTS),
  label: fc.option(fc.constantFrom(...OUTCOME_LABELS), { nil: undefined }),
});
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

const choice = <T>(values: readonly T[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 }), { nil: undefined });
const choices = fc.record({
  tiers: choice(TIERS),
  decisions: choice(DECISIONS),
  operators: choice([...OPERATORS, 'other']),
  providers: choice(PROVIDERS),
  accountIds: choice(ACCOUNTS),
  labels: choice(OUTCOME_LABELS),
});
type Choices = typeof choices extends fc.Arbitrary<infer T> ? T : never;

function inputFor({ operator, eventOf, cohortOf, account }: Asked): AssessmentInput {
  const input = inputOf();
  const link = {
    ...{ alias: 'alias', aliases: [], domain: 'domain', lastUsedAt: NOW },
    ...(operator === undefined ? {} : { operator }),
  };
  const records = eventOf === undefined ? [] : [{ form: 'exact' as const, record: event(eventOf) }];
  const cohort = { id: 'c', domains: [], mechanism: '', from: NOW, confidence: 1, issuedAt: NOW };
  return {
    ...input,
    request: { ...input.request, accountId: account },
    mailboxes: [{ link, records }],
    cohorts: cohortOf === undefined ? [] : [{ ...cohort, provider: cohortOf, retracted: false }],
  };
}

/** The same, said plainly. */
function isWanted(one: Asked, choices: Choices): boolean {
  const among = <T>(wanted: readonly T[] | undefined, ...values: readonly T[]): boolean =>
    wanted === undefined || values.some((value) => wanted.includes(value));
  return (
    among(choices.tiers, one.tier) &&
    among(choices.decisions, one.decision) &&
    among(choices.operators, one.operator ?? 'other') &&
    among<string | undefined>(choices.providers, one.eventOf, one.cohortOf) &&
    among(choices.accountIds, one.account) &&
    among(choices.labels, one.label ?? 'UNKNOWN')
  );
}

const setOf = <T>(values: readonly T[] | undefined) => (values === undefined ? undefined : new Set(values));

test('a filter lets pass what it says, however its parts are put together', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { maxLength: 20 }), choices, async (all, wanted) => {
      const log = new RecordedLog();
      for (const one of all) {
        const { tier, decision, label } = one;
        const id = log.assess(NOW, inputFor(one), 'default', { tier, decision });
        if (label !== undefined) log.outcome(id, label, NOW);
      }
      const { labels, ...ofItems } = wanted;
      const items = Object.entries(ofItems).filter(([, values]) => values !== undefined);
      const { simulation } = await simulateHistory(log, {
        before: POLICY,
        candidate: POLICY,
        filter: {
          tenant: 'default',
          sampleEvery: 1,
          ...(labels === undefined ? {} : { labels: new Set(labels) }),
        },
        ...(items.length === 0
          ? {}
          : { items: Object.fromEntries(items.map(([name, values]) => [name, setOf<string>(values)])) }),
        threads: 1,
        signal: new AbortController().signal,
      });
      expect(simulation.replayed).toBe(all.filter((one) => isWanted(one, wanted)).length);
    }),
  );
});
