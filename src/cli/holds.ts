import { userInfo } from 'node:os';
import { toJson } from '@bufbuild/protobuf';
import { Release } from '../gen/holdfast/v1/decision_pb.js';
import { type Hold, HoldSchema, HoldService, HoldState } from '../gen/holdfast/v1/hold_service_pb.js';
import { shortTime } from './feed-governor.js';
import type { GrpcClient } from './grpc-client.js';
import { askService } from './service-client.js';
import { table } from './table.js';
import { EXIT, json, styled, type Terminal } from './terminal.js';

type Env = Readonly<Record<string, string | undefined>>;

const STATES = {
  open: [HoldState.OPEN],
  expired: [HoldState.EXPIRED],
  released: [HoldState.RELEASED],
  'fraud-confirmed': [HoldState.FRAUD_CONFIRMED],
  all: [HoldState.OPEN, HoldState.EXPIRED, HoldState.RELEASED, HoldState.FRAUD_CONFIRMED],
} as const;

const DEFAULT_LIMIT = 50;
const MAX_PAGE_SIZE = 500;

export interface ListOptions {
  readonly state: keyof typeof STATES;
  readonly account?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** `holdfast holds list`. @returns the exit code */
export async function listHolds(options: ListOptions, env: Env, terminal: Terminal): Promise<number> {
  const { holds, hasMore } = await askService(env, (client) => fetchHolds(client, options));
  if (options.json) {
    terminal.out(json(holds.map((hold) => toJson(HoldSchema, hold))));
    return EXIT.ok;
  }
  if (holds.length === 0 && terminal.tabulate === undefined) terminal.out('no such holds');
  else terminal.out(holdTable(holds, terminal));
  if (hasMore) terminal.err('there are more: see --limit');
  return EXIT.ok;
}

async function fetchHolds(
  client: GrpcClient,
  { state, account = '', limit = DEFAULT_LIMIT }: ListOptions,
): Promise<{ readonly holds: readonly Hold[]; readonly hasMore: boolean }> {
  const holds: Hold[] = [];
  let pageToken = '';
  do {
    const page = await client.call(HoldService.method.listHolds, {
      states: [...STATES[state]],
      accountId: account,
      pageSize: Math.min(limit - holds.length, MAX_PAGE_SIZE),
      pageToken,
    });
    holds.push(...page.holds);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && holds.length < limit);
  return { holds, hasMore: pageToken !== '' };
}

/** `holdfast holds show ID`. @returns the exit code */
export async function showHold(
  withdrawalId: string,
  options: { readonly json?: boolean },
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const { hold } = await askService(env, (client) =>
    client.call(HoldService.method.getHold, { withdrawalId }),
  );
  return told(hold, options, terminal);
}

export interface ConfirmOptions {
  readonly reason: string;
  readonly actor?: string;
  readonly json?: boolean;
}

export interface ReleaseOptions extends ConfirmOptions {
  /** The assessment that was looked at. */
  readonly assessment?: string;
}

/** `holdfast holds release ID`. @returns the exit code */
export async function releaseHold(
  withdrawalId: string,
  options: ReleaseOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const { reason, actor = userInfo().username, assessment: assessmentId = '' } = options;
  const { hold } = await askService(env, (client) =>
    client.call(HoldService.method.releaseHold, { withdrawalId, actor, reason, assessmentId }),
  );
  return told(hold, options, terminal);
}

/** `holdfast holds confirm ID`. @returns the exit code */
export async function confirmHold(
  withdrawalId: string,
  options: ConfirmOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const { reason, actor = userInfo().username } = options;
  const { hold } = await askService(env, (client) =>
    client.call(HoldService.method.confirmFraud, { withdrawalId, actor, reason }),
  );
  return told(hold, options, terminal);
}

function told(hold: Hold | undefined, options: { readonly json?: boolean }, terminal: Terminal): number {
  if (hold === undefined) return EXIT.failed;
  if (options.json) terminal.out(json(toJson(HoldSchema, hold)));
  else terminal.out(details(hold, terminal));
  return EXIT.ok;
}

function holdTable(holds: readonly Hold[], terminal: Terminal): string {
  return table(
    terminal,
    [
      { title: 'WITHDRAWAL' },
      { title: 'ACCOUNT' },
      { title: 'STATE' },
      { title: 'VALUE', align: 'right' },
      { title: 'TIER' },
      { title: 'FIRST HELD' },
      { title: 'DUE' },
      { title: 'ENDS' },
    ],
    holds.map((hold) => [
      hold.withdrawalId,
      hold.accountId,
      stateText(hold, terminal),
      valueText(hold),
      hold.tier,
      shortTime(hold.firstHeldAt),
      shortTime(hold.holdUntil),
      hold.release === Release.PERSON ? 'by a person' : 'by itself',
    ]),
  );
}

function details(hold: Hold, terminal: Terminal): string {
  const isForPerson = hold.release === Release.PERSON;
  const rows: readonly (readonly [string, string])[] = [
    ['withdrawal', hold.withdrawalId],
    ['account', hold.accountId],
    ['state', stateText(hold, terminal)],
    ['value', `${valueText(hold)}, tier ${hold.tier}`],
    ['first held', shortTime(hold.firstHeldAt)],
    isForPerson
      ? ['review due', `${shortTime(hold.holdUntil)}; only a person ends it`]
      : ['ends by itself', shortTime(hold.holdUntil)],
    ['assessment', hold.assessmentId],
    ...(hold.endedAt === undefined ? [] : [['ended', endText(hold)] as const]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

function endText({ endedAt, endedBy, endReason }: Hold): string {
  return `${shortTime(endedAt)} by ${endedBy}${endReason === '' ? '' : `: ${endReason}`}`;
}

const STYLES = {
  [HoldState.UNSPECIFIED]: 'dim',
  [HoldState.OPEN]: 'magenta',
  [HoldState.EXPIRED]: 'dim',
  [HoldState.RELEASED]: 'green',
  [HoldState.FRAUD_CONFIRMED]: 'red',
} as const;

function stateText({ state }: Hold, terminal: Terminal): string {
  return styled(terminal, STYLES[state], HoldState[state]);
}

function valueText({ referenceValue }: Hold): string {
  return referenceValue === undefined ? 'unknown' : referenceValue.toFixed(2);
}
