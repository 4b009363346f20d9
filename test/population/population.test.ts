import { beforeAll, describe, expect, test } from 'vitest';
import {
  ATTACK_STYLES,
  generatePopulation,
  type PopulationEvent,
  readStyles,
  type SyntheticSignal,
  type SyntheticWithdrawal,
  USUAL_WORLD,
  usualTakeovers,
  type World,
} from '../../src/population/index.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const OPTIONS = { seed: 11, accounts: 600, days: 60, start: START, takeovers: 200 };

let events: PopulationEvent[];
let withdrawals: SyntheticWithdrawal[];
let thefts: SyntheticWithdrawal[];

beforeAll(() => {
  events = generatePopulation(OPTIONS);
  withdrawals = events.filter((event) => event.kind === 'withdrawal');
  thefts = withdrawals.filter(({ theft }) => theft !== undefined);
});

function signalsOf(accountId: string): SyntheticSignal[] {
  return events.filter((event) => event.kind === 'signal').filter((event) => event.accountId === accountId);
}

function theftsIn(style: string): SyntheticWithdrawal[] {
  return thefts.filter(({ theft }) => theft?.style === style);
}

describe('a population', () => {
  test('is the same for the same seed, and another one for another', () => {
    expect(generatePopulation(OPTIONS)).toEqual(events);
    expect(generatePopulation({ ...OPTIONS, seed: 12 })).not.toEqual(events);
  });

  test('is told in the order of time, and in time', () => {
    for (const [index, event] of events.entries()) {
      expect(event.at).toBeGreaterThanOrEqual(events[index - 1]?.at ?? 0);
      expect(event.at).toBeLessThan(START + OPTIONS.days * DAY_MS);
      expect(Number.isInteger(event.at)).toBe(true);
    }
  });

  test('has withdrawals that the contract accepts', () => {
    expect(withdrawals.length).toBeGreaterThan(1000);
    for (const {
      value,
      balanceShare,
      destination,
      at,
      deviceFirstSeenAt,
      openedAt,
      factors,
    } of withdrawals) {
      for (const { enrolledAt } of factors) expect(enrolledAt).toBeLessThanOrEqual(at);
      expect(Number.isSafeInteger(value) && value > 0).toBe(true);
      expect(balanceShare).toBeGreaterThanOrEqual(0);
      expect(balanceShare).toBeLessThanOrEqual(1);
      expect(destination.addedAt).toBeLessThanOrEqual(at);
      expect(deviceFirstSeenAt).toBeLessThanOrEqual(at);
      expect(openedAt).toBeLessThan(at);
    }
  });

  test('has every style of attack, and each account taken over once', () => {
    expect(new Set(thefts.map(({ theft }) => theft?.style))).toEqual(new Set(ATTACK_STYLES));
    const byTakeover = new Map<number, Set<string>>();
    for (const { theft, accountId } of thefts) {
      const accounts = byTakeover.get(theft?.takeover ?? -1) ?? new Set();
      byTakeover.set(theft?.takeover ?? -1, accounts.add(accountId));
    }
    for (const accounts of byTakeover.values()) expect(accounts.size).toBe(1);
  });

  test('has no honest act of an owner after the theft', () => {
    const stolenAt = new Map(thefts.map(({ accountId, at }) => [accountId, at]));
    const later = withdrawals.filter(
      ({ theft, accountId, at }) => theft === undefined && at > (stolenAt.get(accountId) ?? Infinity),
    );
    expect(later).toEqual([]);
  });

  test('lets patient thieves wait out a timer of 72 hours after their last security change', () => {
    const patient = theftsIn('patient');
    expect(patient.length).toBeGreaterThan(5);
    for (const { accountId, at } of patient) {
      const resets = signalsOf(accountId).filter(
        ({ type, at: then }) => type === 'PASSWORD_RESET' && then < at,
      );
      expect(at - (resets.at(-1)?.at ?? at)).toBeGreaterThan(72 * HOUR_MS);
    }
  });

  test('lets the devices and destinations of some grow old', () => {
    for (const { at, destination, deviceFirstSeenAt } of theftsIn('aged')) {
      expect(at - destination.addedAt).toBeGreaterThanOrEqual(2 * DAY_MS);
      expect(at - deviceFirstSeenAt).toBeGreaterThan(3 * DAY_MS);
    }
  });

  test('lets others ripen beyond timers for new addresses, or sleep beyond what is remembered', () => {
    for (const { at, destination, deviceFirstSeenAt } of theftsIn('ripened')) {
      expect(at - destination.addedAt).toBeGreaterThanOrEqual(8 * DAY_MS - HOUR_MS);
      expect(at - deviceFirstSeenAt).toBeGreaterThanOrEqual(8 * DAY_MS);
    }
    const slept = theftsIn('sleeping').map(({ at, deviceFirstSeenAt }) => at - deviceFirstSeenAt);
    expect(Math.min(...slept)).toBeGreaterThan(10 * DAY_MS);
    expect(Math.max(...slept)).toBeGreaterThan(30 * DAY_MS);
  });

  test('lets providers tell late of what happened months ago', () => {
    const late = new Set(theftsIn('late-notice').map(({ email }) => email));
    const told = events.filter((event) => event.kind === 'provider-event' && late.has(event.email));
    const ages = told.flatMap((event) =>
      event.kind === 'provider-event' && (event.unauthorised || event.type === 'CREDENTIAL_COMPROMISE')
        ? [event.at - event.occurredAt]
        : [],
    );
    expect(ages.filter((age) => age > 30 * DAY_MS).length).toBeGreaterThan(5);
  });

  test('drains below half, day after day', () => {
    const drains = theftsIn('draining');
    expect(drains.length).toBeGreaterThan(10);
    for (const { value, balanceShare } of drains) {
      expect(value).toBeLessThan(1_000_000);
      expect(balanceShare).toBeLessThan(0.5);
    }
  });

  test('keeps slices small', () => {
    const slices = theftsIn('slicing');
    expect(slices.length).toBeGreaterThan(20);
    for (const { value } of slices) expect(value).toBeLessThan(120_000);
  });

  test('lets silent providers say nothing', () => {
    const silent = new Set(theftsIn('silent-provider').map(({ email }) => email));
    expect(silent.size).toBeGreaterThan(3);
    const said = events.filter((event) => event.kind === 'provider-event' && silent.has(event.email));
    expect(said).toEqual([]);
  });

  test('announces the incident late, and closes it', () => {
    const cohorts = events.filter((event) => event.kind === 'cohort');
    expect(cohorts.map(({ to }) => to === undefined)).toEqual([true, false]);
    expect((cohorts[0]?.at ?? 0) - (cohorts[0]?.from ?? 0)).toBeGreaterThan(5 * DAY_MS);
  });

  test('has resets close before about one honest withdrawal in a hundred', () => {
    const honest = withdrawals.filter(({ theft }) => theft === undefined);
    const resets = new Map<string, number[]>();
    for (const event of events) {
      if (event.kind !== 'signal' || event.type !== 'PASSWORD_RESET') continue;
      resets.set(event.accountId, [...(resets.get(event.accountId) ?? []), event.at]);
    }
    const after = honest.filter(({ accountId, at }) =>
      (resets.get(accountId) ?? []).some((reset) => reset < at && at - reset < 5 * DAY_MS),
    );
    expect(after.length / honest.length).toBeGreaterThan(0.003);
    expect(after.length / honest.length).toBeLessThan(0.04);
  });

  test('has as many takeovers as it is told, never more than accounts', () => {
    expect(new Set(thefts.map(({ theft }) => theft?.takeover)).size).toBe(200);
    expect(() => generatePopulation({ ...OPTIONS, takeovers: 601 })).toThrow('more takeovers than accounts');
    expect(usualTakeovers(100_000, 90)).toBe(2430);
  });
});

