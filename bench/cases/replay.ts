import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { itemsOf, parcelOf, planReplay, readSlice, SLICE_ITEMS } from '../../src/audit/simulation/index.js';
import { Replayer, type ReplayTask } from '../../src/audit/simulation/replay-task.js';
import { openHistory, readPolicyFile } from '../../src/cli/history.js';
import { writeHistory } from '../../src/cli/population/write-history.js';
import type { Simulation } from '../../src/policy/simulate/simulation.js';
import { generatePopulation, usualTakeovers } from '../../src/population/index.js';
import { type BenchCase, type CaseResult, figure, type RunOptions } from '../figure.js';
import { WrongAnswerError } from '../load/wrong-answer.js';
import { CACHE_FOLDER, ROOT_FOLDER } from '../paths.js';

interface Effort {
  readonly accounts: number;
  readonly days: number;
  readonly rounds: number;
}

const FULL: Effort = { accounts: 6_000, days: 60, rounds: 9 };
const SHORT: Effort = { accounts: 1_500, days: 30, rounds: 4 };
const POPULATION = { seed: 1, start: Date.UTC(2026, 0, 1) };

/** Passes before the measured ones: until then code runs that is not compiled yet. */
const WARM_UP_ROUNDS = 2;

export const replayCase: BenchCase = {
  name: 'replay',
  title: 'Recorded assessments decided again under two policies, on one thread',
  async run(options) {
    const folder = mkdtempSync(join(CACHE_FOLDER, 'replay-'));
    try {
      return await measure(folder, options.short ? SHORT : FULL, options);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(
  folder: string,
  { accounts, days, rounds }: Effort,
  options: RunOptions,
): Promise<CaseResult> {
  const policyFile = join(ROOT_FOLDER, 'policies', 'default.yaml');
  options.progress('making a history');
  await writeHistory({
    folder: join(folder, 'data'),
    policyText: readFileSync(policyFile, 'utf8'),
    events: generatePopulation({ ...POPULATION, accounts, days, takeovers: usualTakeovers(accounts, days) }),
    seed: POPULATION.seed,
  });
  const history = openHistory({}, join(folder, 'data'));
  try {
    const { policy, text } = readPolicyFile(policyFile, history.pseudonyms);
    const filter = { tenant: 'default', sampleEvery: 1 };
    const plan = await planReplay(history.entries, filter, new AbortController().signal);
    const parcel = parcelOf(policy, text);
    const task: ReplayTask = {
      tenant: filter.tenant,
      outcomes: plan.outcomes,
      before: parcel,
      candidate: parcel,
    };
    const slices = Array.from({ length: Math.ceil(plan.positions.length / SLICE_ITEMS) }, (_, index) =>
      readSlice(history.entries, plan, index * SLICE_ITEMS),
    );
    const micros = (work: () => void): number => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / plan.positions.length;
    };
    let read = 0;
    const decoded: number[] = [];
    const replayed: number[] = [];
    for (let round = 0; round < WARM_UP_ROUNDS + rounds; round += 1) {
      const decode = micros(() => {
        read = 0;
        for (const slice of slices) for (const _item of itemsOf(slice, task.tenant, task.outcomes)) read += 1;
      });
      const replayer = new Replayer(task);
      const replay = micros(() => {
        for (const slice of slices) replayer.add(slice);
      });
      requireSame(replayer.findings.simulation, plan.positions.length, read);
      if (round < WARM_UP_ROUNDS) continue;
      decoded.push(decode);
      replayed.push(replay);
      options.progress(`round ${round - WARM_UP_ROUNDS + 1}/${rounds}: ${replay.toFixed(1)} µs a replay`);
    }
    return {
      figures: [
        figure('replay.decode', 'reading one recorded assessment', 'µs', decoded),
        figure('replay.each', 'reading it and deciding it under two policies', 'µs', replayed),
        figure(
          'replay.per-core',
          'replays a second of CPU time',
          'events/s',
          replayed.map((each) => 1e6 / each),
        ),
      ],
      notes: [
        `${plan.positions.length.toLocaleString('en-US')} assessments of a made-up population of ${accounts.toLocaleString('en-US')} accounts; default policy on both sides. CPU time, so that other work of the machine counts less.`,
      ],
    };
  } finally {
    await history.close();
  }
}

/** Both sides have the same policy, so nothing may come out otherwise; and all must have been looked at. */
function requireSame(simulation: Simulation, assessments: number, read: number): void {
  const { replayed, flips, before, after } = simulation;
  if (read !== assessments || replayed !== assessments)
    throw new WrongAnswerError(`${assessments} assessments, ${read} read, ${replayed} replayed`);
  if (flips.size > 0 || !isDeepStrictEqual(before, after))
    throw new WrongAnswerError('the same policy gave different answers');
}
