import { toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { DECISIONS } from '../decision/vocabulary.js';
import { Decision } from '../gen/holdfast/v1/decision_pb.js';
import {
  type Assessment,
  AssessmentSchema,
  type ListAssessmentsRequest,
  OutcomeLabel,
  RiskService,
} from '../gen/holdfast/v1/risk_service_pb.js';
import { OUTCOME_LABELS } from '../policy/simulate/replay-item.js';
import { shortTime } from './feed-governor.js';
import type { GrpcClient } from './grpc-client.js';
import { timeOf, wordSet } from './replay-filter.js';
import { askService } from './service-client.js';
import { table } from './table.js';
import { EXIT, json, styledDecision, type Terminal } from './terminal.js';

type Env = Readonly<Record<string, string | undefined>>;
type Filter = Partial<Omit<ListAssessmentsRequest, '$typeName' | '$unknown'>>;

export interface ListOptions {
  readonly account?: string;
  readonly withdrawal?: string;
  readonly decision?: readonly string[];
  readonly outcome?: readonly string[];
  readonly minScore?: number;
  readonly maxScore?: number;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

const DEFAULT_LIMIT = 50;
const MAX_PAGE_SIZE = 500;

/** A page may walk over ten thousand records, in turns with the service's answers. */
const TIMEOUT_MS = 60_000;

/**
 * `holdfast assessment list`: what a running service recorded, newest first.
 *
 * @returns the exit code
 * @throws CommandError
 */
export async function listAssessments(options: ListOptions, env: Env, terminal: Terminal): Promise<number> {
  const filter = filterOf(options);
  const limit = options.limit ?? DEFAULT_LIMIT;
  const { found, hasMore } = await askService(env, (client) => fetchAll(client, filter, limit));
  if (options.json) {
    terminal.out(json(found.map((assessment) => toJson(AssessmentSchema, assessment))));
  } else if (found.length === 0 && terminal.tabulate === undefined) terminal.out('no such assessments');
  else terminal.out(assessmentTable(found, terminal));
  if (hasMore) terminal.err('there are more: see --limit');
  return EXIT.ok;
}

function filterOf(options: ListOptions): Filter {
  const { account = '', withdrawal = '', from, to, minScore, maxScore } = options;
  const decisions = wordSet('--decision', DECISIONS, options.decision);
  const outcomes = wordSet('--outcome', OUTCOME_LABELS, options.outcome);
  return {
    accountId: account,
    withdrawalId: withdrawal,
    decisions: [...(decisions ?? [])].map((word) => Decision[word]),
    outcomes: [...(outcomes ?? [])].map((word) => OutcomeLabel[word]),
    ...(from === undefined ? {} : { from: timestampFromMs(timeOf('--from', from)) }),
    ...(to === undefined ? {} : { to: timestampFromMs(timeOf('--to', to)) }),
    ...(minScore === undefined ? {} : { minScore }),
    ...(maxScore === undefined ? {} : { maxScore }),
  };
}

async function fetchAll(
  client: GrpcClient,
  filter: Filter,
  limit: number,
): Promise<{ readonly found: readonly Assessment[]; readonly hasMore: boolean }> {
  const found: Assessment[] = [];
  let pageToken = '';
  do {
    const pageSize = Math.min(limit - found.length, MAX_PAGE_SIZE);
    const request = { ...filter, pageSize, pageToken };
    const page = await client.call(RiskService.method.listAssessments, request, TIMEOUT_MS);
    found.push(...page.assessments);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && found.length < limit);
  return { found, hasMore: pageToken !== '' };
}

function assessmentTable(found: readonly Assessment[], terminal: Terminal): string {
  return table(
    terminal,
    [
      { title: 'ASSESSED' },
      { title: 'DECISION' },
      { title: 'SCORE', align: 'right' },
      { title: 'WITHDRAWAL' },
      { title: 'ACCOUNT' },
      { title: 'ASSESSMENT' },
    ],
    found.map(({ assessedAt, response, withdrawalId, accountId, assessmentId }) => [
      shortTime(assessedAt),
      styledDecision(terminal, Decision[response?.decision ?? 0] ?? ''),
      (response?.score ?? 0).toFixed(1),
      withdrawalId,
      accountId,
      assessmentId,
    ]),
  );
}
