import type { Terminal } from './terminal.js';

/** Cells of a bar. */
const WIDTH = 30;
const SHOW_EVERY_MS = 100;

/** A bar for work that takes a while. Draws nothing where nobody watches. */
export interface Progress {
  show(done: number, total: number): void;
  /** Wipes the bar away. */
  end(): void;
}

/** @param what the things that are counted, e.g. `assessments` */
export function drawProgress(
  terminal: Terminal,
  what: string,
  nowMs: () => number = performance.now.bind(performance),
): Progress {
  let shownAt = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  return {
    show(done, total) {
      if (terminal.draw === undefined) return;
      const now = nowMs();
      if (now - shownAt < SHOW_EVERY_MS && done < total) return;
      shownAt = now;
      isDrawn = true;
      const filled = total === 0 ? WIDTH : Math.round((WIDTH * done) / total);
      terminal.draw(`[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done} of ${total} ${what}`);
    },
    end() {
      if (isDrawn) terminal.draw?.('');
    },
  };
}
