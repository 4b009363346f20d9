import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EvidenceView, HOLD_STATES, holdState } from '../../src/evidence/index.js';
import { Release } from '../../src/gen/holdfast/v1/decision_pb.js';
import { AssessWithdrawalResponseSchema } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import type { JournalEntryBody } from '../../src/store/codec/entries.js';
import type { WithdrawalHold } from '../../src/store/codec/hold-codec.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { assessment, DAY, HOUR, T0 } from './small-world.js';

const TENANT = 'exchange';

function answerUntil(holdUntil: number, release: Release): Uint8Array {
  const answer = create(AssessWithdrawalResponseSchema, { holdUntil: timestampFromMs(holdUntil), release });
  return toBinary(AssessWithdrawalResponseSchema, answer);
}

function answered(
  n: number,
  at: number,
  decision: 'HOLD' | 'STEP_UP' | 'ALLOW',
  until = at + HOUR,
): JournalEntryBody {
  const facts = { withdrawalId: `w-${n}`, withdrawal: `digest-${n}`, accountId: `a-${n % 3}` };
  const release = n % 2 === 0 ? Release.AUTOMATIC : Release.PERSON;
  return assessment(at, facts, { decision, response: answerUntil(until, release) });
}

function released(n: number, releasedAt: number): JournalEntryBody {
  const release = { withdrawal: `digest-${n}`, destination: 'destination', ceiling: 5, releasedAt };
  return { kind: 'release', accountId: `a-${n % 3}`, release, actor: 'olga', reason: 'asked him' };
}

function reported(n: number, label: string, observedAt: number, assessmentId: string): JournalEntryBody {
  const destination = { destination: 'destination', young: false, allowed: false };
  const withdrawal = { accountId: `a-${n % 3}`, withdrawal: `digest-${n}`, at: T0, value: 5, ...destination };
  return { kind: 'outcome', assessmentId, label, reportedBy: 'max', observedAt, withdrawal };
}

function applied(bodies: readonly JournalEntryBody[], state = new MemoryStateStore()): EvidenceView {
  const view = new EvidenceView(state, { cacheBytes: 100_000 });
  for (const [index, body] of bodies.entries()) {
    view.applyBody({ position: index + 1, id: `id-${index}`, receivedAt: T0 + index }, TENANT, body);
  }
  return view;
}

function names(holds: readonly WithdrawalHold[]): readonly string[] {
  return holds.map(({ withdrawalId }) => withdrawalId);
}

/** One step in the life of one of eight withdrawals. */
const step = fc
  .record({
    n: fc.nat({ max: 7 }),
    what: fc.constantFrom('HOLD', 'HOLD', 'STEP_UP', 'ALLOW', 'release', 'FRAUD_CONFIRMED', 'HONEST'),
    until: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ n, what, until }) => ({ n, what, until: T0 + until * HOUR }));

function bodiesOf(steps: readonly { n: number; what: string; until: number }[]): JournalEntryBody[] {
  return steps.map(({ n, what, until }, index) => {
    const at = T0 + index;
    switch (what) {
      case 'HOLD':
      case 'STEP_UP':
      case 'ALLOW':
        return answered(n, at, what, until);
      case 'release':
        return released(n, at);
      default: {
        const held = steps.findLastIndex(
          (one, before) => before < index && one.n === n && one.what === 'HOLD',
        );
        return reported(n, what, at, `id-${held}`);
      }
    }
  });
}

