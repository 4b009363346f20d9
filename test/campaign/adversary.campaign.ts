import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { PACKAGED_POLICIES } from '../../src/cli/packaged-policies.js';
import { seededRandom } from '../../src/population/random.js';
import { describePlay, lootOf, tabulate } from '../adversary/play-report.js';
import { readPlays } from '../adversary/read-plays.js';
import { type PlayResult, runPlay } from '../adversary/run-play.js';
import { varyPlay } from '../adversary/vary-play.js';
import { stopServices } from '../integration/harness.js';

/** How often each play is varied, beside the one that is written. */
const VARIATIONS = Number(process.env['CAMPAIGN_VARIATIONS'] ?? 4);
/** Another one each time, printed, so that a failure can be repeated. */
const SEED = Number(process.env['CAMPAIGN_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const POLICY = process.env['CAMPAIGN_POLICY'] ?? join(PACKAGED_POLICIES, 'default.yaml');

const plays = readPlays(join(import.meta.dirname, '..', 'adversary', 'plays'));

afterAll(stopServices);

test(`${plays.length} plays, ${VARIATIONS} variations, CAMPAIGN_SEED=${SEED}`, async () => {
  const results = new Map<string, readonly PlayResult[]>();
  for (const [index, play] of plays.entries()) {
    const random = seededRandom(SEED * 1000 + index);
    const variations = play.exact ? [] : Array.from({ length: VARIATIONS }, () => varyPlay(play, random));
    const played: PlayResult[] = [];
    for (const one of [play, ...variations]) played.push(await runPlay(one, POLICY));
    await stopServices();
    results.set(play.name, played);
  }
  const all = [...results.values()].flat();
  const beyond = all.filter(({ play }) => play.beyond_one_account);
  const alone = lootOf(all.filter(({ play }) => !play.beyond_one_account));
  console.log(tabulate(results));
  console.log(
    `${alone.plays} plays of thieves: ${alone.robbed} got more than 1 % out; ${(100 * alone.share).toFixed(2)} % of all money ` +
      `left. Only evidence across accounts can stop: ${beyond.length}. CAMPAIGN_SEED=${SEED}`,
  );
  const failed = all.filter(({ problems }) => problems.length > 0);
  if (failed.length > 0) expect.fail(failed.slice(0, 20).map(describePlay).join('\n'));
});
