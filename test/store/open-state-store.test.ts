import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StoreEvent } from '../../src/store/events.js';
import { openStateStore, type StateStoreOptions } from '../../src/store/open-state-store.js';
import type { StateChange, StateStore } from '../../src/store/ports.js';
import { flipBitIn } from './damage.js';
import { tempFolder } from './temp-folder.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

let folder: string;
let events: StoreEvent[];

beforeEach(async () => {
  folder = join(tempFolder(), 'state');
  events = [];
  const state = await openState();
  await state.commit(rows(50), 100);
  await state.close();
});

function rows(count: number): StateChange[] {
  return Array.from({ length: count }, (_, n): StateChange => {
    return { table: 'accounts', key: `account-${n}`, value: Buffer.from(`value of ${n}`) };
  });
}

function openState(options: Partial<StateStoreOptions> = {}): Promise<StateStore> {
  return openStateStore(folder, {
    schemaVersion: 3,
    logHead: 100,
    logFirst: 1,
    nowMs: () => NOW,
    onEvent: (event) => events.push(event),
    ...options,
  });
}

const quarantined = (): string[] =>
  readdirSync(dirname(folder))
    .filter((name) => name.startsWith('state.quarantine-'))
    .sort();

/** The state was moved aside for `reason`, and an empty one works in its place. */
async function expectRebuilt(reason: string, options: Partial<StateStoreOptions> = {}): Promise<void> {
  const state = await openState(options);
  expect(events).toContainEqual(expect.objectContaining({ event: 'state-quarantined', reason }));
  expect(quarantined()).toEqual(['state.quarantine-2026-01-02T03-04-05.000Z']);
  expect(state.cursor).toBe(0);
  expect(state.get('accounts', 'account-1')).toBeUndefined();
  await state.commit(rows(2), 5);
  await state.close();
  const again = await openState(options);
  expect(again.cursor).toBe(5);
  await again.close();
  expect(quarantined()).toHaveLength(1);
}

describe('a state that cannot be used is set aside and begun anew', () => {
  it('when only a commit finds the damage', async () => {
    const damaged = Object.assign(new Error('MDB_CORRUPTED'), { code: -30_796 });
    const state = await openState({ flush: () => Promise.reject(damaged) });
    expect(state.get('accounts', 'account-1')).toBeDefined();
    await expect(state.commit(rows(1), 101)).rejects.toMatchObject({ code: 'STATE_CORRUPT' });
    await state.close();
    await expectRebuilt('DAMAGED');
  });

  it('but not when the disk is full', async () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    const state = await openState({ flush: () => Promise.reject(full) });
    await expect(state.commit(rows(1), 101)).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
    await state.close();
    const again = await openState();
    expect(again.cursor).toBe(100);
    await again.close();
    expect(quarantined()).toEqual([]);
  });

  it('when it is of another version, older or newer', async () => {
    await expectRebuilt('OTHER_VERSION', { schemaVersion: 4 });
  });

  it('when its file is something else', async () => {
    writeFileSync(join(folder, 'data.mdb'), 'not a data file at all');
    await expectRebuilt('DAMAGED');
  });

  it('when its file is cut off', async () => {
    const state = await openState();
    await state.commit([{ table: 'meta', key: 'big', value: Buffer.alloc(2_000_000, 'x') }], 100);
    await state.close();
    truncateSync(join(folder, 'data.mdb'), 200_000);
    await expectRebuilt('DAMAGED');
  });

  it('when a record at an edge of a table is damaged', async () => {
    flipBitIn(folder, 'value of 0');
    await expectRebuilt('DAMAGED');
  });

  it('after a damaged record was met while serving', async () => {
    flipBitIn(folder, 'value of 17');
    const state = await openState();
    expect(() => state.get('accounts', 'account-17')).toThrow(
      expect.objectContaining({ code: 'STATE_CORRUPT' }),
    );
    expect(() => [...state.range('accounts', {})]).toThrow(
      expect.objectContaining({ code: 'STATE_CORRUPT' }),
    );
    expect(Buffer.from(state.get('accounts', 'account-18') ?? []).toString()).toBe('value of 18');
    await state.close();
    await expectRebuilt('DAMAGED');
  });

  it('when a process died while opening it', async () => {
    writeFileSync(join(folder, 'opening.marker'), '1\n');
    await expectRebuilt('OPENING_DIED');
  });
});

