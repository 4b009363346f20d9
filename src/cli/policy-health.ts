import { toJson } from '@bufbuild/protobuf';
import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Decision } from '../gen/holdfast/v1/decision_pb.js';
import {
  type GetRuleHealthResponse,
  GetRuleHealthResponseSchema,
  PolicyService,
  type RuleHealth,
  RuleKind,
} from '../gen/holdfast/v1/policy_service_pb.js';
import type { Env } from './history.js';
import { timeOf } from './replay-filter.js';
import { askService } from './service-client.js';
import { oneDecimal } from './simulation-text.js';
import { table } from './table.js';
import { EXIT, json, type Terminal } from './terminal.js';

/** A call looks at up to 100,000 assessments in short turns beside the answers: some ten seconds, more under load. */
const TIMEOUT_MS = 120_000;
const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

export interface HealthOptions {
  readonly json?: boolean;
  /** RFC 3339 times. Absent: seven days before `to`, which is now unless it is given. */
  readonly from?: string;
  readonly to?: string;
}

/**
 * `holdfast policy health`: how each rule, lock, list and provider did over a window of what a running service recorded.
 *
 * @returns the exit code
 * @throws CommandError for a wrong window, and when no service answers
 */
export async function policyHealth(options: HealthOptions, env: Env, terminal: Terminal): Promise<number> {
  const window = {
    ...(options.from === undefined ? {} : { from: timestampFromMs(timeOf('--from', options.from)) }),
    ...(options.to === undefined ? {} : { to: timestampFromMs(timeOf('--to', options.to)) }),
  };
  const health = await askService(env, (client) =>
    client.call(PolicyService.method.getRuleHealth, window, TIMEOUT_MS),
  );
  if (options.json) terminal.out(json(toJson(GetRuleHealthResponseSchema, health)));
  else printHealth(health, terminal);
  return EXIT.ok;
}

function printHealth(
  { assessedCount, skippedCount, reached, rules }: GetRuleHealthResponse,
  terminal: Terminal,
): void {
  terminal.out(`${assessedCount.toLocaleString('en-US')} assessments`);
  if (skippedCount > 0n) {
    terminal.out(
      `${skippedCount.toLocaleString('en-US')} left out: the revision that decided them is not there any more`,
    );
  }
  if (reached !== undefined) {
    const time = timestampDate(reached).toISOString();
    terminal.out(`the limit of one call was reached: the rest begins at --from ${time}`);
  }
  if (rules.length === 0) {
    terminal.out('no rule, lock, list or provider had a hit');
    return;
  }
  terminal.out('');
  terminal.out(
    table(
      terminal,
      [
        { title: 'what' },
        { title: 'code' },
        { title: 'hits', align: 'right' },
        { title: 'accounts', align: 'right' },
        { title: 'points', align: 'right' },
        { title: 'errors', align: 'right' },
        { title: 'precision', align: 'right' },
        { title: 'lead', align: 'right' },
        { title: 'turned alone' },
      ],
      rules.map(rowOf),
    ),
  );
}

function rowOf(rule: RuleHealth): string[] {
  const { kind, code, hitCount, accountCount, points, errorCount, medianLeadSeconds } = rule;
  return [
    KIND_WORDS[kind],
    code,
    hitCount.toLocaleString('en-US'),
    accountCount.toLocaleString('en-US'),
    // Locks and lists never give any.
    kind === RuleKind.LOCK || kind === RuleKind.LIST ? '-' : oneDecimal(points),
    errorCount.toLocaleString('en-US'),
    precisionText(rule),
    medianLeadSeconds === undefined ? '-' : leadText(medianLeadSeconds),
    turnedText(rule),
  ];
}

const KIND_WORDS: Readonly<Record<RuleKind, string>> = {
  [RuleKind.UNSPECIFIED]: '',
  [RuleKind.SCORE]: 'score',
  [RuleKind.LOCK]: 'lock',
  [RuleKind.LIST]: 'list',
  [RuleKind.PROVIDER]: 'provider',
};

/** With the number of hits that it is a share of: 100 % of two says little. */
function precisionText({ precision, fraudCount, honestCount }: RuleHealth): string {
  if (precision === undefined) return '-';
  return `${oneDecimal(precision * 100)} % of ${(fraudCount + honestCount).toLocaleString('en-US')}`;
}

/** Negative where the fraud was established before the withdrawal was asked about. */
function leadText(seconds: number): string {
  const length = Math.abs(seconds);
  if (length >= DAY_S) return `${oneDecimal(seconds / DAY_S)} d`;
  if (length >= HOUR_S) return `${oneDecimal(seconds / HOUR_S)} h`;
  if (length >= MINUTE_S) return `${oneDecimal(seconds / MINUTE_S)} min`;
  return `${oneDecimal(seconds)} s`;
}

/** Each pair on a line of its own: without it, with it. */
function turnedText({ turned }: RuleHealth): string {
  if (turned.length === 0) return '-';
  return turned
    .map(
      ({ before, after, count }) =>
        `${count.toLocaleString('en-US')} ${Decision[before]} -> ${Decision[after]}`,
    )
    .join('\n');
}
