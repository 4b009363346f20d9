import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Decision } from '../gen/holdfast/v1/decision_pb.js';
import {
  PolicyService,
  type SimulatePolicyRequestSchema,
  type SimulationResult,
} from '../gen/holdfast/v1/policy_service_pb.js';
import { OutcomeLabel } from '../gen/holdfast/v1/risk_service_pb.js';
import type { GrpcClient } from './grpc-client.js';
import { untilInterrupted } from './interrupt.js';
import { drawProgress } from './progress.js';
import { type FilterOptions, historyFilter, itemFilter } from './replay-filter.js';
import { CommandError, EXIT, type Terminal } from './terminal.js';

type SimulateInit = MessageInitShape<typeof SimulatePolicyRequestSchema>;

/** Which assessments a service is to replay, as its contract says it. */
export type ServedFilter = Pick<SimulateInit, 'from' | 'to' | 'sampleEvery' | 'filter'>;

/**
 * The filter options of a command, for a request.
 *
 * @throws CommandError
 */
export function servedFilter(options: FilterOptions): ServedFilter {
  const { from, to, sampleEvery, labels } = historyFilter(options);
  const items = itemFilter(options);
  return {
    sampleEvery,
    ...(from === undefined ? {} : { from: timestampFromMs(from) }),
    ...(to === undefined ? {} : { to: timestampFromMs(to) }),
    filter: {
      tiers: [...(items?.tiers ?? [])],
      decisions: [...(items?.decisions ?? [])].map((word) => Decision[word]),
      operators: [...(items?.operators ?? [])],
      providers: [...(items?.providers ?? [])],
      labels: [...(labels ?? [])].map((word) => OutcomeLabel[word]),
      accountIds: [...(items?.accountIds ?? [])],
    },
  };
}

/**
 * Has a running service replay what it recorded, and shows how far it is. Ctrl-C cancels.
 *
 * @throws CommandError when there is nothing to replay, or it was cancelled
 * @throws ServiceError of grpc-js
 */
export async function simulateServed(
  client: GrpcClient,
  candidateText: string,
  beforeNumber: number,
  filter: ServedFilter,
  terminal: Terminal,
): Promise<SimulationResult> {
  const request: SimulateInit = {
    ...filter,
    candidate: { case: 'text', value: candidateText },
    beforeNumber,
  };
  const progress = drawProgress(terminal, 'assessments');
  try {
    return await untilInterrupted(async (signal) => {
      try {
        return await lastResult(client, request, signal, progress.show);
      } catch (error) {
        if (signal.aborted) throw new CommandError('cancelled', EXIT.failed);
        throw error;
      }
    });
  } finally {
    progress.end();
  }
}

async function lastResult(
  client: GrpcClient,
  request: SimulateInit,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<SimulationResult> {
  let result: SimulationResult | undefined;
  let total = 0;
  for await (const message of client.stream(PolicyService.method.simulatePolicy, request, signal)) {
    total = Number(message.totalCount);
    onProgress(Number(message.replayedCount), total);
    result = message.result ?? result;
  }
  if (result === undefined) throw new Error('the service ended a simulation without its result');
  if (result.replayedCount > 0n) return result;
  throw new CommandError(`there are no assessments to replay: ${whyNone(request, total)}`, EXIT.failed);
}

/** The service counts what the range, the sample and the outcomes leave; other filters are met or not when it looks. */
function whyNone({ from, to, sampleEvery = 1, filter }: SimulateInit, total: number): string {
  if (total > 0) return `none of the ${total} that the service looked at passes the filter`;
  const isPart =
    from !== undefined || to !== undefined || sampleEvery > 1 || (filter?.labels?.length ?? 0) > 0;
  return isPart
    ? 'the service has recorded none that --from, --to, --sample and --only-label leave'
    : 'the service has recorded none';
}
