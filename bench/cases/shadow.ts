import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GrpcClient } from '../../src/cli/grpc-client.js';
import { PolicyService } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { type BenchCase, type CaseResult, figure, type RunOptions } from '../figure.js';
import { withState } from '../fixtures/state.js';
import { loadWithAssessments } from '../load/assess-load.js';
import { alternating } from '../measure/alternate.js';
import { cpuSeconds } from '../measure/process-cost.js';
import { pairedRatios } from '../measure/statistics.js';
import { ROOT_FOLDER } from '../paths.js';
import { type RunningHoldfast, startHoldfast } from '../sides/holdfast.js';

interface Effort {
  readonly accounts: number;
  readonly rounds: number;
  readonly seconds: number;
}

const FULL: Effort = { accounts: 10_000, rounds: 5, seconds: 20 };
const SHORT: Effort = { accounts: 10_000, rounds: 2, seconds: 4 };

const RATE_PER_SECOND = 1_000;

/** How many candidates run in shadow. */
const SIDES = [0, 1, 2] as const;
type ShadowCount = (typeof SIDES)[number];

/** Making a revision checks it. */
const CREATE_TIMEOUT_MS = 60_000;
const WHO = { actor: 'bench', reason: 'to measure' };

const PERCENTILES = ['p50', 'p99'] as const;

interface Slot {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** CPU time of the whole service, microseconds a call. */
  readonly cpu: number;
  /** Part of the calls that was refused for overload. */
  readonly refused: number;
  /** Of what the shadows could have seen, the part that they did. */
  readonly compared: number;
}

export const shadowCase: BenchCase = {
  name: 'shadow',
  title: 'AssessWithdrawal with candidates in shadow beside it',
  run: (options) => {
    const effort = options.short ? SHORT : FULL;
    return withState(effort.accounts, options.progress, (folder) => measure(folder, effort, options));
  },
};

async function measure(dataFolder: string, effort: Effort, options: RunOptions): Promise<CaseResult> {
  const slots = new Map<ShadowCount, Slot[]>();
  const runName = `shadow-${Date.now()}`;
  for (const [run, { side, round }] of alternating(SIDES, effort.rounds).entries()) {
    const slot = await measureOnce(dataFolder, side, { ...effort, runName, run });
    slots.set(side, [...(slots.get(side) ?? []), slot]);
    options.progress(
      `round ${round + 1}/${effort.rounds} ${side} in shadow: p50 ${slot.p50.toFixed(2)} p99 ${slot.p99.toFixed(2)} ms, ` +
        `${slot.cpu.toFixed(0)} µs CPU a call, ${(slot.compared * 100).toFixed(1)} % compared`,
    );
  }
  const samples = (side: ShadowCount, key: keyof Slot) => (slots.get(side) ?? []).map((slot) => slot[key]);
  const with1 = `${RATE_PER_SECOND}/s`;
  return {
    figures: [
      ...SIDES.flatMap((side) => [
        ...PERCENTILES.map((key) =>
          figure(`shadow.${side}.${key}`, `${with1}, ${side} in shadow: ${key}`, 'ms', samples(side, key)),
        ),
        figure(
          `shadow.${side}.refused`,
          `${with1}, ${side} in shadow: refused for overload`,
          'ratio',
          samples(side, 'refused'),
        ),
        figure(`shadow.${side}.cpu`, `${with1}, ${side} in shadow: CPU a call`, 'µs', samples(side, 'cpu')),
      ]),
      ...([1, 2] as const).flatMap((side) => [
        ...([...PERCENTILES, 'cpu'] as const).map((key) =>
          figure(
            `shadow.${side}.${key}-over-none`,
            `${side} in shadow / none: ${key === 'cpu' ? 'CPU a call' : key}`,
            'ratio',
            pairedRatios(samples(side, key), samples(0, key)),
          ),
        ),
        figure(
          `shadow.${side}.compared`,
          `${side} in shadow: part of the answers compared`,
          'ratio',
          samples(side, 'compared'),
        ),
      ]),
    ],
    notes: [
      `${effort.accounts.toLocaleString('en-US')} accounts asked about at random, relaxed audit, ${effort.seconds} s a slot, a fresh process of the service each.`,
      'CPU is of the whole process over the warm-up of 20,000 calls as fast as they go and the measured calls. Shadows keep to their default share of the processor: in the warm-up they see a sample.',
    ],
  };
}

async function measureOnce(
  dataFolder: string,
  shadows: ShadowCount,
  load: Effort & { readonly runName: string; readonly run: number },
): Promise<Slot> {
  const env = { HOLDFAST_POLICY_MODE: 'api' };
  const service = await startHoldfast({ name: 'shadow', dataFolder, audit: 'relaxed', env });
  const client = new GrpcClient(service.address);
  const { method } = PolicyService;
  try {
    const numbers: number[] = [];
    for (let index = 0; index < shadows; index += 1) {
      const number = await createCandidate(client, index);
      await client.call(method.startShadow, { ...WHO, number });
      numbers.push(number);
    }
    const before = await costOf(service);
    const slot = await loadWithAssessments({
      ...load,
      address: service.address,
      ratePerSecond: RATE_PER_SECOND,
    });
    const after = await costOf(service);
    let compared = 0;
    for (const number of numbers) {
      // A shadow outlives the process: the next side must not find it.
      const { summary } = await client.call(method.stopShadow, { ...WHO, number });
      compared += Number(summary?.comparedCount ?? 0n);
    }
    const calls = after.calls - before.calls;
    return {
      p50: slot.p50 / 1_000,
      p99: slot.p99 / 1_000,
      cpu: ((after.seconds - before.seconds) / calls) * 1e6,
      refused: slot.refused / slot.calls,
      compared: shadows === 0 ? 1 : compared / (calls * shadows),
    };
  } finally {
    client.close();
    await service.stop();
  }
}

async function costOf(
  service: RunningHoldfast,
): Promise<{ readonly calls: number; readonly seconds: number }> {
  return { calls: await service.counter('holdfast_decisions_total'), seconds: cpuSeconds(service.pid) };
}

/** The default policy that holds a little earlier. Its name is its own, so that no packaged cases are run. */
async function createCandidate(client: GrpcClient, index: number): Promise<number> {
  const packaged = readFileSync(join(ROOT_FOLDER, 'policies', 'default.yaml'), 'utf8');
  const text = packaged
    .replace(/^name: .*$/m, `name: bench-${index}`)
    .replace(
      /^( {4}hold: )(\d+)$/gm,
      (_, head: string, points: string) => `${head}${Number(points) - 1 - index}`,
    );
  const request = { text, author: WHO.actor, message: WHO.reason };
  const { revision } = await client.call(
    PolicyService.method.createPolicyRevision,
    request,
    CREATE_TIMEOUT_MS,
  );
  return revision?.ref?.number ?? 0;
}
