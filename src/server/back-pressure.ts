import type { Admission } from './admission.js';

/** What is needed of a connection: `Http2Session` of Node. */
export interface PressedConnection {
  /** Not destroyed, not closing. */
  readonly isOpen: boolean;
  /** Stops taking bytes from the peer, or goes on; false if this Node has no way to. */
  setReading(isReading: boolean): boolean;
}

/** How often connections are looked at, in milliseconds. */
const LOOK_INTERVAL_MS = 50;

/**
 * Refusals for each call that is let in, beyond which connections are paused. A refusal costs a tenth of an answer: beyond
 * twice the capacity refusing would take the time that answers need.
 */
const MOST_REFUSALS_PER_CALL = 1;

/** So many looks in a row must have found too many: one pause of the process looks like it for a moment. */
const LOOKS_BEFORE_PAUSING = 3;

/** Below this many the longest paused connection is read again. */
const FEW_REFUSALS_PER_CALL = 0.5;

/** Longest pause of a connection, in milliseconds: its calls have been given up after the first of them. */
const LONGEST_PAUSE_MS = 3_000;

interface Seen {
  /** Streams opened since the last look. */
  openedCount: number;
  pausedAtMs: number | undefined;
  /** When it was last let go on; by this they take turns. */
  resumedAtMs: number;
}

/**
 * Above twice the capacity: reads nothing from some connections for a while, so that what comes over the others is twice
 * the capacity at most, can be refused at once, and what is let in is answered in time. Those that send more than the mean
 * are paused in turns. A caller on one that is paused finds that his connection takes nothing, or that no answer comes.
 *
 * Fewer streams a connection would not do: callers then keep what waits in a line of their own, and what they send is as
 * old as their deadline.
 */
export class BackPressure {
  readonly #connections = new Map<PressedConnection, Seen>();
  #letInBefore = 0;
  #refusedBefore = 0;
  #tooMuchInARow = 0;
  #pauseCount = 0;
  #pausedNow = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly admission: Pick<Admission, 'isOverloaded' | 'letInCount' | 'refusedCount'>) {}

  /** Connections that nothing is read from now. */
  get pausedNow(): number {
    return this.#pausedNow;
  }

  /** Pauses of connections since the start. */
  get pauseCount(): number {
    return this.#pauseCount;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(performance.now()), LOOK_INTERVAL_MS).unref();
  }

  /** Reads from all again, and pauses no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const [connection, seen] of this.#connections) this.#resume(connection, seen, 0);
  }

  /** A call has come that may be refused. */
  opened(connection: PressedConnection): void {
    const seen = this.#connections.get(connection);
    if (seen !== undefined) seen.openedCount += 1;
    else this.#connections.set(connection, { openedCount: 1, pausedAtMs: undefined, resumedAtMs: 0 });
  }

  closed(connection: PressedConnection): void {
    if (this.#connections.get(connection)?.pausedAtMs !== undefined) this.#pausedNow -= 1;
    this.#connections.delete(connection);
  }

  /** Looks at what came since the last look. @param nowMs monotonic, milliseconds */
  look(nowMs: number): void {
    const { letInCount, refusedCount, isOverloaded } = this.admission;
    const letIn = letInCount - this.#letInBefore;
    const refused = refusedCount - this.#refusedBefore;
    this.#letInBefore = letInCount;
    this.#refusedBefore = refusedCount;
    const isTooMuch = isOverloaded && refused > letIn * MOST_REFUSALS_PER_CALL;
    this.#tooMuchInARow = isTooMuch ? this.#tooMuchInARow + 1 : 0;
    if (this.#tooMuchInARow >= LOOKS_BEFORE_PAUSING) this.#pauseSome(letIn, nowMs);
    else if (refused <= letIn * FEW_REFUSALS_PER_CALL) this.#resumeLongest(nowMs);
    for (const [connection, seen] of this.#connections) {
      seen.openedCount = 0;
      if (seen.pausedAtMs !== undefined && nowMs - seen.pausedAtMs >= LONGEST_PAUSE_MS) {
        this.#resume(connection, seen, nowMs);
      }
    }
  }

  #pauseSome(letIn: number, nowMs: number): void {
    const active = [...this.#connections].filter(([, seen]) => seen.openedCount > 0);
    let opened = 0;
    for (const [, { openedCount }] of active) opened += openedCount;
    const mean = opened / active.length;
    const busy = active.filter(([, { openedCount }]) => openedCount >= mean / 2);
    busy.sort(([, a], [, b]) => a.resumedAtMs - b.resumedAtMs);
    let left = active.length;
    for (const [connection, seen] of busy) {
      if (opened <= letIn * (1 + MOST_REFUSALS_PER_CALL) || left <= 1) return;
      if (!connection.isOpen || !connection.setReading(false)) continue;
      seen.pausedAtMs = nowMs;
      this.#pauseCount += 1;
      this.#pausedNow += 1;
      opened -= seen.openedCount;
      left -= 1;
    }
  }

  #resumeLongest(nowMs: number): void {
    let longest: [PressedConnection, Seen] | undefined;
    for (const entry of this.#connections) {
      const { pausedAtMs } = entry[1];
      if (pausedAtMs === undefined) continue;
      if (longest === undefined || pausedAtMs < (longest[1].pausedAtMs ?? nowMs)) longest = entry;
    }
    if (longest !== undefined) this.#resume(...longest, nowMs);
  }

  #resume(connection: PressedConnection, seen: Seen, nowMs: number): void {
    if (seen.pausedAtMs === undefined) return;
    seen.pausedAtMs = undefined;
    seen.resumedAtMs = nowMs;
    this.#pausedNow -= 1;
    if (connection.isOpen) connection.setReading(true);
  }
}