describe('a sound state', () => {
  it.each([0, 99])(
    'that knows more than a log of %i entries is no reason to begin with less: refused',
    async (logHead) => {
      await expect(openState({ logHead })).rejects.toMatchObject({ code: 'LOG_MISSING' });
      const state = await openState();
      expect(state.cursor).toBe(100);
      await state.close();
      expect(events).toEqual([]);
    },
  );

  it('opens once', async () => {
    const state = await openState();
    await expect(openState()).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await state.close();
  });

  it('refuses a key the disk could not hold, and nothing of that commit is kept', async () => {
    const state = await openState();
    const value = Buffer.from('v');
    const long: StateChange = { table: 'accounts', key: 'k'.repeat(1_979), value };
    await expect(state.commit([{ table: 'accounts', key: 'new', value }, long], 101)).rejects.toThrow(
      RangeError,
    );
    await expect(state.commit([{ table: 'accounts', key: '', value }], 101)).rejects.toThrow(RangeError);
    expect(state.get('accounts', 'new')).toBeUndefined();
    expect(state.cursor).toBe(100);
    await state.close();
  });

  it('loads in bulk, whatever the order', async () => {
    const state = await openState();
    await state.commit(rows(3_000).reverse(), 100);
    expect([...state.range('accounts', {})]).toHaveLength(3_000);
    await state.close();
  });
});

it('keeps the two newest of those set aside', async () => {
  for (let version = 10; version < 16; version++) {
    const state = await openState({ schemaVersion: version, nowMs: () => NOW + version });
    await state.commit([], 1);
    await state.close();
  }
  expect(quarantined()).toEqual([
    'state.quarantine-2026-01-02T03-04-05.014Z',
    'state.quarantine-2026-01-02T03-04-05.015Z',
  ]);
});

describe('in front of a trimmed log', () => {
  it('starts from the checkpoint when it had to be set aside', async () => {
    const state = await openState();
    await state.checkpoint();
    await state.commit([{ table: 'accounts', key: 'account-1' }], 120);
    await state.close();
    flipBitIn(folder, 'value of 0');
    const rebuilt = await openState({ logFirst: 90, logHead: 130 });
    expect(rebuilt.cursor).toBe(100);
    expect(Buffer.from(rebuilt.get('accounts', 'account-1') ?? []).toString()).toBe('value of 1');
    expect(events).toContainEqual({ event: 'state-from-checkpoint', cursor: 100 });
    await rebuilt.close();
  });

  it('is set aside when the log no longer has what it needs, and says what is missing', async () => {
    const state = await openState({ logFirst: 102, logHead: 200 });
    expect(events).toEqual([
      expect.objectContaining({ event: 'state-quarantined', reason: 'BEHIND_LOG' }),
      { event: 'state-incomplete', from: 102 },
    ]);
    expect(state.cursor).toBe(0);
    await state.close();
  });

  it('is fine when the next entry it needs is the oldest there is', async () => {
    const state = await openState({ logFirst: 101, logHead: 200 });
    expect(events).toEqual([]);
    expect(state.cursor).toBe(100);
    await state.close();
  });

  it('does not trust a checkpoint of another version', async () => {
    const state = await openState();
    await state.checkpoint();
    await state.close();
    const rebuilt = await openState({ schemaVersion: 4, logFirst: 90 });
    expect(events.map(({ event }) => event)).toEqual([
      'state-quarantined',
      'state-quarantined',
      'state-incomplete',
    ]);
    expect(rebuilt.cursor).toBe(0);
    await rebuilt.close();
  });

  it('replaces a checkpoint by a newer one', async () => {
    const state = await openState();
    await state.checkpoint();
    await state.commit([], 110);
    await state.checkpoint();
    await state.close();
    expect(existsSync(join(`${folder}.checkpoint`, 'new'))).toBe(false);
    writeFileSync(join(folder, 'data.mdb'), 'gone');
    const rebuilt = await openState({ logFirst: 105, logHead: 110 });
    expect(rebuilt.cursor).toBe(110);
    await rebuilt.close();
  });
});
