import { expect, test } from 'vitest';
import { JournalError } from '../../src/journal/ports.js';
import { DiskGuard } from '../../src/store/disk-guard.js';
import { StoreError } from '../../src/store/ports.js';
import { writeFailureOf } from '../../src/store/write-failure.js';

function caught(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function native(code: number | string): Error {
  return new StoreError('STORE_WRITE_FAILED', 'the disk did not take the data', {
    cause: Object.assign(new Error('x'), { code }),
  });
}

test('a full disk, a limit reached, a failed flush and a log that waits are told apart', () => {
  const guard = (limits: { maxBytes: number; free: number }) =>
    new DiskGuard('/', '/none', { maxBytes: limits.maxBytes, freeBytes: () => limits.free });
  const full = caught(() => guard({ maxBytes: 1e9, free: 1_000 }).admit(10));
  const limit = caught(() => guard({ maxBytes: 1_000, free: 1e12 }).admit(2_000));
  expect(writeFailureOf(full)).toBe('DISK_FULL');
  expect(writeFailureOf(limit)).toBe('LIMIT_REACHED');
  expect(writeFailureOf(native(28))).toBe('DISK_FULL');
  expect(writeFailureOf(native('ENOSPC'))).toBe('DISK_FULL');
  expect(writeFailureOf(native(27))).toBe('LIMIT_REACHED');
  expect(writeFailureOf(native(-30_792))).toBe('LIMIT_REACHED');
  expect(writeFailureOf(native(5))).toBe('FLUSH_FAILED');
  expect(writeFailureOf(new JournalError('AUDIT_UNAVAILABLE', 'x', { cause: native(28) }))).toBe('DISK_FULL');
  expect(writeFailureOf('the state cannot be written')).toBe('SUSPENDED');
});
