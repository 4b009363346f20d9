import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Openings in a row that may die before we stop trying. A damaged file can kill the process in native code, and a
 * supervisor would restart it for ever. One may be chance (a kill during the start), two are not.
 */
export const MAX_DEAD_OPENINGS = 2;

/** A file that tells the next process whether this one came through opening the folder. */
export class OpeningMarker {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, 'opening.marker');
  }

  /** The folder has been opened before. */
  get exists(): boolean {
    return existsSync(this.#path);
  }

  /** Openings in a row that began and did not end. */
  deadOpenings(): number {
    try {
      const count = Number.parseInt(readFileSync(this.#path, 'utf8'), 10);
      return Number.isInteger(count) && count > 0 ? count : 0;
    } catch {
      return 0;
    }
  }

  begin(): void {
    writeFileSync(this.#path, `${this.deadOpenings() + 1}\n`, { mode: 0o600 });
  }

  succeeded(): void {
    writeFileSync(this.#path, '0\n', { mode: 0o600 });
  }
}
