import {
  type Config,
  checkNodeVersion,
  formatListenAddress,
  type ListenAddress,
  packageVersion,
} from './config.js';
import { FeedService } from './gen/holdfast/v1/feed_service_pb.js';
import { HoldService } from './gen/holdfast/v1/hold_service_pb.js';
import { PolicyService } from './gen/holdfast/v1/policy_service_pb.js';
import { RiskService } from './gen/holdfast/v1/risk_service_pb.js';
import { checkKeys, OperatorDirectory, Pseudonyms } from './identity/index.js';
import { type Clock, trimLog } from './journal/index.js';
import { ConnectionLimit } from './server/connection-limit.js';
import { GrpcServer } from './server/grpc-server.js';
import { holdMethods } from './server/holds/hold-methods.js';
import { type ComponentStatus, OpsHttp } from './server/ops-http.js';
import { policyMethods } from './server/policy/policy-methods.js';
import type { RiskParts } from './server/risk/parts.js';
import { riskMethods } from './server/risk/risk-methods.js';
import { checkFiles } from './service/check-files.js';
import { ClockWatch, describeDoubt } from './service/clock-watch.js';
import { inspectDataFolder, markDataFolder, requireEntries } from './service/data-folder.js';
import { countDescriptors, requireDescriptors } from './service/descriptors.js';
import { feedMethods } from './service/feed-methods.js';
import { describeFeeds, noFeeds, openFeed } from './service/feeds.js';
import { openGovernor } from './service/governor.js';
import { openKeyring } from './service/keys.js';
import { ONLY_TENANT } from './service/only-tenant.js';
import { OpenedParts } from './service/opened-parts.js';
import { openPolicies } from './service/policies.js';
import { RebuildProgress } from './service/rebuild-progress.js';
import { openStores, type StoreSources, type Stores } from './service/stores.js';
import { makeFolder, requireMakeable } from './store/make-folder.js';
import { StoreError } from './store/ports.js';
import { writeFailureOf } from './store/write-failure.js';
import { Events } from './telemetry/events.js';
import { FeedEvents } from './telemetry/feed-events.js';
import { GovernorEvents } from './telemetry/governor-events.js';
import { unwrittenLogLines } from './telemetry/log-output.js';
import { createLogger, type Logger } from './telemetry/logger.js';
import { Metrics } from './telemetry/metrics.js';

/** What is forgotten is removed from the state a little at a time, so that it never takes a turn of the event loop. */
const SWEEP_INTERVAL_MS = 250;
const SWEEP_RECORDS = 25;

/** Retention works in days; a run that finds nothing costs one look at the oldest entry. */
const TRIM_INTERVAL_MS = 3_600_000;

/** Part of the cache that holds pseudonyms rather than evidence. */
const PSEUDONYM_CACHE_SHARE = 0.25;

/** Parts that a test may put in place of the real ones. */
export interface Overrides {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
  readonly stores?: Partial<StoreSources>;
}

/** A service that runs. */
export interface Service {
  /** Where the gRPC services listen: `host:port` or `unix:/path`. */
  readonly grpcAddress: string;
  /** Where metrics and probes are served: `host:port`. */
  readonly opsAddress: string;
  /** Where provider events may be pushed: `host:port`; undefined if nowhere. */
  readonly pushAddress: string | undefined;
  readonly stores: Stores;
  readonly pseudonyms: Pseudonyms;
  /**
   * Stops: calls in flight are answered, nothing that was recorded is lost. Asking again gives the same stop.
   *
   * @param cause why, for the log
   */
  stop(cause: string): Promise<void>;
}

/**
 * Builds the parts, joins them and begins to listen. Ready when it returns.
 *
 * @throws FilesRefusedError, StoreError, KeyringError, PolicyRefusedError, RegistryRefusedError, or the error of an address that is taken; nothing is left open
 */
export async function startService(
  config: Config,
  overrides: Overrides = {},
  isSecondTry = false,
): Promise<Service> {
  const opened = new OpenedParts();
  try {
    return await start(config, overrides, opened);
  } catch (error) {
    await opened.closeAll();
    if (!(error instanceof StoreError) || error.code !== 'STATE_CORRUPT' || isSecondTry) throw error;
    // Marked as damaged, so this time the state is set aside before anything reads it, and made anew from the log.
    new Events(
      loggerOf(config, overrides),
      overrides.metrics ?? new Metrics({ withProcess: false }),
    ).startAgain(error);
    return startService(config, overrides, true);
  }
}

function loggerOf(config: Config, overrides: Overrides): Logger {
  return overrides.logger ?? createLogger({ level: config.logLevel });
}