describe('holds', () => {
  test('are those of a plain model, in the order in which they are due, page by page, before and after a restart', () => {
    let ended = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 4 }),
        (steps, limit) => {
          const state = new MemoryStateStore();
          const bodies = bodiesOf(steps);
          const view = applied(bodies, state);
          const model = modelOf(steps);
          const now = T0 + 2 * HOUR;
          const inState = (hold: WithdrawalHold) => holdState(hold, now);
          for (let n = 0; n < 8; n++) {
            const hold = view.holds.get(TENANT, `digest-${n}`);
            const expected = model.get(n);
            expect(hold?.end?.how ?? (hold && 'WAITING')).toBe(expected);
            if (hold?.end !== undefined) ended++;
          }
          for (const states of [['OPEN'], ['EXPIRED', 'RELEASED'], HOLD_STATES] as const) {
            const { holds, next } = view.holds.list({ tenant: TENANT, states, now, limit: 500 });
            expect(next).toBeUndefined();
            const all = [...model.keys()].flatMap((n) => view.holds.get(TENANT, `digest-${n}`) ?? []);
            const wanted = all.filter((hold) => states.some((one) => one === inState(hold)));
            expect(names(holds).toSorted()).toEqual(names(wanted).toSorted());
            expect(holds.map(({ holdUntil }) => holdUntil)).toEqual(
              holds.map(({ holdUntil }) => holdUntil).toSorted((a, b) => a - b),
            );
            expect(paged(view, { states, now, limit })).toEqual(names(holds));
            const ofOne = view.holds.list({ tenant: TENANT, states, now, limit: 500, accountId: 'a-1' });
            expect(names(ofOne.holds)).toEqual(names(holds.filter(({ accountId }) => accountId === 'a-1')));
            expect(view.holds.list({ tenant: 'other', states, now, limit: 500 }).holds).toEqual([]);
          }
          const kept = view.holds.list({ tenant: TENANT, states: HOLD_STATES, now, limit: 500 });
          void state.commit(view.takeChanges(), bodies.length);
          const again = new EvidenceView(state, { cacheBytes: 0 });
          expect(again.holds.list({ tenant: TENANT, states: HOLD_STATES, now, limit: 500 })).toEqual(kept);
        },
      ),
    );
    expect(ended).toBeGreaterThan(20);
  });

  test('of one withdrawal id are the account’s: another’s answer ends none', () => {
    const other = assessment(T0, { withdrawalId: 'w-0', withdrawal: 'digest-0', accountId: 'b' });
    const view = applied([answered(0, T0, 'HOLD'), other, released(1, T0)]);
    expect(view.holds.get(TENANT, 'digest-0')).toMatchObject({ accountId: 'a-0' });
  });

  test('whose answer cannot be read wait for a person', () => {
    const view = applied([assessment(T0, {}, { decision: 'HOLD', response: Buffer.from('answer') })]);
    const hold = view.holds.get(TENANT, 'digest-of-w');
    expect(hold).toMatchObject({ personOnly: true, holdUntil: T0 });
  });

  test('are forgotten half a year after the last that happened to them, in any order of looking', () => {
    const state = new MemoryStateStore();
    const view = applied(
      [answered(0, T0, 'HOLD'), answered(1, T0, 'HOLD'), released(1, T0 + 30 * DAY)],
      state,
    );
    const all = { tenant: TENANT, states: HOLD_STATES, limit: 9 };
    for (let call = 0; call < 60; call++) view.sweep(T0 + 190 * DAY, 1);
    expect(names(view.holds.list({ ...all, now: T0 }).holds)).toEqual(['w-1']);
    for (let call = 0; call < 60; call++) view.sweep(T0 + 220 * DAY, 1);
    expect(view.holds.list({ ...all, now: T0 }).holds).toEqual([]);
    const changes = view.takeChanges();
    void state.commit(changes, 3);
    expect([...state.range('holds', {}), ...state.range('holds-due', {})]).toEqual([]);
  });
});

function paged(
  view: EvidenceView,
  query: { states: readonly (typeof HOLD_STATES)[number][]; now: number; limit: number },
): readonly string[] {
  const found: string[] = [];
  let after: string | undefined;
  do {
    const page = view.holds.list({ tenant: TENANT, ...query, ...(after !== undefined && { after }) });
    expect(page.holds.length).toBeLessThanOrEqual(query.limit);
    found.push(...names(page.holds));
    after = page.next;
  } while (after !== undefined);
  return found;
}

type Standing = 'WAITING' | 'RELEASED' | 'FRAUD_CONFIRMED';

/** What the entries mean for each withdrawal, as one would say it. */
function modelOf(steps: readonly { n: number; what: string }[]): ReadonlyMap<number, Standing> {
  const model = new Map<number, Standing>();
  for (const { n, what } of steps) {
    const before = model.get(n);
    if (what === 'HOLD' && before !== 'FRAUD_CONFIRMED') model.set(n, 'WAITING');
    else if ((what === 'STEP_UP' || what === 'ALLOW') && before === 'WAITING') model.delete(n);
    else if (what === 'release' && before === 'WAITING') model.set(n, 'RELEASED');
    else if (what === 'FRAUD_CONFIRMED' && before !== undefined) model.set(n, 'FRAUD_CONFIRMED');
    else if (what === 'HONEST' && before === 'FRAUD_CONFIRMED') model.set(n, 'WAITING');
  }
  return model;
}
