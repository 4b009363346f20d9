import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuSeconds } from '../measure/process-cost.js';
import { CACHE_FOLDER } from '../paths.js';
import type { RunningSide } from '../sides/side.js';
import { loadFully } from './full-load.js';
import { GRPC_PREFIX_BYTES } from './grpc-frame.js';
import { MachineTooBusyError } from './machine-too-busy.js';
import { checkAnswersDuring } from './sampled-answers.js';
import { WrongAnswerError } from './wrong-answer.js';

const CONNECTIONS = 8;

/** How hard to press. */
export interface Pressure {
  readonly seconds: number;
  /** On each of the eight connections. */
  readonly streamsPerConnection: number;
}

/** One slot of a side at its limit. */
export interface Saturation {
  readonly callsPerSecond: number;
  /** CPU time of the side's process with all its threads. */
  readonly cpuMicrosPerCall: number;
}

/**
 * Loads a side as fast as it answers.
 *
 * @throws WrongAnswerError when any checked answer is wrong, or the loaded calls' answers do not have the size of checked ones
 * @throws MachineTooBusyError when some calls were refused
 */
export async function saturate(side: RunningSide, pressure: Pressure): Promise<Saturation> {
  const { seconds, streamsPerConnection } = pressure;
  const frameFiles = writeFrames(side);
  const refusedBefore = await refusedBy(side);
  const cpuBefore = cpuSeconds(side.pid);
  const load = loadFully({
    address: side.address,
    path: side.path,
    frameFiles,
    connections: CONNECTIONS,
    streamsPerConnection,
    seconds,
  });
  const sampled = await checkAnswersDuring(side, load);
  const { succeeded, failed, dataBytes } = await load;
  const cpu = cpuSeconds(side.pid) - cpuBefore;
  const meanBytes = dataBytes / succeeded - GRPC_PREFIX_BYTES;
  // An error of gRPC is an HTTP success without a message: only the size tells.
  // Calls under way at the end have sent some of their bytes: at most twice as many as are in flight, as they go.
  const mayBePartial = (2 * CONNECTIONS * streamsPerConnection * sampled.largestBytes) / succeeded;
  if ((await refusedBy(side)) > refusedBefore) {
    throw new MachineTooBusyError(`${side.name} refused calls for overload`);
  }
  if (
    failed > 0 ||
    meanBytes < sampled.smallestBytes - mayBePartial ||
    meanBytes > sampled.largestBytes + mayBePartial
  ) {
    throw new WrongAnswerError(
      `${side.name}: ${failed} failed, answers of ${meanBytes.toFixed(1)} bytes, expected ${sampled.smallestBytes} to ${sampled.largestBytes}`,
    );
  }
  return {
    callsPerSecond: succeeded / seconds,
    cpuMicrosPerCall: (cpu * 1e6) / (succeeded + sampled.checked),
  };
}

async function refusedBy({ refusedCalls }: RunningSide): Promise<number> {
  return refusedCalls === undefined ? 0 : refusedCalls();
}

/** `h2load` takes its body from a file. */
function writeFrames(side: RunningSide): readonly string[] {
  const folder = join(CACHE_FOLDER, 'frames');
  mkdirSync(folder, { recursive: true });
  return side.frames.map((frame, at) => {
    const file = join(folder, `${side.name}-${at}`);
    writeFileSync(file, frame);
    return file;
  });
}