async function start(config: Config, overrides: Overrides, opened: OpenedParts): Promise<Service> {
  const startedAt = performance.now();
  const logger = loggerOf(config, overrides);
  const metrics = overrides.metrics ?? new Metrics({ withProcess: true });
  const events = new Events(logger, metrics);
  const clockWatch = new ClockWatch(config.dataDir, events, overrides.clock);
  const { clock } = clockWatch;
  // A test that keeps the log elsewhere has no folder to look at.
  const isOnDisk = overrides.stores?.openLog === undefined;
  const hasEvidence = isOnDisk && inspectDataFolder(config.dataDir, config.dataRequired).hasLog;
  requireMakeable(config.dataDir);
  requireDescriptors();
  const checked = await checkFiles(config, hasEvidence);
  makeFolder(config.dataDir);
  const keyring = openKeyring(config.keysFile, hasEvidence, clock, events);
  const directory = new OperatorDirectory();
  const pseudonyms = new Pseudonyms(keyring, directory, {
    cacheBytes: Math.floor(config.cacheBytes * PSEUDONYM_CACHE_SHARE),
  });
  const progress = new RebuildProgress(events);
  let components: () => Readonly<Record<string, ComponentStatus>> = () => ({
    state: { ready: false, detail: progress.detail ?? 'starting' },
  });
  const ops = new OpsHttp({
    metricsText: () => metrics.text(),
    metricsContentType: metrics.registry.contentType,
    components: () => components(),
  });
  const opsPort = await ops.start(config.opsAddress.host, config.opsAddress.port);
  opened.add(() => ops.stop());
  const opsAddress = formatListenAddress({ ...config.opsAddress, port: opsPort });
  events.opsListening(opsAddress);
  const stores = await openStores({
    dataDir: config.dataDir,
    audit: config.audit,
    cacheBytes: Math.floor(config.cacheBytes * (1 - PSEUDONYM_CACHE_SHARE)),
    clock,
    events,
    onLogOpened: async (log) => {
      if (isOnDisk) requireEntries(config.dataDir, log.lastPosition);
      clockWatch.compareWith(log);
      const check = checkKeys(keyring, log.keyCheck);
      if (check !== undefined) await log.keepKeyCheck(check);
    },
    onProgress: (caughtUp) => progress.report(caughtUp),
    ...(overrides.stores === undefined ? {} : { sources: overrides.stores }),
  });
  opened.add(() => stores.close());
  if (isOnDisk) markDataFolder(config.dataDir, stores.log.lastPosition);
  const policies = openPolicies({
    config,
    checked: checked.policy,
    tenant: ONLY_TENANT,
    pseudonyms,
    stores,
    clock,
    events,
  });
  const feed = await openFeed(
    config,
    keyring,
    pseudonyms,
    stores,
    clock,
    new FeedEvents(logger, metrics),
    clockWatch,
  );
  opened.add(() => feed?.stop());
  const governorEvents = new GovernorEvents(logger, metrics);
  const governor = openGovernor(feed, ONLY_TENANT, stores, clock, governorEvents);
  const parts: RiskParts = {
    clock,
    pseudonyms,
    view: stores.view,
    journal: stores.journal,
    feedsFor: feed?.feedsFor ?? noFeeds,
    governor,
    livePolicy: () => policies.parts.live.current,
    answered: (input, decision) => policies.parts.shadows.offer(input, decision),
    audit: config.audit,
    telemetry: events,
  };
  const server = new GrpcServer({
    services: [RiskService, HoldService, PolicyService, FeedService],
    implementations: [
      ...riskMethods(parts),
      ...holdMethods(parts),
      ...policyMethods(policies.parts),
      ...feedMethods({ feed, governor, stores, clock }),
    ],
    maxInFlight: config.maxInFlight,
    reflection: config.reflection,
    observerOf: (method) => events.callsOf(`${method.parent.typeName}/${method.name}`),
  });
  watchParts(metrics, stores, server, () => policies.parts.live.current.number);
  metrics.watch({
    clockConfirmed: () => (clockWatch.doubt === undefined ? 1 : 0),
    clockDisagreementSeconds: () => clockWatch.disagreementSeconds,
  });
  const mayServe = (): boolean => config.unconfirmedClock === 'serve' || clockWatch.doubt === undefined;
  let draining = false;
  let limit: ConnectionLimit | undefined;
  components = () => ({
    audit: { ready: stores.journal.state === 'ok', detail: stores.journal.state },
    clock: { ready: mayServe(), detail: describeDoubt(clockWatch.doubt) },
    ...connectionsStatus(limit),
    serving: { ready: !draining, detail: draining ? 'draining' : 'serving' },
    // Never unready for them: answers go on from what is known, and say so.
    feeds: { ready: true, detail: describeFeeds(feed) },
  });
  const tellHealth = (): void =>
    server.health.setServing(stores.journal.state === 'ok' && !draining && mayServe());
  stores.journal.onStateChange((state, cause) => {
    if (state === 'ok') events.auditRecovered();
    else if (state !== 'closed') events.auditFailed(writeFailureOf(cause), cause);
    tellHealth();
  });
  clockWatch.start(tellHealth);
  opened.add(() => clockWatch.stop());
  opened.add(() => server.drain(0));
  const grpcAddress = await listen(server, config.grpcAddress);
  const descriptors = countDescriptors();
  if (descriptors !== undefined) {
    events.descriptors(descriptors);
    limit = new ConnectionLimit(
      descriptors.connections,
      // Probes and metrics are answered whatever happens: what is kept back is for them, too.
      (port) => port === portOf(grpcAddress) || (port !== undefined && port === feed?.pushAddress?.port),
      () => events.connectionRefused(),
    );
    opened.add(() => limit?.stop());
  }
  policies.watch();
  const sweeping = setInterval(() => {
    if (clockWatch.doubt === undefined) stores.view.sweep(clock.nowMs(), SWEEP_RECORDS);
  }, SWEEP_INTERVAL_MS);
  sweeping.unref();
  const trimming = setInterval(() => {
    if (clockWatch.doubt === undefined) void trim(stores, clock, events);
  }, TRIM_INTERVAL_MS);
  trimming.unref();
  const node = checkNodeVersion(process.versions.node);
  if (node.kind === 'accepted' && node.advice !== undefined) events.nodeOutdated(node.advice);
  tellHealth();
  events.serviceStarted({
    version: packageVersion(),
    grpcAddress,
    opsAddress,
    audit: config.audit,
    reflection: config.reflection,
    readyAfterMs: Math.round(performance.now() - startedAt),
  });

  let stopping: Promise<void> | undefined;
  async function stop(cause: string): Promise<void> {
    const stoppingAt = performance.now();
    draining = true;
    events.drainStarted(cause);
    policies.stop();
    clearInterval(sweeping);
    clearInterval(trimming);
    clockWatch.stop();
    const { forced } = await server.drain();
    limit?.stop();
    await feed?.stop();
    await stores.close();
    if (isOnDisk) markDataFolder(config.dataDir, stores.journal.durableHead);
    await ops.stop();
    events.serviceStopped(forced, performance.now() - stoppingAt);
  }
  return {
    grpcAddress,
    opsAddress,
    pushAddress: feed?.pushAddress && formatListenAddress({ kind: 'tcp', ...feed.pushAddress }),
    stores,
    pseudonyms,
    stop: (cause) => {
      stopping ??= stop(cause);
      return stopping;
    },
  };
}

