import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Below this many descriptors modules are read one by one: a start reads some 400 files, and Node opens many at once. */
const FEW_DESCRIPTORS = 1_024;

/** Loaded by a start, also by the one that needs most. */
const LOADED_BY_A_START = ['./program.js', './serve.js', '../feed/feed.js'] as const;

/**
 * Reads the modules of a start one after the other where few files may be open. Node's own loader opens as many at once as there are imports, and
 * says of each that it cannot open that there is no such package.
 */
export function loadSparingly(): void {
  if (descriptorLimit() > FEW_DESCRIPTORS) return;
  const require = createRequire(import.meta.url);
  // Node calls `require` of a module an experiment, on standard error, where only lines of ours belong.
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    for (const module of LOADED_BY_A_START) require(module);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function descriptorLimit(): number {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
