import { constants, openSync, writevSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { DestinationStream } from 'pino';

const STDOUT_FD = 1;

/** Bytes that may wait for an output that does not take them: some thousand lines. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Waiting lines are tried again this often, in milliseconds. A pipe that is read, but slowly, takes 64 KiB each time. */
const RETRY_INTERVAL_MS = 20;

/** Lines that are given to the output at once. */
const BATCH_LINES = 256;

/**
 * Writes as much of the lines as the output takes now, and never waits.
 *
 * @returns how many bytes
 * @throws if it takes none: EAGAIN, ENOSPC, EPIPE and the like
 */
export type WriteNow = (lines: readonly Buffer[]) => number;

/**
 * Where log lines go. An output that takes none, a full disk or a pipe that nobody reads, must neither stop the service
 * nor keep it from ending: lines then wait, a bounded number of them, and what is beyond the bound is lost. The newest
 * is: what came first tells how it began.
 *
 * A line is written by the thread that answers, but without waiting. Another thread would save it 10 µs a line, and be
 * stuck in its write when the process wants to end.
 */
export class LogOutput implements DestinationStream {
  /** The first may be the rest of a line that was cut. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly writeNow: WriteNow,
    private readonly maxWaitingBytes: number = MAX_WAITING_BYTES,
  ) {}

  /** Lines that the output has not taken: they are lost, or wait. */
  get unwritten(): number {
    return this.#lost + this.#waiting.length;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.byteLength > this.maxWaitingBytes) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    // While others wait it waits with them: a flood of lines must not ask a full disk once for each.
    if (this.#retry === undefined) this.flush();
  }

  /** Writes of what waits as much as the output takes now. Never throws. */
  flush(): void {
    let taken = 1;
    while (this.#waiting.length > 0 && taken > 0) {
      try {
        taken = this.writeNow(this.#waiting.slice(0, BATCH_LINES));
      } catch {
        // Whatever the reason is, all there is to do is to try again later and to show that lines are missing.
        taken = 0;
      }
      this.#took(taken);
    }
    if (this.#waiting.length > 0) {
      this.#retry ??= setInterval(() => this.flush(), RETRY_INTERVAL_MS).unref();
    } else {
      clearInterval(this.#retry);
      this.#retry = undefined;
    }
  }

  #took(byteCount: number): void {
    this.#waitingBytes -= byteCount;
    let left = byteCount;
    let whole = 0;
    for (const line of this.#waiting) {
      if (line.byteLength > left) break;
      left -= line.byteLength;
      whole += 1;
    }
    this.#waiting.splice(0, whole);
    const [first] = this.#waiting;
    if (first !== undefined && left > 0) this.#waiting[0] = first.subarray(left);
  }
}

let standardOutput: LogOutput | undefined;

/** The process's standard output. One for all loggers: between the two parts of a line that was cut no other may come. */
export function standardLogOutput(): LogOutput {
  if (standardOutput === undefined) {
    const fd = unblockedStdout();
    const output = new LogOutput((lines) => writevSync(fd, lines));
    // The last lines, if something else was in their way just before.
    process.once('exit', () => output.flush());
    standardOutput = output;
  }
  return standardOutput;
}

/** Lines of the log that standard output has not taken since the start: they are lost, or wait. */
export function unwrittenLogLines(): number {
  return standardOutput?.unwritten ?? 0;
}

/**
 * Standard output as a descriptor whose writes do not wait for a reader. Files need nothing: the kernel takes the bytes,
 * or says that it cannot.
 */
function unblockedStdout(): number {
  // For a pipe or a socket Node makes the descriptor non-blocking when its stream is first asked for, and leaves it so.
  void process.stdout;
  if (!isatty(STDOUT_FD)) return STDOUT_FD;
  // A terminal may be stopped by a key. The shell has the same descriptor: it must not be changed, only opened anew.
  try {
    return openSync('/dev/stdout', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return STDOUT_FD;
  }
}
