import { beforeEach, expect, test } from 'vitest';
import { FeedMirror, restoreFeeds } from '../../src/service/feed-mirror.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { StateChange } from '../../src/store/ports.js';

let log: MemoryLogStore;

beforeEach(() => {
  log = new MemoryLogStore();
});

function row(table: StateChange['table'], key: string, text: string): StateChange {
  return { table, key, value: Buffer.from(text) };
}

const ROWS = [
  row('feeds', 'att', 'missing 5'),
  row('parked', 'p1', 'waits'),
  row('meta', 'feed-cursor', 'read to 9'),
  row('meta', 'policy:standing', 'of the log'),
  row('accounts', 'a', 'of the log'),
];

/** A state that knows these rows as of an entry, and the mirror of it. */
async function mirrored(rows: readonly StateChange[], cursor: number): Promise<void> {
  const state = new MemoryStateStore();
  const mirror = new FeedMirror(log, state, (cause) => {
    throw cause;
  });
  await state.commit(rows, cursor);
  mirror.settled(rows);
  await mirror.flush();
}

function textOf(state: MemoryStateStore, table: StateChange['table'], key: string): string | undefined {
  const value = state.get(table, key);
  return value === undefined ? undefined : Buffer.from(value).toString();
}

test('a state that is made anew knows of feeds what the one before it knew, and nothing that the log tells', async () => {
  await mirrored(ROWS, 9);
  const anew = new MemoryStateStore();
  await restoreFeeds(log, anew);
  expect(textOf(anew, 'feeds', 'att')).toBe('missing 5');
  expect(textOf(anew, 'parked', 'p1')).toBe('waits');
  expect(textOf(anew, 'meta', 'feed-cursor')).toBe('read to 9');
  expect(textOf(anew, 'meta', 'policy:standing')).toBeUndefined();
  expect(textOf(anew, 'accounts', 'a')).toBeUndefined();
  expect(anew.cursor).toBe(0);
});

test('what was removed stays removed, also from an older copy of the state', async () => {
  await mirrored(ROWS, 9);
  await mirrored([{ table: 'parked', key: 'p1' }], 12);
  const older = new MemoryStateStore();
  await older.commit(ROWS, 5);
  await restoreFeeds(log, older);
  expect(textOf(older, 'parked', 'p1')).toBeUndefined();
});

test('a state that is not behind the mirror knows better', async () => {
  await mirrored(ROWS, 9);
  const state = new MemoryStateStore();
  await state.commit([row('feeds', 'att', 'missing none')], 9);
  await restoreFeeds(log, state);
  expect(textOf(state, 'feeds', 'att')).toBe('missing none');
});

test('the memory of changes may be used again', async () => {
  const state = new MemoryStateStore();
  const mirror = new FeedMirror(log, state, () => undefined);
  const value = Buffer.from('missing 5');
  await state.commit([{ table: 'feeds', key: 'att', value }], 3);
  mirror.settled([{ table: 'feeds', key: 'att', value }]);
  value.fill(0);
  await mirror.flush();
  const anew = new MemoryStateStore();
  await restoreFeeds(log, anew);
  expect(textOf(anew, 'feeds', 'att')).toBe('missing 5');
});
