import type { UnixMs } from '../decision/vocabulary.js';
import { type Clock, type ClockDoubt, type ClockEvent, readClock, SteadyClock } from '../journal/index.js';
import { decodeLogEntry } from '../store/log-entry.js';
import type { LogPosition, LogStore } from '../store/ports.js';
import type { Events } from '../telemetry/events.js';
import { type ClockStanding, readStanding, takeAcceptance, writeStanding } from './clock-files.js';

/** How often the clock is looked at although nobody asks for the time, and whether somebody accepted it. */
const LOOK_INTERVAL_MS = 1_000;

/**
 * Watches over the service's clock: compares it with the log, tells of doubts and of their ends, and keeps both on disk for
 * `holdfast clock` and for the next start.
 */
export class ClockWatch {
  /** The service's time. */
  readonly clock: Clock;
  /** Undefined where a test put its own clock in place. */
  readonly #steady: SteadyClock | undefined;
  readonly #dataDir: string;
  readonly #events: Events;
  #head: () => LogPosition = () => 0;
  #timer: NodeJS.Timeout | undefined;
  /** Told whenever a doubt begins or ends. */
  #changed: () => void = () => undefined;
  #isWriting = false;

  /** @param replaced a test's clock, which is believed */
  constructor(dataDir: string, events: Events, replaced?: Clock) {
    this.#dataDir = dataDir;
    this.#events = events;
    this.#steady =
      replaced === undefined
        ? new SteadyClock({
            wallMs: Date.now,
            monotonicMs: () => performance.now(),
            onEvent: (event) => this.#happened(event),
          })
        : undefined;
    this.clock = replaced ?? this.#steady ?? { nowMs: Date.now };
  }

  /** Why the wall clock is not believed: then nothing may be removed on its word. */
  get doubt(): ClockDoubt | undefined {
    return readClock(this.clock).doubt;
  }

  /** Seconds by which the wall clock is ahead of the time that is believed; negative: behind. */
  get disagreementSeconds(): number {
    return (this.#steady?.disagreementMs ?? 0) / 1_000;
  }

  /**
   * Compares the clock with the newest entry. Call it when the log is open, before anything is appended.
   *
   * @throws StoreError code `LOG_CORRUPT` when that entry cannot be read
   */
  compareWith(log: LogStore): void {
    this.#head = () => log.lastPosition;
    this.#isWriting = true;
    const standing = readStanding(this.#dataDir);
    const older = standing?.standing === 'unconfirmed' ? standing : undefined;
    this.#steady?.compareWith(this.#referenceOf(log, standing), older);
    // What is over must not be accepted later: the acceptance would wait for the next start that is as wrong.
    if (older !== undefined && this.#steady?.doubt === undefined) this.#keep(undefined);
    this.#acceptIfAsked();
  }

  /** @param changed told whenever a doubt begins or ends */
  start(changed: () => void): void {
    this.#changed = changed;
    this.#timer = setInterval(() => {
      if (this.doubt !== undefined) this.#acceptIfAsked();
    }, LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A provider signed this time. @param isAhead it lies ahead of ours, and enough providers say so */
  signed(issuedAtMs: UnixMs, isAhead: boolean): void {
    if (isAhead) this.#steady?.signedAhead(issuedAtMs);
    else this.#steady?.signedAt(issuedAtMs);
  }

  #referenceOf(log: LogStore, standing: ClockStanding | undefined): UnixMs | undefined {
    const position = log.lastPosition;
    if (standing?.standing === 'confirmed' && standing.position === position) return standing.atMs;
    const newest = position === 0 ? undefined : log.get(position);
    // One that was taken under an unconfirmed clock carries the time that was reckoned then.
    return newest === undefined ? undefined : decodeLogEntry(position, newest).receivedAt;
  }

  #acceptIfAsked(): void {
    if (takeAcceptance(this.#dataDir, this.#steady?.doubt)) this.#steady?.accept();
  }

  #happened(event: ClockEvent): void {
    switch (event.event) {
      case 'clock-step':
      case 'clock-step-confirmed':
        this.#events.clockStepped(event.stepMs);
        return;
      case 'clock-step-undone':
        this.#events.clockStepped(0);
        return;
      case 'clock-unconfirmed':
        this.#events.clockUnconfirmed(event.doubt.direction, event.doubt.cause, event.doubt.differenceMs);
        this.#keep(event.doubt);
        this.#changed();
        return;
      case 'clock-confirmed':
        this.#events.clockConfirmed(event.by);
        this.#keep(undefined);
        this.#changed();
        return;
      default:
        event satisfies never;
    }
  }

  #keep(doubt: ClockDoubt | undefined): void {
    if (!this.#isWriting) return;
    const atMs = Date.now();
    try {
      writeStanding(
        this.#dataDir,
        doubt === undefined
          ? { standing: 'confirmed', atMs, position: this.#head() }
          : { standing: 'unconfirmed', doubt, sinceMs: atMs },
      );
    } catch (error) {
      this.#events.clockNotKept(error);
    }
  }
}

/** For `/readyz`: in a few words. */
export function describeDoubt(doubt: ClockDoubt | undefined): string {
  if (doubt === undefined) return 'confirmed';
  const hours = Math.round(Math.abs(doubt.differenceMs) / 36_000) / 100;
  return `unconfirmed: ${hours} h ${doubt.direction === 'AHEAD' ? 'ahead' : 'behind'}, found by ${doubt.cause}`;
}
