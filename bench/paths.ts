import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This runs compiled, from a folder of the cache: the bench is where its thresholds are. */
function benchFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'thresholds.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the bench folder cannot be found');
    folder = parent;
  }
  return folder;
}

export const BENCH_FOLDER = benchFolder();
export const ROOT_FOLDER = dirname(BENCH_FOLDER);
/** Built states; may be deleted at any time. */
export const CACHE_FOLDER = join(BENCH_FOLDER, '.cache');
export const RESULTS_FOLDER = join(BENCH_FOLDER, 'results');
