import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CaseText } from '../policy/index.js';

/** What comes with the package; the same relative place in `src/` and in `dist/`. */
const PACKAGED_CASES = fileURLToPath(new URL('../../policies/cases/', import.meta.url));

/** The case files that come with the package. */
export function packagedCases(): readonly CaseText[] {
  return readdirSync(PACKAGED_CASES)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(PACKAGED_CASES, name), 'utf8') }));
}
