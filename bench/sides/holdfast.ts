import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { AssessWithdrawalResponseSchema } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { startChild } from '../load/child-process.js';
import { ROOT_FOLDER } from '../paths.js';
import { freePort } from './free-port.js';
import { whenReady } from './ready.js';
import type { RunningSide } from './side.js';

/** How `npm start` and the image start Node; a test holds the three to the same. */
export const SERVICE_NODE_ARGS = ['--min-semi-space-size=32', '--max-semi-space-size=32'];

export const ASSESS_PATH = '/holdfast.v1.RiskService/AssessWithdrawal';

export interface HoldfastOptions {
  readonly name: string;
  readonly dataFolder: string;
  readonly audit: 'durable' | 'relaxed';
  readonly frames?: readonly Buffer[];
  /** Further `HOLDFAST_*` variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** For Node itself, such as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
  readonly readyTimeoutMs?: number;
}

/** The full service as operators start it: default policy, metrics on, a process of its own. */
export interface RunningHoldfast extends RunningSide {
  /** From the start of the process until `/readyz` said yes, in milliseconds. */
  readonly readyMs: number;
  /** Metrics and probes: `http://host:port`. */
  readonly opsUrl: string;
  /** Sum of a counter over the label sets that `labels` is part of. */
  counter(name: string, labels?: string): Promise<number>;
}

/** @throws Error with the service's output when it does not become ready */
export async function startHoldfast(options: HoldfastOptions): Promise<RunningHoldfast> {
  const [grpcPort, opsPort] = [await freePort(), await freePort()];
  const ops = `http://127.0.0.1:${opsPort}`;
  const main = join(ROOT_FOLDER, 'dist', 'main.js');
  const child = startChild(
    process.execPath,
    [...SERVICE_NODE_ARGS, ...(options.nodeArgs ?? []), main, 'serve'],
    {
      HOLDFAST_GRPC_ADDRESS: `127.0.0.1:${grpcPort}`,
      HOLDFAST_OPS_ADDRESS: `127.0.0.1:${opsPort}`,
      HOLDFAST_DATA_DIR: options.dataFolder,
      HOLDFAST_AUDIT: options.audit,
      HOLDFAST_LOG_LEVEL: 'warn',
      ...options.env,
    },
  );
  const readyMs = await whenReady(`${ops}/readyz`, child, options.readyTimeoutMs);
  const metrics = async () => (await fetch(`${ops}/metrics`)).text();
  return {
    name: options.name,
    pid: child.pid,
    address: `127.0.0.1:${grpcPort}`,
    path: ASSESS_PATH,
    frames: options.frames ?? [],
    readyMs,
    opsUrl: ops,
    problemOf: problemOfAllow,
    refusedCalls: async () => sumOf(await metrics(), 'holdfast_shed_total', ''),
    counter: async (name, labels = '') => sumOf(await metrics(), name, labels),
    stop: () => child.stop(),
  };
}

/** Usual withdrawals of accounts without trouble must be allowed, with a record. */
function problemOfAllow(message: Buffer): string | undefined {
  const answer = fromBinary(AssessWithdrawalResponseSchema, message);
  if (answer.decision !== Decision.ALLOW) {
    return `decided ${Decision[answer.decision]} for ${answer.reasons.map(({ code }) => code).join(', ')}`;
  }
  return answer.assessmentId === '' ? 'the answer has no record' : undefined;
}

function sumOf(metricsText: string, name: string, labels: string): number {
  let sum = 0;
  for (const line of metricsText.split('\n')) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    if (line.includes(labels)) sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}
