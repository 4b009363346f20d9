import { join } from 'node:path';
import { type BenchCase, type CaseResult, type Figure, figure, type RunOptions } from '../figure.js';
import { newestEntryBytes } from '../fixtures/entry-size.js';
import { withState } from '../fixtures/state.js';
import { usualWithdrawalFrame } from '../fixtures/withdrawals.js';
import { type AssessLoad, loadWithAssessments } from '../load/assess-load.js';
import { loadWithBareCommits } from '../load/bare-commit.js';
import type { LatencySlot } from '../load/open-loop.js';
import { checkedAnswer } from '../load/sampled-answers.js';
import { UnaryClient } from '../load/unary-client.js';
import { alternating } from '../measure/alternate.js';
import { pairedDifferences, pairedRatios } from '../measure/statistics.js';
import { startGrpcEcho } from '../sides/grpc-echo.js';
import { startHoldfast } from '../sides/holdfast.js';

interface Effort {
  readonly accounts: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly ratesPerSecond: readonly number[];
}

const FULL: Effort = { accounts: 1_000_000, rounds: 3, seconds: 10, ratesPerSecond: [200, 1_000, 3_000] };
const SHORT: Effort = { accounts: 10_000, rounds: 2, seconds: 3, ratesPerSecond: [200, 1_000] };

/** What is measured in turns. `echo` is the transport alone, `commit` the disk alone. */
const SIDES = ['relaxed', 'durable', 'echo', 'commit'] as const;
type SideName = (typeof SIDES)[number];

const SIDE_TITLES: Readonly<Record<SideName, string>> = {
  relaxed: 'relaxed audit',
  durable: 'durable audit',
  echo: 'bare grpc-js echo',
  commit: 'bare group commit',
};

const PERCENTILES = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
  ['max', 'maximum'],
] as const;

export const latencyCase: BenchCase = {
  name: 'latency',
  title: 'Latency of AssessWithdrawal in an open loop, varied accounts, unique request ids',
  run: (options) => {
    const effort = options.short ? SHORT : FULL;
    return withState(effort.accounts, options.progress, (folder) => measure(folder, effort, options));
  },
};

/** Slots by `side.rate`. */
type Slots = Map<string, LatencySlot[]>;

async function measure(dataFolder: string, effort: Effort, options: RunOptions): Promise<CaseResult> {
  const slots: Slots = new Map();
  const runName = `latency-${Date.now()}`;
  let run = 0;
  const ask = (mode: 'relaxed' | 'durable', load: Pick<AssessLoad, 'ratePerSecond' | 'seconds'>) => {
    run += 1;
    return askOnce(dataFolder, mode, { ...load, accounts: effort.accounts, runName, run });
  };
  options.progress('finding an answer and the size of an entry');
  const answer = await answerOf(dataFolder);
  await ask('relaxed', { ratePerSecond: 200, seconds: 3 });
  const entryBytes = await newestEntryBytes(dataFolder);
  const measureSide = async (side: SideName, ratePerSecond: number): Promise<LatencySlot> => {
    const { seconds, accounts } = effort;
    switch (side) {
      case 'relaxed':
      case 'durable':
        return ask(side, { ratePerSecond, seconds });
      case 'echo':
        run += 1;
        return askEcho(answer, { ratePerSecond, seconds, accounts, runName, run });
      case 'commit':
        return loadWithBareCommits({
          file: join(dataFolder, 'bare-commit'),
          entryBytes,
          ratePerSecond,
          seconds,
        });
      default:
        return side satisfies never;
    }
  };
  for (const ratePerSecond of effort.ratesPerSecond) {
    for (const { side, round } of alternating(SIDES, effort.rounds)) {
      const slot = await measureSide(side, ratePerSecond);
      const key = `${side}.${ratePerSecond}`;
      slots.set(key, [...(slots.get(key) ?? []), slot]);
      options.progress(
        `${ratePerSecond}/s round ${round + 1}/${effort.rounds} ${side.padEnd(7)} p50 ${ms(slot.p50)} p99 ${ms(slot.p99)} max ${ms(slot.max)} ms, ${slot.refused} refused (sent late: p99 ${ms(slot.lateP99)})`,
      );
    }
  }
  return {
    figures: figuresOf(slots, effort.ratesPerSecond),
    notes: [
      `State: ${effort.accounts.toLocaleString('en-US')} accounts, asked about at random; every answer checked. ${effort.seconds} s a slot, a fresh process of the service each.`,
      `Each call is measured from the time at which it was due. Entries of the log have ${entryBytes} bytes; the bare group commit writes as many.`,
      'The load comes from the same two cores. lowest and highest are over rounds.',
    ],
  };
}

