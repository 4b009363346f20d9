import type { Logger } from './logger.js';

const METHODS = ['debug', 'error', 'info', 'log', 'warn'] as const;

/**
 * Keeps libraries from writing to the process's output: LMDB's binding prints each failed commit with its stack, the NATS
 * client the end of its reader. What they tell of is an event of ours with a line of its own; here only that something
 * was said is noted, at `debug`. Their texts are left out, as they may quote what they choked on.
 *
 * @returns puts the console back
 */
export function silenceLibraries(logger: Logger): () => void {
  const originals = METHODS.map((method) => ({ method, original: console[method] }));
  for (const { method } of originals) {
    console[method] = (...said: readonly unknown[]) => {
      const kinds = said.map((part) => (part instanceof Error ? part.name : typeof part));
      logger.debug({ event: 'library_said', method, kinds }, 'a library wrote to the console');
    };
  }
  return () => {
    for (const { method, original } of originals) console[method] = original;
  };
}
