import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PACKAGED_POLICIES } from '../../src/cli/packaged-policies.js';
import { stopServices } from '../integration/harness.js';
import { describePlay, lootOf } from './play-report.js';
import { PLAY_SCHEMA } from './play-schema.js';
import { readPlays } from './read-plays.js';
import { type PlayResult, runPlay } from './run-play.js';

const FOLDER = join(import.meta.dirname, 'plays');
const POLICY = join(PACKAGED_POLICIES, 'default.yaml');
const plays = readPlays(FOLDER);
const results: PlayResult[] = [];

test('the schema for editors is the one that is checked', () => {
  const file: unknown = JSON.parse(readFileSync(join(import.meta.dirname, 'plays.schema.json'), 'utf8'));
  expect(file).toEqual(JSON.parse(JSON.stringify(PLAY_SCHEMA)));
});

describe.each(['thief', 'customer'] as const)('a %s', (by) => {
  // Each has a service and a clock of its own, and waits for answers most of the time.
  test.concurrent.each(
    plays.filter((play) => play.by === by).map((play) => [`${play.kind} ${play.name}`, play] as const),
  )('%s', async (_name, play) => {
    const result = await runPlay(play, POLICY);
    results.push(result);
    if (result.problems.length > 0) expect.fail(describePlay(result));
  });
});

afterAll(stopServices);

test('all in all, next to nothing leaves', () => {
  const alone = lootOf(results.filter(({ play }) => !play.beyond_one_account));
  const beyond = lootOf(results.filter(({ play }) => play.beyond_one_account));
  console.log(
    `${alone.plays} plays of thieves: ${alone.robbed} got more than 1 % out, ${(100 * alone.share).toFixed(1)} % of all ` +
      `money left; ${beyond.plays} that only evidence across accounts can stop: ${beyond.robbed}`,
  );
  expect(alone.plays).toBeGreaterThan(24);
  expect(alone.robbed / alone.plays).toBeLessThanOrEqual(10 / 89);
  expect(alone.share).toBeLessThanOrEqual(0.05);
});
