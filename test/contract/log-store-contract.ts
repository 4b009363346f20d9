import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeLogEntry } from '../../src/store/log-entry.js';
import type { FlushSeam, LogStore, StoredEntry } from '../../src/store/ports.js';
import { HeldFlush } from '../store/held-flush.js';

/** A way to make a log, and to come back to it as a new process would. */
export interface LogStoreHarness {
  open(flush: FlushSeam): Promise<LogStore>;
  /** Opens again what `open` made, after `close`. */
  reopen(flush: FlushSeam): Promise<LogStore>;
}

export function entry(position: number, text = `entry ${position}`): StoredEntry {
  const payload = Buffer.from(text);
  const id = `01890000-0000-7000-8000-${position.toString(16).padStart(12, '0')}`;
  return {
    position,
    bytes: encodeLogEntry({ kind: 'test', id, tenant: 'default', receivedAt: position, payload }),
  };
}

export function entries(from: number, to: number): StoredEntry[] {
  return Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));
}

const positions = (read: Iterable<StoredEntry>): number[] => [...read].map(({ position }) => position);

/** What every log must do, whatever it is made of. */
export function describeLogStore(name: string, makeHarness: () => LogStoreHarness): void {
  describe(`log store contract: ${name}`, () => {
    let harness: LogStoreHarness;
    let disk: HeldFlush;
    let log: LogStore;

    beforeEach(async () => {
      harness = makeHarness();
      disk = new HeldFlush();
      log = await harness.open(disk.seam);
    });

    afterEach(async () => {
      disk.pass();
      await log.close();
    });

    it('is empty at first', () => {
      expect(log.lastPosition).toBe(0);
      expect(log.firstPosition).toBe(0);
      expect(log.get(1)).toBeUndefined();
      expect([...log.read(1)]).toEqual([]);
      expect([...log.readBackwards(1)]).toEqual([]);
    });

    it('gives back what was appended, byte for byte', async () => {
      await log.append([entry(1), entry(2)]);
      await log.append([entry(3, '')]);
      expect(log.firstPosition).toBe(1);
      expect(log.lastPosition).toBe(3);
      expect(Buffer.from(log.get(2) ?? []).equals(Buffer.from(entry(2).bytes))).toBe(true);
      expect([...log.read(1)].map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(
        [entry(1), entry(2), entry(3, '')].map(({ bytes }) => Buffer.from(bytes).toString('hex')),
      );
    });

    it('has the bytes of its own once they are appended', async () => {
      const written = entries(1, 3).map(({ position, bytes }) => ({ position, bytes: Buffer.from(bytes) }));
      await log.append(written);
      for (const { bytes } of written) bytes.fill(0xff);
      for (const { position, bytes } of entries(1, 3)) {
        expect(Buffer.from(log.get(position) ?? []).equals(Buffer.from(bytes))).toBe(true);
      }
    });

    it('reads forwards and backwards from any place, as many as asked for', async () => {
      await log.append(entries(1, 700));
      expect(positions(log.read(690))).toEqual([690, 691, 692, 693, 694, 695, 696, 697, 698, 699, 700]);
      expect(positions(log.read(1))).toEqual(Array.from({ length: 700 }, (_, index) => index + 1));
      expect(positions(log.read(250, 3))).toEqual([250, 251, 252]);
      expect(positions(log.readBackwards(700))).toEqual(
        Array.from({ length: 700 }, (_, index) => 700 - index),
      );
      expect(positions(log.readBackwards(3, 2))).toEqual([3, 2]);
      expect(positions(log.readBackwards(9_999, 1))).toEqual([700]);
      expect(positions(log.read(701))).toEqual([]);
      expect(positions(log.read(1, 0))).toEqual([]);
    });

    it('lets the reader append between two steps', async () => {
      await log.append(entries(1, 600));
      const seen: number[] = [];
      for (const { position } of log.read(1, 600)) {
        if (position === 100) await log.append(entries(601, 610));
        seen.push(position);
      }
      expect(seen).toHaveLength(600);
      expect(log.lastPosition).toBe(610);
    });

    it('refuses a hole and a position twice, and keeps nothing of such a group', async () => {
      await log.append(entries(1, 3));
      await expect(log.append([entry(5)])).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
      await expect(log.append([entry(3)])).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
      await expect(log.append([entry(4), entry(6)])).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
      expect(log.lastPosition).toBe(3);
      await log.append([entry(4)]);
      expect(positions(log.read(1))).toEqual([1, 2, 3, 4]);
    });

    it('counts a group only when it has been flushed', async () => {
      disk.hold();
      const asked = disk.nextAsked();
      const appended = log.append([entry(1)]);
      await asked;
      expect(log.lastPosition).toBe(0);
      expect(log.get(1)).toBeUndefined();
      disk.pass();
      await appended;
      expect(log.lastPosition).toBe(1);
    });

    it('takes the same group again after a failed flush', async () => {
      await log.append([entry(1)]);
      disk.fail();
      await expect(log.append(entries(2, 4))).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
      await expect(log.append(entries(2, 4))).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
      expect(log.lastPosition).toBe(1);
      expect(positions(log.read(1))).toEqual([1]);
      disk.pass();
      await log.append(entries(2, 4));
      await log.append([entry(5)]);
      expect(positions(log.read(1))).toEqual([1, 2, 3, 4, 5]);
    });

    it('is the same after it was closed and opened', async () => {
      await log.append(entries(1, 20));
      await log.close();
      log = await harness.reopen(disk.seam);
      expect(log.firstPosition).toBe(1);
      expect(log.lastPosition).toBe(20);
      await log.append([entry(21)]);
      expect(positions(log.read(19))).toEqual([19, 20, 21]);
    });

    it('trims a prefix, keeps the rest and the count, also over a reopening', async () => {
      await log.append(entries(1, 20));
      await log.trim(5);
      expect(log.firstPosition).toBe(6);
      expect(positions(log.read(1, 2))).toEqual([6, 7]);
      expect(positions(log.readBackwards(8))).toEqual([8, 7, 6]);
      expect(log.get(5)).toBeUndefined();
      await log.trim(2);
      expect(log.firstPosition).toBe(6);
      await log.trim(1_000);
      expect(positions(log.read(1))).toEqual([20]);
      await log.close();
      log = await harness.reopen(disk.seam);
      expect(log.lastPosition).toBe(20);
      await log.append([entry(21)]);
      expect(positions(log.read(1))).toEqual([20, 21]);
    });

    it('refuses to write once it is closed', async () => {
      await log.close();
      await expect(log.append([entry(1)])).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
    });

    it('grows on disk', async () => {
      const before = log.sizeBytes();
      await log.append(Array.from({ length: 300 }, (_, index) => entry(index + 1, 'x'.repeat(4_000))));
      expect(log.sizeBytes()).toBeGreaterThan(before + 1_000_000);
    });
  });
}
