import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE } from '../lmdb-environment.js';

/** Where a restore builds what it then moves into place. */
export const RESTORING = 'restoring';

/** Whether a restore into this folder was cut off: what it lacks is the log, which comes last. */
export function isRestoreCutOff(dataDir: string): boolean {
  return existsSync(join(dataDir, RESTORING)) && !existsSync(join(dataDir, 'log', DATA_FILE));
}
