import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { standardLogOutput } from './log-output.js';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** Least severe level that is written. */
  readonly level: string;
  /** Where lines go; standard output unless said otherwise. */
  readonly destination?: DestinationStream;
}

/**
 * Makes the process's logger: one JSON object a line. Only `events.ts` writes to it, so that what may be logged is
 * decided in one place.
 */
export function createLogger({ level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service: 'holdfast', pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // An error given whole would bring its message along: see describeError.
    serializers: { err: describeError, error: describeError },
  };
  // Never pino's own output: on one that does not take its lines it waits for ever when the process wants to end.
  return pino(options, destination ?? standardLogOutput());
}

/** What may be logged of an error. */
export interface DescribedError {
  readonly name: string;
  readonly code?: string;
  /** Innermost frames of the stack, without the message. */
  readonly frames?: readonly string[];
  readonly cause?: DescribedError;
}

/** Enough to find the place. */
const MAX_FRAMES = 8;

/** Deeper chains of causes are cut: a cycle would never end. */
const MAX_CAUSES = 3;

/**
 * Describes an error by kind and place. Its message is left out: messages of libraries quote what they choked on, and
 * that may be a customer's address.
 */
export function describeError(thrown: unknown, depth = 0): DescribedError {
  if (!(thrown instanceof Error)) return { name: typeof thrown };
  const stack = thrown.stack ?? '';
  // The stack repeats the message, which may have lines that look like frames.
  const messageAt = stack.indexOf(thrown.message);
  const frames = (messageAt < 0 ? '' : stack.slice(messageAt + thrown.message.length))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, MAX_FRAMES);
  return {
    name: thrown.name,
    ...('code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code } : {}),
    ...(frames.length > 0 ? { frames } : {}),
    ...(thrown.cause !== undefined && depth < MAX_CAUSES
      ? { cause: describeError(thrown.cause, depth + 1) }
      : {}),
  };
}