async function askOnce(
  dataFolder: string,
  audit: 'relaxed' | 'durable',
  load: Omit<AssessLoad, 'address'>,
): Promise<LatencySlot> {
  const service = await startHoldfast({ name: audit, dataFolder, audit });
  try {
    return await loadWithAssessments({ ...load, address: service.address });
  } finally {
    await service.stop();
  }
}

async function askEcho(answer: Buffer, load: Omit<AssessLoad, 'address'>): Promise<LatencySlot> {
  const echo = await startGrpcEcho('encodes', answer, []);
  try {
    return await loadWithAssessments({ ...load, address: echo.address });
  } finally {
    await echo.stop();
  }
}

/** A real answer, for the echo to repeat. */
async function answerOf(dataFolder: string): Promise<Buffer> {
  const frame = usualWithdrawalFrame(0, { withdrawalId: 'latency-answer', requestId: '' }, Date.now());
  const service = await startHoldfast({ name: 'relaxed', dataFolder, audit: 'relaxed', frames: [frame] });
  try {
    const client = await UnaryClient.open(service.address, service.path, 1);
    const answer = await checkedAnswer(service, client, frame);
    await client.close();
    return answer;
  } finally {
    await service.stop();
  }
}

function figuresOf(slots: Slots, rates: readonly number[]): readonly Figure[] {
  const figures: Figure[] = [];
  for (const rate of rates) {
    for (const side of SIDES) {
      const measured = slots.get(`${side}.${rate}`) ?? [];
      for (const [key, label] of PERCENTILES) {
        const id = `latency.${side}.${rate}.${key}`;
        const title = `${rate}/s, ${SIDE_TITLES[side]}: ${label}`;
        figures.push(
          figure(
            id,
            title,
            'ms',
            measured.map((slot) => slot[key] / 1_000),
          ),
        );
      }
    }
    for (const side of SIDES) {
      const late = (slots.get(`${side}.${rate}`) ?? []).map((slot) => slot.lateP99 / 1_000);
      figures.push(
        figure(
          `latency.${side}.${rate}.sent-late`,
          `${rate}/s, ${SIDE_TITLES[side]}: sent late, p99`,
          'ms',
          late,
        ),
      );
    }
    const p99 = (side: SideName) => (slots.get(`${side}.${rate}`) ?? []).map((slot) => slot.p99 / 1_000);
    for (const side of ['relaxed', 'durable'] as const) {
      const refused = (slots.get(`${side}.${rate}`) ?? []).map((slot) => slot.refused / slot.calls);
      figures.push(
        figure(
          `latency.${side}.${rate}.refused`,
          `${rate}/s, ${SIDE_TITLES[side]}: refused for overload`,
          'ratio',
          refused,
        ),
      );
    }
    figures.push(
      figure(
        `latency.relaxed.${rate}.p99-over-echo`,
        `${rate}/s: p99 of relaxed / bare echo`,
        'ratio',
        pairedRatios(p99('relaxed'), p99('echo')),
      ),
      figure(
        `latency.durable.${rate}.added-p99`,
        `${rate}/s: p99 of durable beyond the bare group commit`,
        'ms',
        pairedDifferences(p99('durable'), p99('commit')),
      ),
    );
  }
  return figures;
}

function ms(micros: number): string {
  return (micros / 1_000).toFixed(2);
}
