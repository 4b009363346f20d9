import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { LedgerRecord, ReleaseRecord } from '../../src/decision/evidence.js';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput, RequestFacts } from '../../src/decision/input.js';
import type { Explanation, Verdict } from '../../src/decision/verdict.js';
import { type Decision, sternnessOf } from '../../src/decision/vocabulary.js';
import type * as Bounds from '../../src/evidence/bounds.js';
import type * as Evolve from '../../src/evidence/evolve-ledger.js';
import { gatherInput } from '../../src/evidence/gather.js';
import { EvidenceView } from '../../src/evidence/index.js';
import type { JournalEntryBody } from '../../src/store/codec/entries.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { inputArb } from '../decision/arbitraries.js';
import { DAY, HOUR, MINUTE, NOW, requestOf, TYPICAL_POLICY } from '../decision/fixtures.js';
import { policyArb } from '../decision/policy-arbitraries.js';
import { decide as decideSlowly } from '../decision/reference/decide.js';
import { explain as explainSlowly } from '../decision/reference/explain.js';
import { assessment } from './small-world.js';

// I4 through the ledger: what it keeps of far more withdrawals, holds and releases than it has places for is never milder
// than all of it. The ledger with no bounds is the same code with every bound lifted.

vi.doMock('../../src/evidence/bounds.js', async (original) => ({
  ...(await original<typeof Bounds>()),
  MAX_NAMED_SPENDS: Number.POSITIVE_INFINITY,
  MAX_SPEND_SUMS: Number.POSITIVE_INFINITY,
  MAX_NAMED_OUTFLOWS: Number.POSITIVE_INFINITY,
  MAX_OUTFLOW_SUMS: Number.POSITIVE_INFINITY,
  MAX_BALANCES: Number.POSITIVE_INFINITY,
  MAX_USES: {
    d: Number.POSITIVE_INFINITY,
    f: Number.POSITIVE_INFINITY,
    a: Number.POSITIVE_INFINITY,
  },
}));
vi.resetModules();
const boundless: typeof Evolve = await import('../../src/evidence/evolve-ledger.js');
vi.doUnmock('../../src/evidence/bounds.js');

type Step =
  | {
      readonly kind: 'answer';
      readonly at: number;
      readonly decision: Decision;
      readonly request: RequestFacts;
    }
  | { readonly kind: 'release'; readonly at: number; readonly release: ReleaseRecord };

const timeArb = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 26 * 60 }).map((ago) => NOW - ago * MINUTE) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 34 * 24 }).map((ago) => NOW - ago * HOUR) },
);

/** Some withdrawals are asked about again, changed or not. */
const requestArb: fc.Arbitrary<RequestFacts> = fc
  .record({
    n: fc.oneof(fc.nat(10), fc.nat(400)),
    destination: fc.nat(30),
    addedAgo: fc.constantFrom(undefined, HOUR, 10 * DAY, 100 * DAY),
    value: fc.constantFrom(undefined, 100, 30_000, 99_999, 700_000),
    balanceShare: fc.constantFrom(undefined, 0.01, 0.3, 1),
    amount: fc.constantFrom('1', '2.5'),
    device: fc.nat(20),
  })
  .map(({ n, destination, addedAgo, value, balanceShare, amount, device }) => {
    const { value: _, balanceShare: __, ...plain } = requestOf({ amount, deviceId: `device-${device}` });
    return {
      ...plain,
      accountId: 'a',
      withdrawalId: `w-${n}`,
      withdrawal: `digest-of-withdrawal-${n}`,
      destination: {
        id: `destination-number-${destination}`,
        suffix: 'wxyz',
        network: 'bitcoin',
        ...(addedAgo !== undefined && { addedAt: NOW - addedAgo }),
      },
      ...(value !== undefined && { value }),
      ...(balanceShare !== undefined && { balanceShare }),
    };
  });

const stepArb: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      at: timeArb,
      decision: fc.constantFrom<Decision>('ALLOW', 'ALLOW', 'STEP_UP', 'HOLD', 'HOLD', 'REJECT'),
      request: requestArb,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(timeArb, requestArb).map(([at, { withdrawal, destination, asset, amount }]) => ({
      kind: 'release' as const,
      at,
      release: { withdrawal, destination: destination.id, ceiling: 0, releasedAt: at, asset, amount },
    })),
  },
);

const caseArb = fc.record({
  steps: fc.array(stepArb, { maxLength: 300, size: 'max' }),
  request: requestArb,
  input: inputArb,
  policy: fc.oneof(
    { weight: 3, arbitrary: policyArb },
    { weight: 1, arbitrary: fc.constant(TYPICAL_POLICY) },
  ),
});

function bodyOf(step: Step): JournalEntryBody {
  if (step.kind === 'release') return { ...step, accountId: 'a', actor: 'p', reason: 'r' };
  const body = assessment(step.at, {}, { decision: step.decision });
  return { ...body, input: { ...body.input, request: step.request } };
}

function kept(steps: readonly Step[], withdrawal: string): LedgerRecord {
  const view = new EvidenceView(new MemoryStateStore(), { cacheBytes: 1_000_000 });
  for (const [index, step] of steps.entries()) {
    const stamp = { position: index + 1, id: String(index), receivedAt: step.at };
    view.applyBody(stamp, 'exchange', bodyOf(step));
  }
  return view.ledger('exchange', 'a', withdrawal);
}

function whole(steps: readonly Step[]): LedgerRecord {
  let ledger = boundless.EMPTY_LEDGER;
  for (const step of steps) {
    ledger = boundless.evolveLedger(ledger, step.kind === 'answer' ? { ...step, degraded: false } : step);
  }
  return ledger;
}

function gathered(
  { account, mailboxes, cohorts, feeds, behind }: AssessmentInput,
  request: RequestFacts,
  ledger: LedgerRecord,
): AssessmentInput {
  return gatherInput(
    {
      now: NOW,
      tenant: 'exchange',
      request,
      link: undefined,
      inlineSignals: [],
      feeds: () => feeds,
      behind,
    },
    {
      account: () => account,
      ledger: () => ledger,
      mailboxView: (link) => mailboxes.find((view) => view.link === link) ?? { link, records: [] },
      cohortsFor: () => cohorts,
      placesReadSince: () => undefined,
    },
  );
}

function holdUntilOf(verdict: Verdict, { holdUntil }: Explanation): number {
  if (verdict.decision === 'REJECT') return Number.POSITIVE_INFINITY;
  return holdUntil ?? Number.NEGATIVE_INFINITY;
}

test('I4 through the ledger: withdrawals, holds and releases far above every bound are never milder', () => {
  let beyond = 0;
  fc.assert(
    fc.property(caseArb, ({ steps, request, input, policy }) => {
      const inOrder = [...steps].sort((a, b) => a.at - b.at);
      const few = gathered(input, request, kept(inOrder, request.withdrawal));
      const all = gathered(input, request, whole(inOrder));
      if (all.ledger.spends.length > few.ledger.spends.length) beyond++;
      const verdict = decide(few, policy);
      const plain = decideSlowly(all, policy);
      expect(verdict.score).toBeGreaterThanOrEqual(plain.score);
      expect(sternnessOf(verdict.decision)).toBeGreaterThanOrEqual(sternnessOf(plain.decision));
      expect(holdUntilOf(verdict, explain(few, policy, verdict))).toBeGreaterThanOrEqual(
        holdUntilOf(plain, explainSlowly(all, policy, plain)),
      );
    }),
    { numRuns: 300 },
  );
  expect(beyond).toBeGreaterThan(10);
});
