import { fileURLToPath } from 'node:url';
import { runChild } from './child-process.js';
import type { LatencySlot } from './open-loop.js';

export interface BareCommitLoad {
  /** Made and removed; on the disk whose flush is measured. */
  readonly file: string;
  readonly entryBytes: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
}

/** Group commits of the given bytes to a file, with `fdatasync`, and nothing else. */
export async function loadWithBareCommits(load: BareCommitLoad): Promise<LatencySlot> {
  const script = fileURLToPath(new URL('./bare-commit-main.js', import.meta.url));
  return JSON.parse(await runChild(process.execPath, [script, JSON.stringify(load)]));
}
