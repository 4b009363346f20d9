import { type BenchCase, type CaseResult, type Figure, figure, type RunOptions } from '../figure.js';
import { withState } from '../fixtures/state.js';
import { goodput, OverloadGenerator, type OverloadSlot } from '../load/overload/generator.js';
import { HistoryReaders } from '../load/overload/history-readers.js';
import { Probe } from '../load/overload/probe.js';
import { anonymousBytes } from '../measure/process-cost.js';
import { pairedRatios } from '../measure/statistics.js';
import { type RunningHoldfast, startHoldfast } from '../sides/holdfast.js';

interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly capacitySeconds: number;
  readonly multiples: readonly number[];
}

const ACCOUNTS = 10_000;
const FULL: Effort = { rounds: 3, seconds: 5, capacitySeconds: 3, multiples: [1.2, 1.6, 2, 5, 10] };
const SHORT: Effort = { rounds: 1, seconds: 4, capacitySeconds: 2, multiples: [2, 5] };

/** At half the capacity, what is there before and after. */
const AFTER_SECONDS = 2;
const READERS = 16;

export const overloadCase: BenchCase = {
  name: 'overload',
  title: 'Goodput of AssessWithdrawal above capacity, deadline 500 ms, and answers beside readers of history',
  run: (options) => {
    const effort = options.short ? SHORT : FULL;
    return withState(ACCOUNTS, options.progress, async (folder) => {
      const generator = new OverloadGenerator(ACCOUNTS);
      try {
        return await measure(folder, generator, effort, options);
      } finally {
        generator.remove();
      }
    });
  },
};

/** Samples by figure. */
type Samples = Map<string, number[]>;

async function measure(
  dataFolder: string,
  generator: OverloadGenerator,
  effort: Effort,
  { progress }: RunOptions,
): Promise<CaseResult> {
  const service = await startHoldfast({ name: 'relaxed', dataFolder, audit: 'relaxed' });
  const samples: Samples = new Map();
  const note = (id: string, value: number) => samples.set(id, [...(samples.get(id) ?? []), value]);
  const load = (ratePerSecond: number, seconds: number): Promise<OverloadSlot> =>
    generator.load({ address: service.address, path: service.path, ratePerSecond, seconds });
  try {
    let capacity = goodput(await load(0, effort.capacitySeconds));
    for (let round = 0; round < effort.rounds; round += 1) {
      for (const multiple of effort.multiples) {
        // Just before: other work on the machine comes and goes.
        capacity = goodput(await load(0, effort.capacitySeconds));
        const before = anonymousBytes(service.pid);
        const probe = new Probe(`${service.opsUrl}/readyz`);
        const slot = await load(capacity * multiple, effort.seconds);
        const probeP99 = await probe.p99();
        const after = await load(capacity / 2, AFTER_SECONDS);
        const share = goodput(slot) / capacity;
        note(`overload.${multiple}.goodput`, share);
        note(`overload.${multiple}.refusal-p99`, slot.refusalP99Ms);
        note(`overload.${multiple}.ready-p99`, probeP99);
        note(`overload.${multiple}.after-p50`, after.answerP50Ms);
        note(`overload.${multiple}.memory`, (anonymousBytes(service.pid) - before) / 1e6);
        note(`overload.${multiple}.large`, slot.answeredLarge / Math.max(1, slot.askedLarge));
        note(`overload.${multiple}.closed`, slot.connectionsClosed);
        progress(
          `${multiple} times ${capacity.toFixed(0)}/s, round ${round + 1}/${effort.rounds}: ${share.toFixed(2)} of capacity answered in time, ` +
            `${(slot.refused / slot.seconds).toFixed(0)} refused a second (p50 ${slot.refusalP50Ms}, p99 ${slot.refusalP99Ms} ms), ` +
            `${slot.unsent} never sent, ${slot.expired + slot.late} too late, ${slot.connectionsClosed} connections closed, ` +
            `readyz p99 ${probeP99.toFixed(0)} ms, p50 afterwards ${after.answerP50Ms} ms`,
        );
      }
      await besideReaders(service, load, capacity, effort, note, progress);
    }
  } finally {
    await service.stop();
  }
  return {
    figures: figuresOf(samples, effort),
    notes: [
      `State: ${ACCOUNTS.toLocaleString('en-US')} accounts, audit relaxed; ${effort.seconds} s a slot, of which the first fifth is not counted. 32 connections.`,
      'Each multiple is of the capacity measured just before it, in a closed loop with 64 calls under way. Calls count from the time at which they were due, those never sent included.',
      'The generator is built from C and takes the same cores.',
    ],
  };
}

async function besideReaders(
  service: RunningHoldfast,
  load: (ratePerSecond: number, seconds: number) => Promise<OverloadSlot>,
  capacity: number,
  effort: Effort,
  note: (id: string, value: number) => void,
  progress: (line: string) => void,
): Promise<void> {
  const quiet = await load(capacity / 4, effort.seconds);
  const readers = await HistoryReaders.start(service.address, READERS);
  const beside = await load(capacity / 4, effort.seconds);
  const memory = anonymousBytes(service.pid) / 1e6;
  const pages = await readers.stop();
  note('overload.quiet.p99', quiet.answerP99Ms);
  note('overload.readers.p99', beside.answerP99Ms);
  note('overload.readers.memory', memory);
  progress(
    `at a quarter of the capacity p99 ${quiet.answerP99Ms} ms, beside ${READERS} readers ${beside.answerP99Ms} ms; ${pages} pages of 500 read`,
  );
}

function figuresOf(samples: Samples, { multiples }: Effort): readonly Figure[] {
  const of = (id: string) => samples.get(id) ?? [];
  const figures = multiples.flatMap((multiple) => {
    const id = `overload.${multiple}`;
    const times = `${multiple} times capacity`;
    return [
      figure(`${id}.goodput`, `${times}: answered in time / capacity`, 'ratio', of(`${id}.goodput`)),
      figure(`${id}.refusal-p99`, `${times}: p99 of a refusal`, 'ms', of(`${id}.refusal-p99`)),
      figure(`${id}.ready-p99`, `${times}: p99 of /readyz`, 'ms', of(`${id}.ready-p99`)),
      figure(
        `${id}.after-p50`,
        `${times}: p50 at half capacity in the 2 s after`,
        'ms',
        of(`${id}.after-p50`),
      ),
      figure(`${id}.memory`, `${times}: anonymous memory more than before`, 'MB', of(`${id}.memory`)),
      figure(`${id}.large`, `${times}: large withdrawals answered / sent`, 'ratio', of(`${id}.large`)),
      figure(`${id}.closed`, `${times}: connections that closed`, 'times', of(`${id}.closed`)),
    ];
  });
  return [
    ...figures,
    figure('overload.quiet.p99', 'quarter of capacity: p99', 'ms', of('overload.quiet.p99')),
    figure('overload.readers.p99', 'quarter of capacity, 16 readers: p99', 'ms', of('overload.readers.p99')),
    figure(
      'overload.readers.p99-over-quiet',
      'p99 beside 16 readers / without',
      'ratio',
      pairedRatios(of('overload.readers.p99'), of('overload.quiet.p99')),
    ),
    figure(
      'overload.readers.memory',
      'anonymous memory beside 16 readers',
      'MB',
      of('overload.readers.memory'),
    ),
  ];
}
