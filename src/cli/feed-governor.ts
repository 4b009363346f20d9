import { userInfo } from 'node:os';
import { toJson } from '@bufbuild/protobuf';
import { durationMs, type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import { FeedService, type Governor, GovernorSchema } from '../gen/holdfast/v1/feed_service_pb.js';
import { askService } from './service-client.js';
import { table } from './table.js';
import { EXIT, json, styled, type Terminal } from './terminal.js';

type Env = Readonly<Record<string, string | undefined>>;

const HOUR_MS = 3_600_000;

/**
 * `holdfast feed governor show [PROVIDER]`: what providers' words alone have held, beside their limits.
 *
 * @returns the exit code: 0 none has tripped, 1 some have
 */
export async function showGovernors(
  provider: string | undefined,
  options: { json?: boolean },
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const feeds = await askService(env, async (client) => {
    if (provider === undefined) return (await client.call(FeedService.method.listFeeds, {})).feeds;
    const { feed } = await client.call(FeedService.method.getFeed, { provider });
    return feed === undefined ? [] : [feed];
  });
  const governors = feeds.flatMap((feed) => feed.governors);
  if (options.json) terminal.out(json(governors.map((governor) => toJson(GovernorSchema, governor))));
  else if (governors.length === 0) terminal.out('no provider is registered (HOLDFAST_PROVIDERS_FILE)');
  else terminal.out(governorTable(governors, terminal));
  return governors.some(({ tripped }) => tripped) ? EXIT.failed : EXIT.ok;
}

export interface LiftOptions {
  readonly cohort?: string;
  readonly reason: string;
  readonly actor?: string;
  readonly json?: boolean;
}

/** `holdfast feed governor lift PROVIDER`. @returns the exit code */
export async function liftGovernor(
  provider: string,
  options: LiftOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const { governor } = await askService(env, (client) =>
    client.call(FeedService.method.liftGovernor, {
      provider,
      cohortId: options.cohort ?? '',
      actor: options.actor ?? userInfo().username,
      reason: options.reason,
    }),
  );
  if (governor === undefined) return EXIT.failed;
  if (options.json) terminal.out(json(toJson(GovernorSchema, governor)));
  else terminal.out(governorTable([governor], terminal));
  return EXIT.ok;
}

/** Governors for people. */
export function governorTable(governors: readonly Governor[], terminal: Terminal): string {
  return table(
    terminal,
    [
      { title: 'GOVERNOR OF' },
      { title: 'INCIDENT' },
      { title: 'ACCOUNTS HELD', align: 'right' },
      { title: 'VALUE HELD', align: 'right' },
      { title: 'STATE' },
      { title: 'LAST LIFTED', maxWidth: 60 },
    ],
    governors.map((governor) => [
      governor.provider,
      governor.cohortId === '' ? '-' : governor.cohortId,
      usedText(governor),
      `${governor.usedValue}${governor.maxValue === '' ? '' : ` of ${governor.maxValue}`}`,
      governorState(governor, terminal),
      liftedText(governor),
    ]),
  );
}

/** How much of its limit of accounts is used, e.g. `12 of 2000 in 24 h`. */
export function usedText({ usedAccounts, maxAccounts, window }: Governor): string {
  const hours = window === undefined ? '' : ` in ${durationMs(window) / HOUR_MS} h`;
  return `${usedAccounts} of ${maxAccounts}${hours}`;
}

export function governorState({ tripped, trippedAt }: Governor, terminal: Terminal): string {
  return tripped
    ? styled(terminal, 'red', `TRIPPED since ${shortTime(trippedAt)}`)
    : styled(terminal, 'green', 'within limit');
}

function liftedText({ liftedAt, liftedBy, liftReason }: Governor): string {
  return liftedAt === undefined ? '-' : `${shortTime(liftedAt)} by ${liftedBy}: ${liftReason}`;
}

/** ISO 8601 to the second; `-` if there is none. */
export function shortTime(time: Timestamp | undefined): string {
  return time === undefined
    ? '-'
    : timestampDate(time)
        .toISOString()
        .replace(/\.\d{3}Z$/, 'Z');
}
