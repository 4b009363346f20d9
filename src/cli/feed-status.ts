import { toJson } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { Decision, FeedState } from '../gen/holdfast/v1/decision_pb.js';
import {
  type Feed,
  FeedDelivery,
  FeedSchema,
  FeedService,
  type ProviderLimits,
  type SequenceGap,
} from '../gen/holdfast/v1/feed_service_pb.js';
import { governorState, governorTable, shortTime, usedText } from './feed-governor.js';
import { askService } from './service-client.js';
import { table } from './table.js';
import { EXIT, json, styled, type Terminal } from './terminal.js';

/** Ranges of missing numbers shown to people. */
const MAX_SHOWN_GAPS = 8;

/**
 * `holdfast feed status [PROVIDER]`: how feeds are doing; of one feed everything.
 *
 * @returns the exit code: 0 all are FRESH and no governor has tripped, 1 not so
 */
export async function feedStatus(
  provider: string | undefined,
  options: { json?: boolean },
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<number> {
  const feeds = await askService(env, async (client): Promise<readonly Feed[]> => {
    if (provider === undefined) return (await client.call(FeedService.method.listFeeds, {})).feeds;
    const { feed } = await client.call(FeedService.method.getFeed, { provider });
    return feed === undefined ? [] : [feed];
  });
  const [only] = feeds;
  if (options.json) terminal.out(json(feeds.map((feed) => toJson(FeedSchema, feed))));
  else if (only === undefined) terminal.out('no provider is registered (HOLDFAST_PROVIDERS_FILE)');
  else terminal.out(provider === undefined ? feedTable(feeds, terminal) : feedDetail(only, terminal));
  return feeds.every(isGood) ? EXIT.ok : EXIT.failed;
}

function isGood(feed: Feed): boolean {
  return feed.state === FeedState.FRESH && feed.governors.every(({ tripped }) => !tripped);
}

function feedTable(feeds: readonly Feed[], terminal: Terminal): string {
  const rows = feeds.map((feed) => [
    feed.provider,
    stateText(feed, terminal),
    shortTime(feed.watermark),
    shortTime(feed.lastHeartbeatAt),
    feed.acceptedCount.toString(),
    feed.missingCount.toString(),
    feed.parkedCount.toString(),
    refusedText(feed),
    governorsText(feed, terminal),
  ]);
  return table(
    terminal,
    [
      { title: 'PROVIDER' },
      { title: 'STATE' },
      { title: 'WATERMARK' },
      { title: 'HEARTBEAT' },
      { title: 'ACCEPTED', align: 'right' },
      { title: 'MISSING', align: 'right' },
      { title: 'PARKED', align: 'right' },
      { title: 'REFUSED', maxWidth: 40 },
      { title: 'GOVERNOR' },
    ],
    rows,
  );
}

function feedDetail(feed: Feed, terminal: Terminal): string {
  const { governors, heartbeatInterval, lag, limits, pausedAt, resetAt } = feed;
  const every =
    heartbeatInterval === undefined ? '' : `, expected every ${durationMs(heartbeatInterval) / 1000} s`;
  const rows: (readonly [string, string])[] = [
    ['state', stateText(feed, terminal)],
    ['comes over', feed.delivery === FeedDelivery.PUSH ? 'HTTP push' : 'NATS'],
    ['watermark', shortTime(feed.watermark)],
    ['last heartbeat', `${shortTime(feed.lastHeartbeatAt)}${every}`],
    [
      'lag',
      `${(lag === undefined ? 0 : durationMs(lag)) / 1000} s, ${feed.pendingCount} waiting in the broker`,
    ],
    ['last number', feed.lastSeq === undefined ? '-' : feed.lastSeq.toString()],
    ['missing numbers', missingText(feed)],
    ['void numbers', feed.voidCount.toString()],
    ['accepted', `${feed.acceptedCount} (${feed.duplicateCount} repetitions)`],
    ['refused', refusedText(feed)],
    ['parked', feed.parkedCount.toString()],
  ];
  if (feed.reusedCount > 0n)
    rows.push(['used twice', `${feed.reusedCount} numbers: the provider began its count again`]);
  if (pausedAt !== undefined) rows.push(['paused', shortTime(pausedAt)]);
  if (resetAt !== undefined) rows.push(['stream reset', shortTime(resetAt)]);
  if (feed.missingGuarantees.length > 0) rows.push(['not guaranteed', feed.missingGuarantees.join('; ')]);
  if (limits !== undefined) rows.push(...limitRows(limits));
  const lines = rows.map(([name, value]) => `${name.padEnd(20)}${value}`);
  return `${lines.join('\n')}\n\n${governorTable(governors, terminal)}`;
}

function limitRows({
  maxConfidence,
  maxDecision,
  cohorts,
  mailboxQuota,
  unnamedMailboxCount,
}: ProviderLimits): readonly (readonly [string, string])[] {
  return [
    ['at most', `${Decision[maxDecision]}, confidence ${maxConfidence}`],
    ['incidents', cohorts ? 'of its own domains' : 'none'],
    ['unnamed mailboxes', `${unnamedMailboxCount} of ${mailboxQuota}`],
  ];
}

function stateText(feed: Feed, terminal: Terminal): string {
  return styled(terminal, feed.state === FeedState.FRESH ? 'green' : 'yellow', FeedState[feed.state]);
}

function missingText({ missingCount, gaps }: Feed): string {
  if (missingCount === 0n) return '0';
  const shown = gaps.slice(0, MAX_SHOWN_GAPS).map(rangeText);
  return `${missingCount} (${shown.join(', ')}${gaps.length > MAX_SHOWN_GAPS ? ', ...' : ''})`;
}

function rangeText({ from, to }: SequenceGap): string {
  return from === to ? from.toString() : `${from}-${to}`;
}

function refusedText({ quarantined }: Feed): string {
  return quarantined.map(({ reason, count }) => `${reason} ${count}`).join(', ') || '-';
}

/** The governor that matters most: one that has tripped, else the provider's own. */
function governorsText({ governors }: Feed, terminal: Terminal): string {
  const worst = governors.find(({ tripped }) => tripped) ?? governors[0];
  if (worst === undefined) return '-';
  return worst.tripped ? governorState(worst, terminal) : usedText(worst);
}
