import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Config, formatListenAddress, isLoopback } from '../config.js';
import type { FeedView, MailboxLink } from '../decision/evidence.js';
import type { Feed } from '../feed/feed.js';
import { describeProblem, type RegistryProblem } from '../feed/registry.js';
import { missingCount } from '../feed/sequence.js';
import type { Keyring, Pseudonyms } from '../identity/index.js';
import type { Clock } from '../journal/index.js';
import type { FeedEvents } from '../telemetry/feed-events.js';
import type { ClockWatch } from './clock-watch.js';
import { ProviderTimes } from './provider-times.js';
import type { Stores } from './stores.js';

/** In the data folder: the last good key set of each provider that is registered with an address. */
const KEY_SETS_FOLDER = 'key-sets';

const NO_MAILBOXES: readonly FeedView[] = [];
const NOT_COVERED: readonly FeedView[] = [{ provider: '', state: 'NOT_COVERED' }];

/** The freshness of feeds where no provider is registered: visible, changes nothing. */
export function noFeeds(links: readonly MailboxLink[]): readonly FeedView[] {
  return links.length === 0 ? NO_MAILBOXES : NOT_COVERED;
}

/** A registry with mistakes at start: there is no last good one to stay with. */
export class RegistryRefusedError extends Error {
  override readonly name = 'RegistryRefusedError';
  readonly code = 'REGISTRY_INVALID';
  constructor(readonly problems: readonly RegistryProblem[]) {
    const what = 'the provider registry (HOLDFAST_PROVIDERS_FILE) has mistakes';
    super([what, ...problems.map(describeProblem)].join('\n'));
  }
}

/**
 * The providers' feeds, if a registry is set, started. Without a broker they are covered and STALE.
 *
 * @returns undefined without a registry
 * @throws RegistryRefusedError when the registry has mistakes; the error of a push address that is taken
 */
export async function openFeed(
  config: Config,
  keyring: Keyring,
  pseudonyms: Pseudonyms,
  stores: Stores,
  clock: Clock,
  events: FeedEvents,
  watch: Pick<ClockWatch, 'signed'>,
): Promise<Feed | undefined> {
  if (config.providersFile === undefined) {
    const useless = uselessSettings(config);
    if (useless.length > 0) events.providersMissing(useless);
    return undefined;
  }
  // Only where a registry is set: with it come the broker's client and signatures, 150 modules.
  const { Feed } = await import('../feed/feed.js');
  const times = new ProviderTimes({
    monotonicMs: () => performance.now(),
    providerCount: () => feed.registry.providers.size,
    signed: (issuedAt) => watch.signed(issuedAt, false),
    ahead: (issuedAt) => watch.signed(issuedAt, true),
  });
  const feed: Feed = new Feed({
    signed: (provider, issuedAt, isAhead) => times.signed(provider, issuedAt, isAhead),
    providersFile: config.providersFile,
    audience: config.feedAudience,
    isStrict: config.feedStrict,
    monitorUrls: config.natsMonitorUrl ?? [],
    journal: stores.journal,
    evidence: stores.view,
    pseudonyms,
    keyring,
    keySetFolder: join(config.dataDir, KEY_SETS_FOLDER),
    clock,
    observer: events,
    ...(config.natsUrl === undefined
      ? {}
      : { broker: { servers: config.natsUrl, name: `holdfast-${hostname()}-${process.pid}` } }),
    ...(config.feedPushAddress === undefined
      ? {}
      : { push: { address: config.feedPushAddress, checkpoint: () => stores.follower.checkpoint() } }),
  });
  events.watch(() =>
    feed.statuses().map(({ provider, state, record }) => ({
      provider,
      state,
      watermarkMs: record.watermark,
      parkedCount: feed.parkedCount(provider),
      missingCount: missingCount(record.sequence),
      reusedCount: record.reusedCount ?? 0,
      keySetCheckedMs: feed.keySetCheckedAt(provider),
    })),
  );
  try {
    await feed.start();
  } catch (error) {
    await feed.stop();
    throw error;
  }
  const { pushAddress } = feed;
  if (pushAddress !== undefined) {
    events.pushListening(formatListenAddress({ kind: 'tcp', ...pushAddress }), !isLoopback(pushAddress.host));
  }
  const problems = events.registryProblems;
  if (problems.length > 0) {
    await feed.stop();
    throw new RegistryRefusedError(problems);
  }
  return feed;
}

/** For `/readyz`: in a few words, with nothing that names a provider. */
export function describeFeeds(feed: Feed | undefined): string {
  if (feed === undefined) return 'none registered';
  const missing = feed.missingGuarantees.length;
  const fresh = feed.statuses().filter(({ state }) => state === 'FRESH').length;
  const guarantees = missing === 0 ? '' : `, DEGRADED_DURABILITY: ${missing} guarantees missing`;
  const down = feed.linkDownCause === undefined ? '' : `, broker not reached: ${feed.linkDownCause}`;
  return `${fresh} of ${feed.statuses().length} fresh${down}${guarantees}`;
}

/** Settings that bring in nothing while no provider is registered. */
function uselessSettings({ natsUrl, feedPushAddress }: Config): readonly string[] {
  return [
    ...(natsUrl === undefined ? [] : ['HOLDFAST_NATS_URL']),
    ...(feedPushAddress === undefined ? [] : ['HOLDFAST_FEED_PUSH_ADDRESS']),
  ];
}
