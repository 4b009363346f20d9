import { toJson } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { FeedState } from '../gen/holdfast/v1/decision_pb.js';
import { type Feed, FeedSchema, FeedService } from '../gen/holdfast/v1/feed_service_pb.js';
import { askService } from './service-client.js';
import { EXIT, json, styled, type Terminal, table } from './terminal.js';

/**
 * `holdfast feed status [PROVIDER]`: how feeds are doing.
 *
 * @returns the exit code: 0 all are FRESH, 1 some are not
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
  if (options.json) terminal.out(json(feeds.map((feed) => toJson(FeedSchema, feed))));
  else if (feeds.length === 0) terminal.out('no provider is registered (HOLDFAST_PROVIDERS_FILE)');
  else terminal.out(feedTable(feeds, terminal));
  return feeds.every((feed) => feed.state === FeedState.FRESH) ? EXIT.ok : EXIT.failed;
}

function feedTable(feeds: readonly Feed[], terminal: Terminal): string {
  const rows = feeds.map((feed) => [
    feed.provider,
    styled(terminal, feed.state === FeedState.FRESH ? 'green' : 'yellow', FeedState[feed.state]),
    feed.watermark === undefined ? '-' : timestampDate(feed.watermark).toISOString(),
    feed.lastHeartbeatAt === undefined ? '-' : timestampDate(feed.lastHeartbeatAt).toISOString(),
    feed.acceptedCount.toString(),
    feed.missingCount.toString(),
    feed.quarantined.map(({ reason, count }) => `${reason} ${count}`).join(', ') || '-',
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
      { title: 'REFUSED', maxWidth: 50 },
    ],
    rows,
  );
}
