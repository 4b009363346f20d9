import { type BenchCase, type CaseResult, type Figure, figure, type RunOptions } from '../figure.js';
import { withState } from '../fixtures/state.js';
import { usualWithdrawalFrame } from '../fixtures/withdrawals.js';
import { loaderNote } from '../load/full-load.js';
import { MachineTooBusyError } from '../load/machine-too-busy.js';
import { checkedAnswer } from '../load/sampled-answers.js';
import { type Pressure, type Saturation, saturate } from '../load/saturate.js';
import { UnaryClient } from '../load/unary-client.js';
import { alternating } from '../measure/alternate.js';
import { pairedRatios } from '../measure/statistics.js';
import { startCerbos } from '../sides/cerbos.js';
import { startGrpcEcho } from '../sides/grpc-echo.js';
import { startHoldfast } from '../sides/holdfast.js';
import type { RunningSide } from '../sides/side.js';

interface Effort {
  readonly accounts: number;
  /**
   * Fresh processes a side, one after the other. Each keeps its own luck, up to a tenth either way, however many rounds it
   * is measured for.
   */
  readonly processes: number;
  /** Of each process. */
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** On each of eight connections. With 16 a service whose answers wait for the disk had nothing to do for a seventh of the time. */
  readonly streamsPerConnection: number;
  readonly audit: 'durable' | 'relaxed';
}

const FULL: Effort = {
  accounts: 1_000_000,
  processes: 5,
  rounds: 2,
  seconds: 5,
  warmUpSeconds: 4,
  streamsPerConnection: 32,
  audit: 'durable',
};
/**
 * About 40 s with three sides. The first seconds of a process are its compiler's, so warming up is not spared. Few enough
 * calls at once that the service does not refuse any for overload where other work takes most of the machine; and audit
 * relaxed, since with few calls at once a busy disk would be what is measured.
 */
const SHORT: Effort = {
  accounts: 10_000,
  processes: 1,
  rounds: 3,
  seconds: 2,
  warmUpSeconds: 3,
  streamsPerConnection: 4,
  audit: 'relaxed',
};

/** Of a slot in which calls were refused for overload: a fresh process is slow, and a machine may be for seconds. */
const MOST_REPEATS = 2;

/** On each of eight connections; with fewer the load processes wait as long as the service works. */
const FEWEST_STREAMS = 4;

/** One for each load process. */
const BODIES = 4;

const SIDE_TITLES: Readonly<Record<string, string>> = {
  holdfast: 'Holdfast',
  echo: 'bare grpc-js + protobuf-es echo',
  'echo-bytes': 'bare grpc-js echo of bytes encoded once',
  cerbos: 'Cerbos (Go, both cores)',
};

export const floorCase: BenchCase = {
  name: 'floor',
  title: 'Full service against its transport and against Cerbos, at full load',
  run: (options) => {
    const effort = options.short ? SHORT : FULL;
    return withState(effort.accounts, options.progress, (folder) => measureWithin(folder, effort, options));
  },
};

/** With as many calls at once as the service takes on this machine without refusing any: half as many, until it does. */
async function measureWithin(dataFolder: string, effort: Effort, options: RunOptions): Promise<CaseResult> {
  try {
    return await measure(dataFolder, effort, options);
  } catch (error) {
    const streamsPerConnection = Math.floor(effort.streamsPerConnection / 2);
    if (!(error instanceof MachineTooBusyError) || streamsPerConnection < FEWEST_STREAMS) throw error;
    options.progress(
      `${error.message}: from the beginning, with ${streamsPerConnection} streams on each connection`,
    );
    return measureWithin(dataFolder, { ...effort, streamsPerConnection }, options);
  }
}

