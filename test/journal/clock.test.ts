import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type ClockEvent,
  CONFIRM_AFTER_MS,
  STEP_MS,
  SteadyClock,
  systemClock,
} from '../../src/journal/clock.js';

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
    expect(events).toEqual([{ event: 'clock-step', stepMs: HOUR }]);
    expect(clock.disagreementMs).toBe(HOUR);
  });

  it('goes on as if nothing had been when the step is taken back', () => {
    wall += HOUR;
    clock.nowMs();
    pass(60_000);
    wall -= HOUR;
    expect(clock.nowMs()).toBe(START + 60_000);
    expect(events.map(({ event }) => event)).toEqual(['clock-step', 'clock-step-undone']);
  });

  it('believes a step forward that has lasted', () => {
    wall += HOUR;
    clock.nowMs();
    pass(CONFIRM_AFTER_MS - 1);
    expect(clock.nowMs()).toBe(START + CONFIRM_AFTER_MS - 1);
    pass(1);
    expect(clock.nowMs()).toBe(START + HOUR + CONFIRM_AFTER_MS);
    expect(events.at(-1)).toEqual({ event: 'clock-step-confirmed', stepMs: HOUR });
    pass(1_000);
    expect(clock.nowMs()).toBe(START + HOUR + CONFIRM_AFTER_MS + 1_000);
  });

  it('keeps its pace when the wall clock steps back, then slows until both agree', () => {
    wall -= HOUR;
    pass(1_000);
    expect(clock.nowMs()).toBe(START + 1_000);
    pass(CONFIRM_AFTER_MS);
    const confirmed = clock.nowMs();
    expect(events.map(({ event }) => event)).toEqual(['clock-step', 'clock-step-confirmed']);
    pass(10_000);
    expect(clock.nowMs() - confirmed).toBe(5_000);
    pass(2 * HOUR);
    clock.nowMs();
    pass(1_000);
    expect(clock.nowMs()).toBe(wall);
  });

  it('never goes backwards, whatever the clocks do, and never stands still for long', () => {
    const step = fc.record({
      wallMs: fc.integer({ min: -2 * HOUR, max: 2 * HOUR }),
      realMs: fc.nat({ max: HOUR }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let previous = clock.nowMs();
        for (const { wallMs, realMs } of steps) {
          wall += wallMs;
          pass(realMs);
          const now = clock.nowMs();
          expect(Number.isInteger(now)).toBe(true);
          expect(now).toBeGreaterThanOrEqual(previous + (realMs > 10 ? 1 : 0));
          previous = now;
        }
      }),
    );
  });

  it('is the time of day in a running service', () => {
    const before = Date.now();
    expect(systemClock().nowMs()).toBeGreaterThanOrEqual(before);
  });
});
