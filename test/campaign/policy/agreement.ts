import { isDeepStrictEqual } from 'node:util';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { CompiledPolicy } from '../../../src/decision/policy-model.js';
import { type ShadowSummary, ThresholdKind } from '../../../src/gen/holdfast/v1/policy_service_pb.js';
import { listPseudonyms } from '../../../src/identity/index.js';
import { readPolicy } from '../../../src/policy/index.js';
import { generatePopulation, type PopulationEvent } from '../../../src/population/index.js';
import { SWEPT_TIER, sweptPoints, type Trial, trialsOf, withHoldAt } from './candidates.js';
import { plainFlips, plainSide, plainSimulation } from './plain-figures.js';
import { type Answer, play, reportOutcomes, stepOf, toldOf } from './play-population.js';
import { allSaidBy, daysOf, type Recorded, recordedBetween, recount, type Said, sideOf } from './recount.js';
import { defaultPolicyText, TrialService } from './trial-service.js';

export interface AgreementOptions {
  readonly seed: number;
  readonly accounts: number;
  readonly days: number;
  readonly takeovers: number;
  /** An empty folder for the data. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** One thing that was told by two ways. */
export interface Comparison {
  readonly what: string;
  readonly agrees: boolean;
  /** What it is about, for people. */
  readonly detail: string;
}

const START = Date.UTC(2026, 0, 1);

/** A part of the history in which one policy decided and the others stood beside it. */
interface Period {
  readonly live: number;
  readonly from: number;
  readonly to: number;
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly answers: readonly Answer[];
  readonly shadows: ReadonlyMap<number, ShadowSummary>;
}

/**
 * Plays a population to a real service in as many periods as there are policies: each decides in one of them, after it was
 * activated by a call, while the others run in shadow. Then everything that the service tells about it is compared with a
 * recount from the log.
 */
export async function compareAllWays(options: AgreementOptions): Promise<readonly Comparison[]> {
  const { say } = options;
  const trials = trialsOf(defaultPolicyText());
  const [packaged] = trials;
  if (packaged === undefined) throw new Error('there is no policy');
  const trial = await TrialService.start(options.folder, packaged.text, START);
  try {
    for (const { text } of trials.slice(1)) await trial.createRevision(text);
    const periods = await playPeriods(trial, trials, options);
    const answers = periods.flatMap((period) => period.answers);
    await reportOutcomes(trial, answers);
    const told = new Map<string, 'FRAUD' | 'HONEST'>();
    for (const [index, answer] of answers.entries()) {
      const outcome = toldOf(index, answer);
      if (outcome !== undefined) told.set(answer.assessmentId, outcome);
    }
    const { journal } = trial.service.stores;
    await journal.whenDurable(journal.head);
    const comparisons: Comparison[] = [];
    for (const period of periods) {
      const found = await comparePeriod(trial, trials, period, told, say);
      comparisons.push(...found);
      for (const { what, agrees, detail } of found)
        say(`${agrees ? 'agrees ' : 'DIFFERS'} ${what}: ${detail}`);
    }
    return comparisons;
  } finally {
    await trial.stop();
  }
}

async function playPeriods(
  trial: TrialService,
  trials: readonly Trial[],
  { seed, accounts, days, takeovers, say }: AgreementOptions,
): Promise<readonly Period[]> {
  const events = generatePopulation({ seed, accounts, days, start: START, takeovers });
  const { stores } = trial.service;
  const starts = partsOf(events, trials.length);
  const periods: Period[] = [];
  for (const [index, { name }] of trials.entries()) {
    const live = index + 1;
    if (index > 0) await trial.activate(live);
    const others = trials.map((_, other) => other + 1).filter((number) => number !== live);
    for (const number of others) await trial.startShadow(number);
    const from = trial.clock.now + 1;
    const firstPosition = stores.journal.head + 1;
    const start = starts[index] ?? 0;
    const answers = await play(trial, events.slice(start, starts[index + 1]), start);
    const shadows = new Map<number, ShadowSummary>();
    for (const number of others) shadows.set(number, await trial.stopShadow(number));
    const lastPosition = stores.journal.head;
    const to = trial.clock.now + 1;
    periods.push({ live, from, to, firstPosition, lastPosition, answers, shadows });
    say(`period ${live}: ${name} decided ${answers.length} withdrawals, the others in shadow`);
  }
  return periods;
}

/** Where each of so many parts begins; none within a step, since the clock stands still in one. */
function partsOf(events: readonly PopulationEvent[], count: number): readonly number[] {
  return Array.from({ length: count }, (_, part) => {
    let start = Math.floor((events.length * part) / count);
    while (start > 0 && start < events.length && stepOf(events[start]) === stepOf(events[start - 1])) start++;
    return start;
  });
}

async function comparePeriod(
  trial: TrialService,
  trials: readonly Trial[],
  period: Period,
  told: ReadonlyMap<string, 'FRAUD' | 'HONEST'>,
  say: (line: string) => void,
): Promise<readonly Comparison[]> {
  const { service } = trial;
  const { firstPosition, lastPosition, live, answers, shadows } = period;
  const all = recordedBetween(service.stores.log, firstPosition, lastPosition, told);
  const pseudonyms = listPseudonyms(service.pseudonyms, 'default');
  const compiled = (text: string): CompiledPolicy => {
    const result = readPolicy(text, { pseudonyms });
    if (result.kind === 'invalid') throw new Error(result.problems[0]?.message);
    return result.policy;
  };
  say(`recounting ${all.length} assessments under ${trials.length} policies ...`);
  const said: (readonly Said[])[] = [];
  for (const { text } of trials) said.push(await allSaidBy(compiled(text), all));
  const liveSaid = said[live - 1] ?? [];
  const liveName = trials[live - 1]?.name ?? '';
  const range = { from: timestampFromMs(period.from), to: timestampFromMs(period.to) };
  const found: Comparison[] = [compareAnswers(`${liveName}, answers given`, answers, all, liveSaid)];
  for (const [index, { name, text }] of trials.entries()) {
    const number = index + 1;
    const points = sweptPoints(text);
    const expected = recount(all, liveSaid, said[index] ?? []);
    const result = await trial.simulate({
      candidate: { case: 'number', value: number },
      beforeNumber: live,
      sweep: { tier: SWEPT_TIER, kind: ThresholdKind.HOLD, points: [...points] },
      ...range,
    });
    const told = plainSimulation(result);
    const changed = Object.values(told.flips).reduce((sum, { all: [count] }) => sum + count, 0);
    found.push({
      what: `${name} simulated on what ${liveName} decided`,
      agrees: isDeepStrictEqual(told, expected),
      detail: `${told.replayed} assessments, ${changed} decisions other, ${told.after.caught} thefts stopped`,
    });
    const days = daysOf(all);
    for (const [row, threshold] of points.entries()) {
      const policy = compiled(withHoldAt(text, threshold));
      const side = sideOf(all, await allSaidBy(policy, all), days);
      const swept = plainSide(result.sweep[row]?.side);
      found.push({
        what: `${name} swept, hold of ${SWEPT_TIER} at ${threshold}`,
        agrees: isDeepStrictEqual(swept, side),
        detail: `${swept.decisions['HOLD']?.[0]} holds, ${swept.caught} thefts stopped`,
      });
    }
    const summary = shadows.get(number);
    if (summary !== undefined) found.push(compareShadow(`${name} in shadow`, summary, all, expected.flips));
  }
  return found;
}

/** What callers were told, what was recorded, and what the recount says. */
function compareAnswers(
  what: string,
  answers: readonly Answer[],
  all: readonly Recorded[],
  said: readonly Said[],
): Comparison {
  const answered = new Map(answers.map(({ assessmentId, decision }) => [assessmentId, decision]));
  const agreeing = all.filter(
    ({ id, decision }, index) => answered.get(id) === decision && said[index]?.decision === decision,
  );
  return {
    what,
    agrees: agreeing.length === all.length && answers.length === all.length && all.length > 0,
    detail: `${agreeing.length} of ${answers.length} as recorded and recounted`,
  };
}

function compareShadow(
  what: string,
  { comparedCount, droppedCount, flips }: ShadowSummary,
  all: readonly Recorded[],
  expected: ReturnType<typeof recount>['flips'],
): Comparison {
  const wanted = Object.fromEntries(Object.entries(expected).map(([name, flip]) => [name, flip.all]));
  return {
    what,
    agrees:
      Number(comparedCount) === all.length &&
      droppedCount === 0n &&
      isDeepStrictEqual(plainFlips(flips), wanted),
    detail: `${comparedCount} compared, ${droppedCount} left out, ${flips.length} pairs differ`,
  };
}
