import { describe, expect, test } from 'vitest';
import {
  describeDifferences,
  describeEffect,
  effectOf,
  formatDifference,
} from '../../../src/policy/diff/index.js';
import { readPolicy } from '../../../src/policy/index.js';
import type { PolicyDocument } from '../../../src/policy/policy-document.js';
import { newSimulation } from '../../../src/policy/simulate/index.js';
import { DAY, NOW } from '../../decision/fixtures.js';
import { TEST_PSEUDONYMS } from '../list-pseudonyms.js';
import { SMALL_POLICY } from '../small-policy.js';

function documentOf(text: string): PolicyDocument {
  const result = readPolicy(text, { pseudonyms: TEST_PSEUDONYMS });
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.document;
}

function differences(after: string, before = SMALL_POLICY): string[] {
  return describeDifferences(documentOf(before), documentOf(after)).map(formatDifference);
}

describe('what differs', () => {
  test('nothing, whatever the comments and the order of keys', () => {
    expect(differences(`# a comment\n${SMALL_POLICY}`)).toEqual([]);
    const swapped = SMALL_POLICY.replace(
      'name: small-policy\ncurrency: EUR',
      'currency: EUR\nname: small-policy',
    );
    expect(differences(swapped)).toEqual([]);
  });

  test('a threshold', () => {
    expect(differences(SMALL_POLICY.replace('    hold: 30', '    hold: 25'))).toEqual([
      'hold threshold for small: 30 -> 25',
    ]);
  });

  test('points, half-life, window and cap', () => {
    const changed = SMALL_POLICY.replace(
      'points: 30\n    half_life: 7d',
      'points: 35\n    half_life: 3d',
    ).replace('access: 35', 'access: 40');
    expect(differences(changed)).toEqual([
      'cap of group access: 35 -> 40',
      'points of RESET: 30 -> 35',
      'half-life of RESET: 7d -> 3d',
    ]);
  });

  test('a rule that comes and one that goes', () => {
    const rule = / {2}- code: OLD_DEVICE\n(?: {4}.*\n){3}/;
    expect(SMALL_POLICY).toMatch(rule);
    const without = SMALL_POLICY.replace(rule, '');
    expect(differences(without)).toEqual(['rule OLD_DEVICE: removed']);
    expect(differences(SMALL_POLICY, without)).toEqual(['rule OLD_DEVICE: new, -5 points']);
  });

  test('a step of a sequence, and their order', () => {
    expect(differences(SMALL_POLICY.replace('points: 10, required', 'points: 12, required'))).toEqual([
      'points of reset of STORY: 10 -> 12',
    ]);
    const [first, second] = SMALL_POLICY.split('\n').filter((line) => line.startsWith('      - { name:'));
    const swapped = SMALL_POLICY.replace(`${first}\n${second}`, `${second}\n${first}`);
    expect(differences(swapped)).toEqual(['order of steps of STORY: reset, share -> share, reset']);
  });

  test('a condition, as an author would write it', () => {
    const changed = SMALL_POLICY.replace(
      'code: LOCK\n    when: { signal: [PASSWORD_RESET] }',
      'code: LOCK\n    when: { signal: [PASSWORD_RESET, SIM_CHANGED] }',
    );
    expect(differences(changed)).toEqual([
      'condition of LOCK: { signal: [PASSWORD_RESET] } -> { signal: [PASSWORD_RESET, SIM_CHANGED] }',
    ]);
  });

  test('what happens to a tier when something is down, one by one', () => {
    expect(differences(SMALL_POLICY.replace('behind: ALLOW', 'behind: HOLD'))).toEqual([
      'behind of degraded of small: ALLOW -> HOLD',
    ]);
  });

  test('entries of a list by their number, since they name people', () => {
    const changed = SMALL_POLICY.replace(
      'entries: [{ value: "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", reason: police }]',
      'entries: [{ value: "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", reason: court }, { value: "bitcoin:bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj", reason: police }]',
    );
    expect(differences(changed)).toEqual(['entries of stolen: 1 -> 2 (1 added, 1 changed)']);
  });

  test('settings inside a section', () => {
    const [was] = /trust_floor: .*/.exec(SMALL_POLICY) ?? [''];
    expect(differences(SMALL_POLICY.replace(was, 'trust_floor: -20'))).toEqual([
      expect.stringMatching(/^trust_floor: .* -> -20$/),
    ]);
  });
});

describe('what it would have meant', () => {
  test('is said a day, with thefts and honest withdrawals', () => {
    const simulation = { ...newSimulation(), firstAt: NOW, lastAt: NOW + 10 * DAY };
    simulation.after.decisions.HOLD.count = 120;
    simulation.before.decisions.STEP_UP.count = 15;
    simulation.after.outcomes.FRAUD.HOLD.count = 2;
    simulation.before.outcomes.HONEST.HOLD.count = 1;
    expect(describeEffect(effectOf(simulation))).toEqual([
      'about 12 more holds a day',
      'about 1.5 fewer step-ups a day',
      '2 more thefts stopped',
      '1 fewer honest withdrawal stopped',
    ]);
  });

  test('nothing', () => {
    expect(describeEffect(effectOf(newSimulation()))).toEqual(['no decision would have been another']);
  });

  test('that decisions change places, though the counts do not say so', () => {
    const effect = { ...effectOf(newSimulation()), hasFlips: true };
    expect(describeEffect(effect)).toEqual(['the counts stay the same']);
  });
});
