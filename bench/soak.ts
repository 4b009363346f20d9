import { readdirSync } from 'node:fs';
import { withState } from './fixtures/state.js';
import { goodput, OverloadGenerator, type OverloadSlot } from './load/overload/generator.js';
import { HistoryReaders } from './load/overload/history-readers.js';
import { anonymousBytes } from './measure/process-cost.js';
import { type RunningHoldfast, startHoldfast } from './sides/holdfast.js';

const ACCOUNTS = 10_000;
const CAPACITY_SECONDS = 4;
/** One cycle: half capacity, half capacity beside readers, a flood, and half capacity again, which is what is sampled. */
const LOAD_SECONDS = 15;
const READER_SECONDS = 15;
const FLOOD_SECONDS = 5;
const FLOOD_MULTIPLE = 3;
const SETTLED_SECONDS = 15;
const READERS = 4;
const CYCLES_BEFORE_RESTART = 5;
/** Longer than a connection is paused. */
const SETTLE_MS = 4_000;
const MINUTE_MS = 60_000;

interface Sample {
  readonly minute: number;
  /** Counts starts of the service: what grows within one is a leak, between them it is not. */
  readonly start: number;
  readonly memoryMb: number;
  readonly descriptors: number;
  readonly p99Ms: number;
}

/**
 * Runs the service at half its capacity with readers, floods and restarts, and tells by how much memory, descriptors and
 * p99 grow. Stops by itself.
 *
 * @throws Error when an answer is missing at half capacity after a flood for more than a tenth of the calls
 */
export function soak(minutes: number, print: (line: string) => void): Promise<void> {
  return withState(ACCOUNTS, print, async (folder) => {
    const generator = new OverloadGenerator(ACCOUNTS);
    try {
      await run(folder, generator, minutes, print);
    } finally {
      generator.remove();
    }
  });
}

async function run(
  dataFolder: string,
  generator: OverloadGenerator,
  minutes: number,
  print: (line: string) => void,
): Promise<void> {
  const beganAt = performance.now();
  const endsAt = beganAt + minutes * MINUTE_MS;
  const samples: Sample[] = [];
  let service = await start(dataFolder);
  let startCount = 1;
  const load = (ratePerSecond: number, seconds: number): Promise<OverloadSlot> =>
    generator.load({ address: service.address, path: service.path, ratePerSecond, seconds });
  try {
    await load(0, CAPACITY_SECONDS);
    const capacity = goodput(await load(0, CAPACITY_SECONDS));
    print(`capacity ${capacity.toFixed(0)} calls/s; ${minutes} minutes at half of it`);
    while (performance.now() < endsAt) {
      await load(capacity / 2, LOAD_SECONDS);
      const readers = await HistoryReaders.start(service.address, READERS);
      await load(capacity / 2, READER_SECONDS);
      const pages = await readers.stop();
      const flood = await load(capacity * FLOOD_MULTIPLE, FLOOD_SECONDS);
      const settled = await load(capacity / 2, SETTLED_SECONDS);
      // A connection that was paused hears of its end when it is read again.
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const sample: Sample = {
        minute: (performance.now() - beganAt) / MINUTE_MS,
        start: startCount,
        memoryMb: anonymousBytes(service.pid) / 1e6,
        descriptors: readdirSync(`/proc/${service.pid}/fd`).length,
        p99Ms: settled.answerP99Ms,
      };
      samples.push(sample);
      print(
        `minute ${sample.minute.toFixed(1)}: ${sample.memoryMb.toFixed(0)} MB, ${sample.descriptors} descriptors, ` +
          `p99 ${sample.p99Ms} ms, ${settled.answered} of ${settled.scheduled} answered in time; ` +
          `flood: ${flood.answered} answered, ${flood.refused} refused; ${pages} pages read`,
      );
      if (samples.length % CYCLES_BEFORE_RESTART === 0 && performance.now() < endsAt) {
        await service.stop();
        service = await start(dataFolder);
        startCount += 1;
        print(`restarted, ready in ${service.readyMs.toFixed(0)} ms`);
        await load(capacity / 2, CAPACITY_SECONDS);
      }
    }
  } finally {
    await service.stop();
  }
  print(`memory       ${withinStarts(samples, ({ memoryMb }) => memoryMb)} MB a minute, within a start`);
  print(`descriptors  ${withinStarts(samples, ({ descriptors }) => descriptors)} a minute, within a start`);
  print(`p99          ${withinStarts(samples, ({ p99Ms }) => p99Ms)} ms a minute, within a start`);
  print(`p99          ${slope(samples, ({ p99Ms }) => p99Ms).toFixed(3)} ms a minute, over all`);
}

function start(dataFolder: string): Promise<RunningHoldfast> {
  return startHoldfast({ name: 'soak', dataFolder, audit: 'relaxed' });
}

/** Mean of the slopes of each start of the service that has two samples. */
function withinStarts(samples: readonly Sample[], value: (sample: Sample) => number): string {
  const starts = new Map<number, Sample[]>();
  for (const sample of samples) starts.set(sample.start, [...(starts.get(sample.start) ?? []), sample]);
  const slopes = [...starts.values()].filter(({ length }) => length > 1).map((run) => slope(run, value));
  if (slopes.length === 0) return 'not known: fewer than two samples;';
  return (slopes.reduce((sum, each) => sum + each, 0) / slopes.length).toFixed(3);
}

/** By least squares, a minute. */
function slope(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const meanX = samples.reduce((sum, { minute }) => sum + minute, 0) / samples.length;
  const meanY = samples.reduce((sum, sample) => sum + value(sample), 0) / samples.length;
  let above = 0;
  let below = 0;
  for (const sample of samples) {
    above += (sample.minute - meanX) * (value(sample) - meanY);
    below += (sample.minute - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
