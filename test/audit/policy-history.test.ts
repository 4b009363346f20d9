import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PolicyBody, PolicyHistory } from '../../src/audit/policy-history.js';
import { encodeEntry } from '../../src/store/codec/entries.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';

const T0 = Date.UTC(2026, 0, 15);

function revision(number: number, activates = false): PolicyBody {
  return {
    kind: 'policy-revision',
    number,
    hash: `hash-${number}`,
    text: `text ${number}`,
    author: 'ana',
    message: 'why',
    parent: number - 1,
    ...(activates ? { activates } : {}),
  };
}

function activation(number: number, rollback = false): PolicyBody {
  return {
    kind: 'policy-activation',
    number,
    previous: 0,
    actor: 'ana',
    reason: 'why',
    ...(rollback ? { rollback } : {}),
  };
}

function shadow(number: number, starts: boolean): PolicyBody {
  return { kind: 'policy-shadow', number, starts, actor: 'ana', reason: 'look' };
}

function stampAt(position: number) {
  return { position, receivedAt: T0 + position };
}

function historyOf(bodies: readonly PolicyBody[], state = new MemoryStateStore()): PolicyHistory {
  const history = new PolicyHistory(state);
  bodies.forEach((body, index) => void history.applyBody(stampAt(index + 1), body));
  return history;
}

const bodies = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 6 }).chain((number) => fc.boolean().map((on) => revision(number, on))),
    fc.integer({ min: 1, max: 6 }).map((number) => activation(number)),
    fc.integer({ min: 1, max: 6 }).chain((number) => fc.boolean().map((on) => shadow(number, on))),
  ),
  { maxLength: 30 },
);

describe('a history', () => {
  test('comes out the same from entries, from bodies, and from the state after any restart', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat(), async (all, cut) => {
        const whole = historyOf(all);
        const state = new MemoryStateStore();
        const at = all.length === 0 ? 0 : cut % all.length;
        const before = historyOf(all.slice(0, at), state);
        const changes = before.takeChanges();
        await state.commit(changes, at);
        before.settled(changes);
        const after = new PolicyHistory(state);
        // From the beginning: what is contained already changes nothing.
        all.forEach((body, index) => {
          after.apply({ stamp: stampAt(index + 1), kind: body.kind, payload: encodeEntry(body) });
        });
        expect(after.standing).toEqual(whole.standing);
        for (let number = 1; number <= 6; number++) {
          expect(after.revision(number)).toEqual(whole.revision(number));
          expect(after.byHash(`hash-${number}`)).toEqual(whole.byHash(`hash-${number}`));
        }
        for (let index = 1; index <= all.length; index++) {
          expect(after.change(index)).toEqual(whole.change(index));
        }
      }),
    );
  });

  test('is read from what is not committed yet as well', async () => {
    const state = new MemoryStateStore();
    const history = historyOf([revision(1, true)], state);
    const changes = history.takeChanges();
    history.applyBody(stampAt(2), revision(2));
    await state.commit(changes, 1);
    history.settled(changes);
    expect([history.latest?.number, history.active?.number]).toEqual([2, 1]);
    expect(history.revision(1)?.body).toEqual(revision(1, true));
    expect(history.takeChanges().length).toBeGreaterThan(0);
  });

  test('knows a hundred rollbacks', () => {
    const many = Array.from({ length: 150 }, (_, index) => activation(index + 1));
    expect(historyOf(many).standing.earlier).toEqual(Array.from({ length: 100 }, (_, index) => index + 50));
  });

  test('a rollback takes one step off', () => {
    const { standing } = historyOf([revision(1, true), activation(2), activation(3), activation(2, true)]);
    expect([standing.active, standing.earlier, standing.activePosition]).toEqual([2, [1], 4]);
  });

  test('what is activated runs in shadow no more', () => {
    const { standing } = historyOf([shadow(2, true), shadow(3, true), activation(2)]);
    expect(standing.shadows).toEqual([3]);
  });
});
