import { fileURLToPath } from 'node:url';

/** The policies that come with the package; the same relative place in `src/` and in `dist/`. */
export const PACKAGED_POLICIES = fileURLToPath(new URL('../../policies/', import.meta.url));
