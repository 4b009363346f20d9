import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseResult } from '../figure.js';
import { RESULTS_FOLDER } from '../paths.js';
import { machine } from './machine.js';

/**
 * Keeps what a case measured, each sample of it.
 *
 * @param startedAt when the run began
 * @returns the file's path
 */
export function writeResult(name: string, short: boolean, startedAt: Date, result: CaseResult): string {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  const stamp = startedAt.toISOString().replace(/[:.]/g, '-').slice(0, 19);
  const file = join(RESULTS_FOLDER, `${name}-${stamp}${short ? '-short' : ''}.json`);
  const content = { case: name, short, startedAt: startedAt.toISOString(), machine: machine(), ...result };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}
