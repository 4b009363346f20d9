import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CONFIRM_AFTER_MS } from '../../src/journal/clock-doubt.js';
import { type ClockEvent, STEP_MS, SteadyClock, systemClock } from '../../src/journal/steady-clock.js';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

let wall: number;
let monotonic: number;
let events: ClockEvent[];
let clock: SteadyClock;

beforeEach(() => {
  wall = START;
  monotonic = 5_000;
  events = [];
  clock = new SteadyClock({
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    onEvent: (event) => events.push(event),
  });
});

function pass(ms: number): void {
  wall += ms;
  monotonic += ms;
}

function steps(): ClockEvent[] {
  return events.filter(({ event }) => event.startsWith('clock-step'));
}

/** What is told of doubts, in few words. */
function doubts(): string[] {
  return events.flatMap((event) => {
    if (event.event === 'clock-unconfirmed') return `${event.doubt.direction} by ${event.doubt.cause}`;
    return event.event === 'clock-confirmed' ? `confirmed by ${event.by}` : [];
  });
}

describe('the clock', () => {
  it('follows the wall clock', () => {
    pass(250);
    expect(clock.nowMs()).toBe(START + 250);
    wall += STEP_MS;
    expect(clock.nowMs()).toBe(START + 250 + STEP_MS);
    expect(events).toEqual([]);
  });

  it('does not follow a step forward of an hour, and reports it once', () => {
    wall += HOUR;
    for (let n = 1; n <= 5; n++) {
      pass(1_000);
      expect(clock.nowMs()).toBe(START + n * 1_000);
    }
    expect(steps()).toEqual([{ event: 'clock-step', stepMs: HOUR }]);
    expect(clock.disagreementMs).toBe(HOUR);
  });

  it('goes on as if nothing had been when the step is taken back', () => {
    wall += HOUR;
    clock.nowMs();
    pass(60_000);
    wall -= HOUR;
    expect(clock.nowMs()).toBe(START + 60_000);
    expect(steps().map(({ event }) => event)).toEqual(['clock-step', 'clock-step-undone']);
  });

  it('believes a step forward that has lasted', () => {
    wall += HOUR;
    clock.nowMs();
    pass(CONFIRM_AFTER_MS - 1);
    expect(clock.nowMs()).toBe(START + CONFIRM_AFTER_MS - 1);
    pass(1);
    expect(clock.nowMs()).toBe(START + HOUR + CONFIRM_AFTER_MS);
    expect(steps().at(-1)).toEqual({ event: 'clock-step-confirmed', stepMs: HOUR });
    pass(1_000);
    expect(clock.nowMs()).toBe(START + HOUR + CONFIRM_AFTER_MS + 1_000);
  });

  it('keeps its pace when the wall clock steps back, then slows until both agree', () => {
    wall -= HOUR;
    pass(1_000);
    expect(clock.nowMs()).toBe(START + 1_000);
    pass(CONFIRM_AFTER_MS);
    const confirmed = clock.nowMs();
    expect(steps().map(({ event }) => event)).toEqual(['clock-step', 'clock-step-confirmed']);
    pass(10_000);
    expect(clock.nowMs() - confirmed).toBe(5_000);
    pass(2 * HOUR);
    clock.nowMs();
    pass(1_000);
    expect(clock.nowMs()).toBe(wall);
  });

  it('never goes backwards but with a far step back that is followed, and never stands still for long', () => {
    const step = fc.record({
      wallMs: fc.integer({ min: -2 * HOUR, max: 2 * HOUR }),
      realMs: fc.nat({ max: HOUR }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (moves) => {
        let previous = clock.nowMs();
        for (const { wallMs, realMs } of moves) {
          wall += wallMs;
          pass(realMs);
          events.length = 0;
          const now = clock.nowMs();
          expect(Number.isInteger(now)).toBe(true);
          const followed = events.some(
            ({ event }) => event.endsWith('confirmed') && event !== 'clock-unconfirmed',
          );
          if (now < previous)
            expect({ followed, isFar: previous - wall > HOUR }).toEqual({ followed: true, isFar: true });
          else expect(now).toBeGreaterThanOrEqual(previous + (realMs > 10 ? 1 : 0));
          previous = now;
        }
      }),
    );
  });

  // Seed 1365088970, shrunk: the wall clock went back by as much as had passed.
  it('moves on when the wall clock says the same again', () => {
    wall -= 21;
    pass(21);
    expect(clock.nowMs()).toBe(START + 10);
  });

  it('is the time of day in a running service', () => {
    const before = Date.now();
    expect(systemClock().nowMs()).toBeGreaterThanOrEqual(before);
  });
});

describe('a doubt of the clock', () => {
  const DAY = 24 * HOUR;
  const MINUTE = 60_000;

  function startedAfter(gapMs: number): void {
    clock.compareWith(wall - gapMs);
  }

  it.each([
    { gap: 60 * HOUR, told: [] },
    { gap: 7 * DAY, told: [] },
    { gap: 7 * DAY + 1, told: ['AHEAD by LOG'] },
    { gap: 400 * DAY, told: ['AHEAD by LOG'] },
    { gap: -MINUTE, told: [] },
    { gap: -2 * DAY, told: ['BEHIND by LOG'] },
  ])('at a start $gap ms past the newest entry: $told', ({ gap, told }) => {
    startedAfter(gap);
    expect(doubts()).toEqual(told);
    expect(clock.doubt === undefined).toBe(told.length === 0);
  });

  it('needs a reference: in an empty log nothing can be lost', () => {
    clock.compareWith(undefined);
    expect(clock.doubt).toBeUndefined();
  });

  it('ahead: what comes in is timed by the wall clock, the log by what is reckoned, caution by the earlier', () => {
    startedAfter(400 * DAY);
    pass(MINUTE);
    const reckoned = START - 400 * DAY + MINUTE;
    expect(clock.read()).toMatchObject({
      nowMs: wall,
      reckonedMs: reckoned,
      earliestMs: reckoned,
      latestMs: wall,
    });
    expect(clock.disagreementMs).toBe(400 * DAY);
  });

  it('behind: the wall clock is the earlier of the two, and the log goes on where it was', () => {
    startedAfter(-2 * DAY);
    pass(MINUTE);
    expect(clock.read()).toMatchObject({ nowMs: wall, earliestMs: wall, reckonedMs: wall + 2 * DAY });
  });

  it('ends by time: a day without a step, an hour is too little', () => {
    startedAfter(8 * DAY);
    for (let hours = 1; hours < 24; hours++) {
      pass(HOUR);
      clock.nowMs();
    }
    expect(clock.doubt).toBeDefined();
    pass(HOUR);
    clock.nowMs();
    expect(doubts()).toEqual(['AHEAD by LOG', 'confirmed by TIME']);
    expect(clock.read()).toMatchObject({ nowMs: wall, reckonedMs: wall, earliestMs: wall });
  });

  it('a step begins that day anew', () => {
    startedAfter(8 * DAY);
    pass(23 * HOUR);
    wall += HOUR;
    clock.nowMs();
    pass(2 * HOUR);
    clock.nowMs();
    expect(doubts()).toEqual(['AHEAD by LOG']);
    pass(23 * HOUR);
    clock.nowMs();
    expect(doubts()).toEqual(['AHEAD by LOG', 'confirmed by TIME']);
  });

  it('ends when a provider signs the same time; an old one says nothing', () => {
    startedAfter(30 * DAY);
    clock.signedAt(wall - HOUR);
    clock.signedAt(wall - 30 * DAY);
    expect(clock.doubt).toBeDefined();
    clock.signedAt(wall - 4 * MINUTE);
    expect(doubts()).toEqual(['AHEAD by LOG', 'confirmed by PROVIDER']);
  });

  it('of a clock behind no provider can speak for it: what it signed may be old', () => {
    startedAfter(-2 * DAY);
    clock.signedAt(wall);
    expect(clock.doubt).toBeDefined();
  });

  it('begins when providers sign times ahead, and not again once a person accepted the clock', () => {
    clock.signedAhead(wall + MINUTE);
    expect(clock.doubt).toBeUndefined();
    clock.signedAhead(wall + 2 * DAY);
    expect(clock.read()).toMatchObject({ nowMs: wall, reckonedMs: wall + 2 * DAY, earliestMs: wall });
    clock.accept();
    clock.signedAhead(wall + 2 * DAY);
    expect(doubts()).toEqual(['BEHIND by PROVIDERS', 'confirmed by OPERATOR']);
  });

  it('ends when a person accepts the clock', () => {
    startedAfter(400 * DAY);
    clock.accept();
    expect(doubts()).toEqual(['AHEAD by LOG', 'confirmed by OPERATOR']);
    expect(clock.read()).toMatchObject({ reckonedMs: wall, doubt: undefined });
  });

  it('ends when a clock that was wrong from the start is set right', () => {
    startedAfter(400 * DAY);
    pass(HOUR);
    expect(clock.nowMs()).toBe(wall);
    wall -= 400 * DAY - HOUR;
    expect(clock.nowMs()).toBe(wall);
    expect(doubts()).toEqual(['AHEAD by LOG', 'confirmed by RETURN']);
  });

  it('a step while running is followed after ten minutes and believed after a day', () => {
    wall += 400 * DAY;
    clock.nowMs();
    pass(CONFIRM_AFTER_MS);
    expect(clock.read()).toMatchObject({ nowMs: wall, earliestMs: START + CONFIRM_AFTER_MS });
    pass(23 * HOUR);
    clock.nowMs();
    expect(doubts()).toEqual(['AHEAD by STEP']);
    pass(HOUR);
    clock.nowMs();
    expect(doubts()).toEqual(['AHEAD by STEP', 'confirmed by TIME']);
  });

  it('what was followed and then set right is taken back at once', () => {
    wall += 400 * DAY;
    clock.nowMs();
    pass(2 * CONFIRM_AFTER_MS);
    clock.nowMs();
    wall -= 400 * DAY;
    pass(1_000);
    expect(clock.nowMs()).toBe(wall);
    expect(doubts()).toEqual(['AHEAD by STEP', 'confirmed by RETURN']);
  });

  it('what is reckoned never goes back while a doubt lasts, whatever the wall clock does', () => {
    const step = fc.record({ wallMs: fc.integer({ min: -DAY, max: DAY }), realMs: fc.nat({ max: HOUR }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (moves) => {
        let previous: number | undefined;
        for (const { wallMs, realMs } of moves) {
          wall += wallMs;
          pass(realMs);
          const { reckonedMs, earliestMs, latestMs, doubt } = clock.read();
          if (doubt !== undefined && previous !== undefined)
            expect(reckonedMs).toBeGreaterThanOrEqual(previous);
          expect(earliestMs).toBeLessThanOrEqual(reckonedMs);
          expect(latestMs).toBeGreaterThanOrEqual(reckonedMs);
          previous = doubt === undefined ? undefined : reckonedMs;
        }
      }),
    );
  });
});
