import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StoreEvent } from '../../src/store/events.js';
import { openLogStore } from '../../src/store/lmdb-log-store.js';
import { entries, entry } from '../contract/log-store-contract.js';
import { flipBitIn } from './damage.js';
import { tempFolder } from './temp-folder.js';

let folder: string;

beforeEach(async () => {
  folder = join(tempFolder(), 'log');
  const log = await openLogStore(folder);
  await log.append(entries(1, 50));
  await log.close();
});

/** Opening must fail with the way out, and leave the file as it is. */
async function expectRefusal(why: RegExp): Promise<void> {
  const data = join(folder, 'data.mdb');
  const before = existsSync(data) ? readFileSync(data) : undefined;
  const failure = { code: 'LOG_CORRUPT', message: expect.stringMatching(why) };
  await expect(openLogStore(folder)).rejects.toMatchObject(failure);
  await expect(openLogStore(folder)).rejects.toThrow('holdfast restore');
  if (before !== undefined) expect(readFileSync(data).equals(before)).toBe(true);
}

describe('a damaged log refuses to start and is left alone', () => {
  it('when an entry is not what was written', async () => {
    flipBitIn(folder, 'entry 44');
    await expectRefusal(/log entry 44 is damaged: its checksum does not match/);
  });

  it('when its file is something else', async () => {
    writeFileSync(join(folder, 'data.mdb'), Buffer.alloc(65_536, 'x'));
    await expectRefusal(/does not begin like a data file/);
  });

  it('when its file is cut off', async () => {
    const log = await openLogStore(folder);
    await log.append(Array.from({ length: 300 }, (_, n) => entry(51 + n, 'x'.repeat(4_000))));
    await log.close();
    truncateSync(join(folder, 'data.mdb'), 100_000);
    await expectRefusal(/cut off after 100000 bytes/);
  });

  it('when the pages that lead to its entries are blank', async () => {
    const log = await openLogStore(folder);
    for (let n = 51; n <= 150; n += 1) await log.append([entry(n, 'x'.repeat(400))]);
    await log.close();
    const data = join(folder, 'data.mdb');
    // LMDB keeps the table's own record in a page that it wrote last, the branches and leaves in those before.
    const bytes = readFileSync(data);
    for (let at = 2 * 4_096; at < bytes.length; at += 4_096) {
      const page = bytes.subarray(at, at + 4_096);
      if (!page.includes('\x00log')) page.fill(0);
    }
    writeFileSync(data, bytes);
    await expectRefusal(/its pages cannot be read/);
  });

  it('when its file is cut off within the headers', async () => {
    truncateSync(join(folder, 'data.mdb'), 4_100);
    await expectRefusal(/second header is not readable/);
  });

  it('when its file is gone, instead of beginning anew', async () => {
    rmSync(join(folder, 'data.mdb'));
    await expect(openLogStore(folder)).rejects.toMatchObject({ code: 'LOG_MISSING' });
  });

  it('when entries are missing in the middle', async () => {
    const root = open({ path: folder, encoding: 'binary', overlappingSync: false });
    await root.openDB({ name: 'log', encoding: 'binary' }).remove(17);
    await root.close();
    await expectRefusal(/49 entries from 1 to 50: 1 are missing/);
  });

  it('when two processes have died while opening it', async () => {
    writeFileSync(join(folder, 'opening.marker'), '2\n');
    await expectRefusal(/last 2 processes died while opening it/);
  });
});

describe('a sound log', () => {
  it('opens after one process died while opening it, and after refused openings', async () => {
    writeFileSync(join(folder, 'opening.marker'), '1\n');
    for (let round = 0; round < 3; round++) {
      const log = await openLogStore(folder);
      expect(log.lastPosition).toBe(50);
      await log.close();
    }
  });

  it('is readable by its owner only', () => {
    expect(statSync(folder).mode & 0o077).toBe(0);
  });
});

describe('one process at a time', () => {
  it('refuses a second opening while it is open', async () => {
    const log = await openLogStore(folder);
    await expect(openLogStore(folder)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await log.append([entry(51)]);
    await log.close();
    const again = await openLogStore(folder);
    expect(again.lastPosition).toBe(51);
    await again.close();
  });

  it('takes over from a process that is gone, and says so', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const self = await openLogStore(folder);
    const holder: unknown = JSON.parse(readFileSync(`${folder}.lock`, 'utf8'));
    await self.close();
    writeFileSync(`${folder}.lock`, JSON.stringify({ ...Object(holder), pid }));
    const events: StoreEvent[] = [];
    const log = await openLogStore(folder, { onEvent: (event) => events.push(event) });
    expect(events).toContainEqual({ event: 'lock-taken-over' });
    await log.close();
  });

  it('takes over from a process whose number was given to another', async () => {
    const self = await openLogStore(folder);
    const holder: unknown = JSON.parse(readFileSync(`${folder}.lock`, 'utf8'));
    await self.close();
    writeFileSync(`${folder}.lock`, JSON.stringify({ ...Object(holder), startedAt: '1' }));
    const log = await openLogStore(folder);
    await log.close();
  });

  it('believes the heartbeat of a process it cannot see', async () => {
    const elsewhere = { pid: 1, startedAt: '1', bootId: 'another', pidNamespace: 'another', token: 't' };
    writeFileSync(`${folder}.lock`, JSON.stringify(elsewhere));
    await expect(openLogStore(folder)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
  });
});

describe('room', () => {
  it('refuses before the disk is full, and goes on when there is room again', async () => {
    let free = 1_000_000_000;
    const log = await openLogStore(folder, { minFreeBytes: 1_000_000, freeBytes: () => free });
    const big = (position: number) => entry(position, 'x'.repeat(5_000_000));
    await log.append([big(51)]);
    free = 2_000_000;
    await expect(log.append([big(52)])).rejects.toThrow('the disk is full');
    // A small one still fits above the reserve.
    await expect(log.append([entry(52)])).resolves.toBeUndefined();
    free = 500_000;
    await expect(log.append([big(53)])).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
    free = 1_000_000_000;
    await log.append([big(53)]);
    expect(log.lastPosition).toBe(53);
    await log.close();
  });

  it('keeps to its limit', async () => {
    const log = await openLogStore(folder, { maxBytes: 8_000_000 });
    const append = async (): Promise<void> => {
      for (let n = 0; n < 100; n++) await log.append([entry(log.lastPosition + 1, 'x'.repeat(1_000_000))]);
    };
    await expect(append()).rejects.toThrow(/has reached its limit/);
    expect(log.sizeBytes()).toBeLessThanOrEqual(8_000_000 + 4_200_000);
    expect(log.lastPosition).toBeGreaterThan(52);
    await log.close();
  });
});
