import { isProductionVersion } from './broker.js';
import type { BrokerReport } from './ports.js';
import type { FeedStream } from './stream.js';
import type { SyncSetting } from './sync-setting.js';

/**
 * What operators should know of this broker, each missing guarantee in words of its own. What could not be found out is
 * missing too. Strict mode refuses a broker that misses any.
 */
export function brokerReport(version: string, stream: FeedStream, sync: SyncSetting): BrokerReport {
  const isProduction = isProductionVersion(version);
  const syncProblem = describeSync(sync);
  const missing = [
    ...(isProduction
      ? []
      : [`nats-server ${version} is older than 2.12.6: what it acknowledged may be lost`]),
    ...(syncProblem === undefined ? [] : [syncProblem]),
    ...stream.deviations.map(({ field, wanted, actual }) => `stream ${field} is ${actual}, not ${wanted}`),
  ];
  return { version, isProduction, replicas: stream.replicas, deviations: stream.deviations, missing };
}

function describeSync(sync: SyncSetting): string | undefined {
  switch (sync.kind) {
    case 'always':
      return undefined;
    case 'interval':
      return `sync_interval is ${sync.intervalMs / 1000} s, not always: a power loss takes what was acknowledged in it`;
    case 'unknown':
      return `sync_interval is not known to be always: ${sync.cause}`;
    default: {
      const unhandled: never = sync;
      return unhandled;
    }
  }
}
