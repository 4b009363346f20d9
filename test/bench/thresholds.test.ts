import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { figure } from '../../bench/figure.js';
import { readThresholds, regressions, standingOf, type Thresholds } from '../../bench/report/thresholds.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function fileWith(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-thresholds-'));
  folders.push(folder);
  const file = join(folder, 'thresholds.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const HIGHER: Thresholds = { 'a.ratio': { better: 'higher', must: 0.65, aim: 0.9, guard: 0.4 } };
const LOWER: Thresholds = { 'a.ratio': { better: 'lower', must: 10, aim: 4, guard: 50 } };

function measured(...samples: number[]) {
  return figure('a.ratio', 'a ratio', 'ratio', samples);
}

describe('thresholds', () => {
  test.each([
    [0.95, 'aim'],
    [0.9, 'aim'],
    [0.7, 'must'],
    [0.6, 'missed'],
  ])('more is better: %f is %s', (median, standing) => {
    expect(standingOf(measured(median), HIGHER)).toBe(standing);
  });

  test.each([
    [3, 'aim'],
    [4, 'aim'],
    [10, 'must'],
    [11, 'missed'],
  ])('less is better: %f is %s', (median, standing) => {
    expect(standingOf(measured(median), LOWER)).toBe(standing);
  });

  test('a figure that nobody set a threshold for has no standing', () => {
    expect(standingOf(measured(1), {})).toBe('none');
  });

  test('the guard strikes when a figure crosses its bound in every round: one good round is no regression', () => {
    expect(regressions([measured(0.01, 0.8, 0.8)], HIGHER)).toEqual([]);
    expect(regressions([measured(0.01, 0.01, 0.8)], HIGHER)).toEqual([]);
    expect(regressions([measured(0.01, 0.01, 0.02)], HIGHER)).toHaveLength(1);
  });

  test('the guard leaves alone what has no bound for it', () => {
    expect(regressions([measured(0.01)], { 'a.ratio': { better: 'higher', must: 1, aim: 2 } })).toEqual([]);
  });
});

describe('the thresholds file', () => {
  test('only figures that compare two things of one run, or count, have a bound for the guard', () => {
    const guarded = Object.entries(readThresholds('bench/thresholds.json')).filter(
      ([, { guard }]) => guard !== undefined,
    );
    expect(guarded.length).toBeGreaterThan(0);
    expect(guarded.map(([id]) => id).filter((id) => !/over-|faster-than-|thrown-away/.test(id))).toEqual([]);
  });

  test('a bound of the guard is looser than what must be reached', () => {
    for (const [id, { better, must, guard }] of Object.entries(readThresholds('bench/thresholds.json'))) {
      if (guard === undefined) continue;
      expect(better === 'higher' ? guard < must : guard > must, id).toBe(true);
    }
  });

  test.each([
    [{ a: { better: 'sideways', must: 1, aim: 2 } }],
    [{ a: { better: 'higher', must: '1', aim: 2 } }],
  ])('refuses what is no threshold: %j', (content) => {
    expect(() => readThresholds(fileWith(content))).toThrow(/`a` is not a threshold/);
  });
});
