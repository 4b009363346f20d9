import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { Logger } from './logger.js';

const STDERR_FD = 2;

const LOOK_INTERVAL_MS = 1_000;

/** Of what was said at once this much is told: a crash's report fits. */
const MAX_BYTES = 8_192;
const MAX_LINE_CHARACTERS = 300;

/**
 * Makes lines of the log of what native code prints. LMDB, V8 and Node itself write to standard error past all that is ours, LMDB without an
 * end of line: where both outputs go to one place, our next line would begin within its text. So what is standard error
 * becomes a file, which is read once a second.
 *
 * Call it before anything runs beside: the number must not be taken by others between. Where it cannot be done (a terminal, a socket)
 * nothing changes. A process that is aborted leaves the file; the next one tells what is in it.
 *
 * @param folder where the file is to lie; if it is not there, among the temporary ones
 * @returns puts standard error back, for what people are to read at the end
 */
export function captureNativeOutput(folder: string, logger: Logger): () => void {
  const path = join(existsSync(folder) ? folder : tmpdir(), 'native-output.log');
  tellLeftOver(path, logger);
  const original = opened(`/proc/self/fd/${STDERR_FD}`, constants.O_WRONLY | constants.O_APPEND);
  if (isatty(STDERR_FD) || original === undefined) return () => undefined;
  closeSync(STDERR_FD);
  const isCaptured = takeNumber(
    path,
    constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_TRUNC,
  );
  if (!isCaptured) takeNumber(`/proc/self/fd/${original}`, constants.O_WRONLY | constants.O_APPEND);
  if (!isCaptured) return () => closeSync(original);
  const look = (): void => tell(logger, taken(), false);
  const timer = setInterval(look, LOOK_INTERVAL_MS);
  timer.unref();
  process.on('exit', look);
  let isRestored = false;
  return () => {
    if (isRestored) return;
    isRestored = true;
    clearInterval(timer);
    process.off('exit', look);
    look();
    closeSync(STDERR_FD);
    takeNumber(`/proc/self/fd/${original}`, constants.O_WRONLY | constants.O_APPEND);
    closeSync(original);
    rmSync(path, { force: true });
  };
}

/** Opens a file; the lowest free number is that of standard error, which has just been closed. */
function takeNumber(path: string, flags: number): boolean {
  const descriptor = opened(path, flags);
  if (descriptor === undefined) return false;
  if (descriptor === STDERR_FD) return true;
  closeSync(descriptor);
  return false;
}

function opened(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags, 0o600);
  } catch {
    return undefined;
  }
}

/** What was written since the last look. */
function taken(): string {
  try {
    const { size } = fstatSync(STDERR_FD);
    if (size === 0) return '';
    const bytes = Buffer.alloc(Math.min(size, MAX_BYTES));
    readSync(STDERR_FD, bytes, 0, bytes.length, 0);
    ftruncateSync(STDERR_FD);
    return bytes.toString('utf8');
  } catch {
    return '';
  }
}

function tellLeftOver(path: string, logger: Logger): void {
  try {
    tell(logger, readFileSync(path, 'utf8').slice(0, MAX_BYTES), true);
    rmSync(path, { force: true });
  } catch {
    // There is none.
  }
}

/** @param isPrevious it is of a process that was aborted */
function tell(logger: Logger, text: string, isPrevious: boolean): void {
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const facts = { event: 'native_output', text: line.slice(0, MAX_LINE_CHARACTERS), previous: isPrevious };
    logger.warn(facts, 'native code wrote to standard error');
  }
}
