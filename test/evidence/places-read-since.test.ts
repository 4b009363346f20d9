import { expect, test } from 'vitest';
import { EvidenceView } from '../../src/evidence/index.js';
import type { AssessmentBody } from '../../src/store/codec/entries.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { StateStore } from '../../src/store/ports.js';
import { assessment, DAY, HOUR, requestFacts, T0 } from './small-world.js';

const NOW = T0 + 30 * DAY;

function opened(state: StateStore = new MemoryStateStore()): EvidenceView {
  return new EvidenceView(state, { cacheBytes: 100_000 });
}

/** An assessment as it is recorded now, or as it was before places were read. */
function asked(at: number, isPlace: boolean, changes: Partial<AssessmentBody> = {}): AssessmentBody {
  const { destination } = requestFacts();
  return assessment(at, isPlace ? { destination: { ...destination, formerId: 'the-text' } } : {}, changes);
}

function apply(view: EvidenceView, bodies: readonly AssessmentBody[], from = 1): EvidenceView {
  bodies.forEach((body, index) => {
    const position = from + index;
    view.applyBody({ position, id: `id-${position}`, receivedAt: body.input.now }, 'exchange', body);
  });
  return view;
}

/** What a state keeps of a view, opened anew. */
async function reopened(view: EvidenceView, without: readonly string[] = []): Promise<EvidenceView> {
  const state = new MemoryStateStore();
  const changes = view.takeChanges().filter(({ key }) => !without.includes(key));
  await state.commit(changes, view.appliedThrough);
  return opened(state);
}

test('a folder without records of before always read places, also after a restart without any assessment', async () => {
  expect(opened().placesReadSince(NOW)).toBeUndefined();
  const fresh = apply(opened(), [asked(T0, true), asked(T0 + HOUR, true)]);
  expect(fresh.placesReadSince(NOW)).toBeUndefined();
  expect((await reopened(fresh)).placesReadSince(NOW)).toBeUndefined();
});

test('of a log with records of before it is the first assessment since', async () => {
  const before = apply(opened(), [asked(T0, false)]);
  // Nothing was asked since: what is known now was known before.
  expect(before.placesReadSince(NOW)).toBe(NOW);
  const since = apply(before, [asked(T0 + HOUR, true), asked(T0 + DAY, true)], 2);
  expect(since.placesReadSince(NOW)).toBe(T0 + HOUR);
  expect((await reopened(since)).placesReadSince(NOW)).toBe(T0 + HOUR);
});

test('a state that a version of before left behind is known by its having assessments', async () => {
  const old = await reopened(apply(opened(), [asked(T0, false)]), ['places-read-since']);
  expect(old.placesReadSince(NOW)).toBe(NOW);
  expect(apply(old, [asked(T0 + DAY, true)], 2).placesReadSince(NOW)).toBe(T0 + DAY);
});

test('an older version that ran in between begins it anew', () => {
  const view = apply(opened(), [asked(T0, false), asked(T0 + HOUR, true), asked(T0 + DAY, false)]);
  expect(view.placesReadSince(NOW)).toBe(NOW);
  expect(apply(view, [asked(T0 + 2 * DAY, true)], 4).placesReadSince(NOW)).toBe(T0 + 2 * DAY);
});

test('a time that is not confirmed is no reference', () => {
  const doubtful = asked(T0 + 9 * DAY, true);
  const view = apply(opened(), [
    asked(T0, false),
    { ...doubtful, input: { ...doubtful.input, clockLead: 400 * DAY } },
  ]);
  expect(view.placesReadSince(NOW)).toBe(NOW);
  expect(apply(view, [asked(T0 + 10 * DAY, true)], 3).placesReadSince(NOW)).toBe(T0 + 10 * DAY);
});