describe('another world', () => {
  function changesOf(world: World): number {
    return generatePopulation({ ...OPTIONS, takeovers: 0, world }).filter(({ kind }) => kind === 'signal')
      .length;
  }

  test('has as many security changes as it is asked for, and no fewer withdrawals', () => {
    const usual = changesOf(USUAL_WORLD);
    expect(changesOf({ ...USUAL_WORLD, changes: 3 })).toBeGreaterThan(2 * usual);
    expect(changesOf({ ...USUAL_WORLD, changes: 0.3 })).toBeLessThan(usual);
  });

  test('may be one in which no provider says a word of anybody', () => {
    const silent = generatePopulation({ ...OPTIONS, world: { ...USUAL_WORLD, silent: 1 } });
    expect(silent.filter(({ kind }) => kind === 'provider-event')).toEqual([]);
    expect(events.some(({ kind }) => kind === 'provider-event')).toBe(true);
  });

  test('has the attacks that its mixture names, and no others', () => {
    const styles = readStyles('patient=2, aged=1');
    expect(styles).toEqual([
      { item: 'patient', weight: 2 },
      { item: 'aged', weight: 1 },
    ]);
    const made = generatePopulation({
      ...OPTIONS,
      world: { ...USUAL_WORLD, styles: styles ?? USUAL_WORLD.styles },
    });
    const seen = made.flatMap((event) => (event.kind === 'withdrawal' ? (event.theft?.style ?? []) : []));
    expect(new Set(seen)).toEqual(new Set(['patient', 'aged']));
  });

  test.each(['', 'fast', 'fast=0', 'fast=x', 'slow=1', 'fast=1,,'])(
    'does not read `%s` as a mixture',
    (text) => {
      expect(readStyles(text)).toBeUndefined();
    },
  );
});
