import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NamedCaseFile, readCases } from '../policy/index.js';

/** What comes with the package; the same relative place in `src/` and in `dist/`. */
const PACKAGED_CASES = fileURLToPath(new URL('../../policies/cases/', import.meta.url));

/**
 * The cases that come with the package.
 *
 * @throws Error when one of them has mistakes: the package is broken
 */
export function packagedCases(): readonly NamedCaseFile[] {
  return readdirSync(PACKAGED_CASES)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const read = readCases(readFileSync(join(PACKAGED_CASES, file), 'utf8'));
      if (read.kind === 'invalid') throw new Error(`the packaged cases ${file} have mistakes`);
      return { file, document: read.document };
    });
}
