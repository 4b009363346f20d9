import { type BenchCase, type CaseResult, figure, type RunOptions } from '../figure.js';
import { withState } from '../fixtures/state.js';
import { loadWithSignals, type ReportSlot } from '../load/report-load.js';
import { alternating } from '../measure/alternate.js';
import { startHoldfast } from '../sides/holdfast.js';

/** A way to report. */
interface Manner {
  readonly name: string;
  readonly label: string;
  readonly signalsPerCall: number;
  readonly callsInFlight: number;
  readonly calls: { readonly full: number; readonly short: number };
}

const MANNERS: readonly Manner[] = [
  {
    name: 'single',
    label: 'one a call, 128 calls at once',
    signalsPerCall: 1,
    callsInFlight: 128,
    calls: { full: 40_000, short: 4_000 },
  },
  {
    name: 'batch',
    label: '100 a call, 8 calls at once',
    signalsPerCall: 100,
    callsInFlight: 8,
    calls: { full: 1_000, short: 100 },
  },
];

const ACCOUNTS = { full: 1_000_000, short: 10_000 };
const ROUNDS = { full: 5, short: 2 };

export const signalsCase: BenchCase = {
  name: 'signals',
  title: 'ReportSignals: acknowledged, so durable',
  run: (options) => {
    const accounts = options.short ? ACCOUNTS.short : ACCOUNTS.full;
    return withState(accounts, options.progress, (folder) => measure(folder, accounts, options));
  },
};

async function measure(dataFolder: string, accounts: number, options: RunOptions): Promise<CaseResult> {
  const effort = options.short ? 'short' : 'full';
  const slots = new Map<string, ReportSlot[]>(MANNERS.map(({ name }) => [name, []]));
  const service = await startHoldfast({ name: 'holdfast', dataFolder, audit: 'durable' });
  const runName = `signals-${Date.now()}`;
  let run = 0;
  try {
    for (const { side: manner, round } of alternating(MANNERS, ROUNDS[effort])) {
      run += 1;
      const slot = await loadWithSignals({
        address: service.address,
        calls: manner.calls[effort],
        signalsPerCall: manner.signalsPerCall,
        callsInFlight: manner.callsInFlight,
        accounts,
        runName,
        run,
      });
      slots.get(manner.name)?.push(slot);
      options.progress(
        `round ${round + 1}/${ROUNDS[effort]} ${manner.name.padEnd(6)} ${Math.round(slot.signalsPerSecond)} signals/s, p99 ${(slot.p99Micros / 1_000).toFixed(1)} ms`,
      );
    }
  } finally {
    await service.stop();
  }
  return {
    figures: MANNERS.flatMap(({ name, label }) => {
      const measured = slots.get(name) ?? [];
      return [
        figure(
          `signals.${name}.rate`,
          label,
          'events/s',
          measured.map((slot) => slot.signalsPerSecond),
        ),
        figure(
          `signals.${name}.p50`,
          `${label}: p50`,
          'ms',
          measured.map((slot) => slot.p50Micros / 1_000),
        ),
        figure(
          `signals.${name}.p99`,
          `${label}: p99`,
          'ms',
          measured.map((slot) => slot.p99Micros / 1_000),
        ),
      ];
    }),
    notes: [
      `State: ${accounts.toLocaleString('en-US')} accounts, reported on at random; each signal is new and each acknowledgement checked. Closed loop; the load comes from the same two cores.`,
    ],
  };
}