async function measure(dataFolder: string, effort: Effort, options: RunOptions): Promise<CaseResult> {
  const accounts = Array.from({ length: BODIES }, (_, at) =>
    Math.floor((effort.accounts * (at + 0.5)) / BODIES),
  );
  const nowMs = Date.now();
  const frames = accounts.map((index) =>
    usualWithdrawalFrame(index, { withdrawalId: `floor-${index}`, requestId: '' }, nowMs),
  );
  const measured = new Map<string, Saturation[]>();
  let repeated = 0;
  const press = async (side: RunningSide, pressure: Pressure): Promise<Saturation> => {
    for (let left = MOST_REPEATS; ; left -= 1) {
      try {
        return await saturate(side, pressure);
      } catch (error) {
        if (left === 0 || !(error instanceof MachineTooBusyError)) throw error;
        options.progress(`${error.message}; once more`);
        repeated += 1;
      }
    }
  };
  let answerBytes = 0;
  for (let process = 1; process <= effort.processes; process += 1) {
    const sides: RunningSide[] = [];
    try {
      options.progress(`process ${process}/${effort.processes} of each side: starting and warming up`);
      const holdfast = await startHoldfast({ name: 'holdfast', dataFolder, audit: effort.audit, frames });
      sides.push(holdfast);
      const answer = await firstAnswer(holdfast);
      answerBytes = answer.length;
      sides.push(await startGrpcEcho('encodes', answer, frames));
      if (!options.short) sides.push(await startGrpcEcho('canned-bytes', answer, frames));
      sides.push(await startCerbos(accounts));
      for (const side of sides) await press(side, { ...effort, seconds: effort.warmUpSeconds });
      for (const { side, round } of alternating(sides, effort.rounds)) {
        const slot = await press(side, effort);
        measured.set(side.name, [...(measured.get(side.name) ?? []), slot]);
        options.progress(
          `round ${round + 1}/${effort.rounds} ${side.name.padEnd(10)} ${Math.round(slot.callsPerSecond)} calls/s, ${slot.cpuMicrosPerCall.toFixed(1)} µs CPU a call`,
        );
      }
    } finally {
      for (const side of sides) await side.stop();
    }
  }
  return {
    figures: figuresOf(measured),
    notes: [
      `State: ${effort.accounts.toLocaleString('en-US')} accounts. Default policy, ${effort.audit} audit, metrics on; ${BODIES} request bodies, no request_id, answers of ${answerBytes} bytes.`,
      'A body repeats its withdrawal_id, and one withdrawal counts once towards velocity, so the default policy answers ALLOW throughout.',
      loaderNote(),
      `${repeated} slots were repeated because calls were refused for overload.`,
      `8 connections x ${effort.streamsPerConnection} streams from 4 load processes on the same machine; ${effort.processes} fresh processes a side, ${effort.rounds} rounds each; lowest and highest are over all rounds.`,
    ],
  };
}

async function firstAnswer(side: RunningSide): Promise<Buffer> {
  const client = await UnaryClient.open(side.address, side.path, 1);
  try {
    const [frame] = side.frames;
    if (frame === undefined) throw new Error('there is nothing to ask');
    return await checkedAnswer(side, client, frame);
  } finally {
    await client.close();
  }
}

function figuresOf(measured: ReadonlyMap<string, readonly Saturation[]>): readonly Figure[] {
  const rates = (name: string) => (measured.get(name) ?? []).map((slot) => slot.callsPerSecond);
  const costs = (name: string) => (measured.get(name) ?? []).map((slot) => slot.cpuMicrosPerCall);
  const figures: Figure[] = [];
  for (const name of measured.keys()) {
    const title = SIDE_TITLES[name] ?? name;
    figures.push(figure(`floor.throughput.${name}`, `throughput: ${title}`, 'calls/s', rates(name)));
  }
  for (const name of measured.keys()) {
    const title = SIDE_TITLES[name] ?? name;
    figures.push(figure(`floor.cpu.${name}`, `CPU a call: ${title}`, 'µs', costs(name)));
  }
  const over = (id: string, label: string, upper: readonly number[], lower: readonly number[]) =>
    figures.push(figure(id, label, 'ratio', pairedRatios(upper, lower)));
  over('floor.throughput.over-echo', 'throughput: Holdfast / echo', rates('holdfast'), rates('echo'));
  if (measured.has('echo-bytes')) {
    over(
      'floor.throughput.over-echo-bytes',
      'throughput: Holdfast / echo of bytes',
      rates('holdfast'),
      rates('echo-bytes'),
    );
  }
  over('floor.throughput.over-cerbos', 'throughput: Holdfast / Cerbos', rates('holdfast'), rates('cerbos'));
  over('floor.cpu.over-cerbos', 'CPU a call: Holdfast / Cerbos', costs('holdfast'), costs('cerbos'));
  return figures;
}