/** Never throws: what could not be trimmed is tried again in an hour. */
async function trim({ log, state, follower }: Stores, clock: Clock, events: Events): Promise<void> {
  try {
    const result = await trimLog(clock.nowMs(), { log, state, flushState: () => follower.flush() });
    if (result.kind === 'trimmed') events.logTrimmed(result.entries);
  } catch (error) {
    events.stateWritable(false, error);
  }
}

function watchParts(metrics: Metrics, stores: Stores, server: GrpcServer, policyNumber: () => number): void {
  const { journal, log, state, view } = stores;
  metrics.watch({
    logHeadPosition: () => journal.head,
    logDurablePosition: () => journal.durableHead,
    logBytes: () => log.sizeBytes(),
    stateCursorPosition: () => state.cursor,
    stateBytes: () => state.sizeBytes(),
    cacheBytes: () => view.cachedBytes,
    callsInFlight: () => server.callsInFlight,
    callsWaiting: () => server.callsWaiting,
    longReads: () => server.longReads.running,
    longReadsWaiting: () => server.longReads.waiting,
    longReadsCut: () => server.longReads.cutCount,
    longReadsRefused: () => server.longReads.refusedCount,
    connectionsPaused: () => server.connectionsPaused,
    connectionPauses: () => server.connectionPauses,
    auditAvailable: () => (journal.state === 'ok' ? 1 : 0),
    policyRevision: policyNumber,
    logLinesUnwritten: unwrittenLogLines,
  });
}

/** Not ready while no more connections are taken: another replica may have room. */
function connectionsStatus(limit: ConnectionLimit | undefined): Readonly<Record<string, ComponentStatus>> {
  if (limit === undefined) return {};
  return { connections: { ready: limit.open < limit.max, detail: `${limit.open} of ${limit.max}` } };
}

/** Undefined for a socket file. */
function portOf(address: string): number | undefined {
  return address.startsWith('unix:') ? undefined : Number(address.slice(address.lastIndexOf(':') + 1));
}

async function listen(server: GrpcServer, address: ListenAddress): Promise<string> {
  const port = await server.start(formatListenAddress(address));
  return formatListenAddress(address.kind === 'tcp' ? { ...address, port } : address);
}
