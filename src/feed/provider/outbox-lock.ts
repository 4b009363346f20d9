import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { OUTBOX_MODE } from './outbox-segments.js';
import { ProviderToolError } from './provider-tool-error.js';

/** A publication on the command line takes less, so two that meet do not refuse each other. */
const WAIT_MS = 2_000;
const TRY_EVERY_MS = 50;

/**
 * Keeps an outbox for this process, so that no number is given twice. Waits a moment for another publication.
 *
 * @throws ProviderToolError code `OUTBOX_IN_USE`
 */
export async function lockOutbox(file: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += TRY_EVERY_MS) {
    if (await tryLock(file)) return;
    await removeDeadLock(file);
    if (waitedMs >= WAIT_MS) {
      throw new ProviderToolError('OUTBOX_IN_USE', `another publication is running (${lockOf(file)})`);
    }
    await delay(TRY_EVERY_MS);
  }
}

export async function unlockOutbox(file: string): Promise<void> {
  await rm(lockOf(file), { force: true });
}

function lockOf(file: string): string {
  return `${file}.lock`;
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await writeFile(lockOf(file), String(process.pid), { flag: 'wx', mode: OUTBOX_MODE });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone. */
async function removeDeadLock(file: string): Promise<void> {
  const pid = Number(await readFile(lockOf(file), 'utf8').catch(() => ''));
  if (!Number.isSafeInteger(pid) || pid <= 0 || isAlive(pid)) return;
  await rm(lockOf(file), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
