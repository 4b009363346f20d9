import { type BenchCase, type CaseResult, type Figure, figure, type RunOptions } from '../figure.js';
import { withState } from '../fixtures/state.js';
import { loadWithAssessments } from '../load/assess-load.js';
import type { LatencySlot } from '../load/open-loop.js';
import { alternating } from '../measure/alternate.js';
import { anonymousBytes } from '../measure/process-cost.js';
import { pairedRatios } from '../measure/statistics.js';
import { startHoldfast } from '../sides/holdfast.js';

interface Size {
  /** As in the ids of figures. */
  readonly name: string;
  readonly accounts: number;
}

interface Effort {
  readonly sizes: readonly [smallest: Size, ...larger: Size[]];
  readonly rounds: number;
  readonly seconds: number;
}

const TEN_THOUSAND: Size = { name: '10k', accounts: 10_000 };
const HUNDRED_THOUSAND: Size = { name: '100k', accounts: 100_000 };
const MILLION: Size = { name: '1m', accounts: 1_000_000 };
const TEN_MILLION: Size = { name: '10m', accounts: 10_000_000 };

const FULL: Effort = { sizes: [TEN_THOUSAND, MILLION, TEN_MILLION], rounds: 5, seconds: 10 };
const SHORT: Effort = { sizes: [TEN_THOUSAND, HUNDRED_THOUSAND], rounds: 2, seconds: 3 };

/** Enough calls for a p99, few enough that the load's own CPU does not show in it. */
const RATE_PER_SECOND = 500;

/** One start of the service on one state. */
interface Visit {
  readonly readySeconds: number;
  readonly anonymousMegabytes: number;
  readonly slot: LatencySlot;
}

export const scaleCase: BenchCase = {
  name: 'scale',
  title: 'Latency, memory and start at growing numbers of accounts',
  run: async (options) => {
    const effort = options.short ? SHORT : FULL;
    return withStates(effort.sizes, options, (folders) => measure(folders, effort, options));
  },
};

/** Prepares the states of all sizes, then works on them together, so that sizes can take turns. */
async function withStates(
  sizes: readonly Size[],
  options: RunOptions,
  work: (folders: ReadonlyMap<Size, string>) => Promise<CaseResult>,
  ready: ReadonlyMap<Size, string> = new Map(),
): Promise<CaseResult> {
  const [size, ...rest] = sizes;
  if (size === undefined) return work(ready);
  return withState(size.accounts, options.progress, (folder) =>
    withStates(rest, options, work, new Map([...ready, [size, folder]])),
  );
}

async function measure(
  folders: ReadonlyMap<Size, string>,
  effort: Effort,
  options: RunOptions,
): Promise<CaseResult> {
  const visits = new Map<Size, Visit[]>(effort.sizes.map((size) => [size, []]));
  const runName = `scale-${Date.now()}`;
  let run = 0;
  for (const { side: size, round } of alternating(effort.sizes, effort.rounds)) {
    run += 1;
    const visit = await visitState(folders.get(size) ?? '', size, effort.seconds, runName, run);
    visits.get(size)?.push(visit);
    options.progress(
      `round ${round + 1}/${effort.rounds} ${size.name.padEnd(4)} ready ${visit.readySeconds.toFixed(2)} s, p50 ${(visit.slot.p50 / 1_000).toFixed(2)} p99 ${(visit.slot.p99 / 1_000).toFixed(2)} ms, anonymous ${visit.anonymousMegabytes.toFixed(0)} MB`,
    );
  }
  return {
    figures: figuresOf(visits, effort.sizes),
    notes: [
      `Each start is a new process after a clean stop; then ${effort.seconds} s at ${RATE_PER_SECOND}/s over accounts at random, relaxed audit, every answer checked.`,
      'Ready: from the start of the process, Node included, until /readyz says yes. Memory: RssAnon at the end of the load.',
    ],
  };
}

async function visitState(
  dataFolder: string,
  size: Size,
  seconds: number,
  runName: string,
  run: number,
): Promise<Visit> {
  const service = await startHoldfast({ name: size.name, dataFolder, audit: 'relaxed' });
  try {
    const slot = await loadWithAssessments({
      address: service.address,
      ratePerSecond: RATE_PER_SECOND,
      seconds,
      accounts: size.accounts,
      runName,
      run,
    });
    return {
      readySeconds: service.readyMs / 1_000,
      anonymousMegabytes: anonymousBytes(service.pid) / 1e6,
      slot,
    };
  } finally {
    await service.stop();
  }
}

function figuresOf(visits: ReadonlyMap<Size, readonly Visit[]>, sizes: Effort['sizes']): readonly Figure[] {
  const [smallest] = sizes;
  const of = (size: Size, pick: (visit: Visit) => number) => (visits.get(size) ?? []).map(pick);
  const figures = sizes.flatMap((size) => {
    const accounts = `${size.accounts.toLocaleString('en-US')} accounts`;
    return [
      figure(
        `scale.${size.name}.p50`,
        `${accounts}: p50`,
        'ms',
        of(size, ({ slot }) => slot.p50 / 1_000),
      ),
      figure(
        `scale.${size.name}.p99`,
        `${accounts}: p99`,
        'ms',
        of(size, ({ slot }) => slot.p99 / 1_000),
      ),
      figure(
        `scale.${size.name}.refused`,
        `${accounts}: refused for overload`,
        'ratio',
        of(size, ({ slot }) => slot.refused / slot.calls),
      ),
      figure(
        `scale.${size.name}.ready`,
        `${accounts}: ready`,
        's',
        of(size, ({ readySeconds }) => readySeconds),
      ),
      figure(
        `scale.${size.name}.anonymous-memory`,
        `${accounts}: anonymous memory`,
        'MB',
        of(size, ({ anonymousMegabytes }) => anonymousMegabytes),
      ),
    ];
  });
  const p50 = (size: Size) => of(size, ({ slot }) => slot.p50);
  const ratios = sizes
    .slice(1)
    .map((size) =>
      figure(
        `scale.p50.${size.name}-over-${smallest.name}`,
        `p50: ${size.name} / ${smallest.name}`,
        'ratio',
        pairedRatios(p50(size), p50(smallest)),
      ),
    );
  return [...figures, ...ratios];
}
