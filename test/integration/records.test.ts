import { fromBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decide, explain } from '../../src/decision/index.js';
import { ENGINE_VERSION } from '../../src/decision/verdict.js';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import {
  AssessWithdrawalResponseSchema,
  type GetAssessmentResponse,
  type ListAssessmentsResponse,
  OutcomeLabel,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { listPseudonyms } from '../../src/identity/index.js';
import { readPolicy } from '../../src/policy/index.js';
import { encodeAnswer } from '../../src/server/risk/answer.js';
import { type AssessmentBody, decodeEntry } from '../../src/store/codec/entries.js';
import { details, failure, START, startTestService, stopServices, type TestService } from './harness.js';
import { codes, MINUTE_MS, reset, theft, usual } from './requests.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

function get(assessmentId: string): Promise<GetAssessmentResponse> {
  return running.client.call(RiskService.method.getAssessment, { assessmentId });
}

interface Filters {
  readonly accountId?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly decisions?: Decision[];
  readonly withdrawalId?: string;
  readonly outcomes?: OutcomeLabel[];
  readonly minScore?: number;
  readonly maxScore?: number;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

function list({ fromMs, toMs, ...filters }: Filters): Promise<ListAssessmentsResponse> {
  return running.client.call(RiskService.method.listAssessments, {
    ...filters,
    ...(fromMs === undefined ? {} : { from: timestampFromMs(fromMs) }),
    ...(toMs === undefined ? {} : { to: timestampFromMs(toMs) }),
  });
}

function withdrawals(page: ListAssessmentsResponse): readonly string[] {
  return page.assessments.map(({ withdrawalId }) => withdrawalId);
}

function flipped(token: string, at: number): string {
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

/** Follows page tokens to the end. */
async function pages(filters: Filters): Promise<readonly (readonly string[])[]> {
  const found: (readonly string[])[] = [];
  let pageToken = '';
  do {
    const page = await list({ ...filters, pageToken });
    found.push(withdrawals(page));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

describe('GetAssessment', () => {
  test('gives what was asked and the answer as it was given', async () => {
    await running.report(reset());
    const answer = await running.assess(theft('w-1', { amount: '0.30', referenceValue: 1234.56 }));
    const { assessment } = await get(answer.assessmentId);
    expect(assessment).toMatchObject({
      assessmentId: answer.assessmentId,
      assessedAt: timestampFromMs(START),
      withdrawalId: 'w-1',
      accountId: 'account-1',
      asset: 'BTC',
      amount: '0.3',
      referenceValue: 1234.56,
      tier: 'standard',
      engineVersion: ENGINE_VERSION,
    });
    expect(assessment?.response).toEqual(answer);
  });

  test('gives it across a restart', async () => {
    const answer = await running.assess(usual('w-1'));
    running = await running.restart();
    expect((await get(answer.assessmentId)).assessment?.response).toEqual(answer);
  });

  test.each(['nonsense', '019bc1f3-0000-7000-8000-00000000ffff'])('NOT_FOUND for %s', async (id) => {
    const error = await failure(get(id));
    expect(error.code).toBe(GrpcStatus.NOT_FOUND);
    expect(details(error).info?.reason).toBe('ASSESSMENT_NOT_FOUND');
  });

  test('NOT_FOUND for an id that differs in anything but its position', async () => {
    const { assessmentId } = await running.assess(usual('w-1'));
    const forged = assessmentId.replace(/^./, (first) => (first === '0' ? '1' : '0'));
    expect((await failure(get(forged))).code).toBe(GrpcStatus.NOT_FOUND);
  });

  test('an id is required', async () => {
    const error = await failure(get(''));
    expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['assessment_id']);
  });
});

describe('ListAssessments', () => {
  beforeEach(async () => {
    await running.report(reset());
    for (let index = 0; index < 5; index++) {
      running.clock.now = START + index * MINUTE_MS;
      await running.assess(usual(`a-${index}`));
      await running.assess(
        theft(`h-${index}`, { accountId: 'account-2', signals: [reset({ accountId: '' })] }),
      );
    }
  });

  test('is newest first, over all accounts', async () => {
    const [page] = await pages({});
    expect(page?.slice(0, 4)).toEqual(['h-4', 'a-4', 'h-3', 'a-3']);
    expect(page).toHaveLength(10);
  });

  test('finds those of an account across a restart, and those that follow it', async () => {
    running = await running.restart();
    running.clock.now = START + 5 * MINUTE_MS;
    await running.assess(usual('a-5'));
    expect(await pages({ accountId: 'account-1', pageSize: 4 })).toEqual([
      ['a-5', 'a-4', 'a-3', 'a-2'],
      ['a-1', 'a-0'],
    ]);
    const { journal, view } = running.service.stores;
    const positions: number[] = [];
    const latest = view.latestAssessment('default', 'account-1');
    for (let position = latest; position > 0; ) {
      positions.push(position);
      const entry = journal.get(position);
      const body = entry === undefined ? undefined : decodeEntry(entry.kind, entry.payload);
      if (body?.kind !== 'assessment') throw new Error(`${position} is no assessment`);
      position = body.previousPosition ?? Number.NaN;
    }
    expect(positions).toHaveLength(6);
  });

  test.each<readonly [string, Filters, readonly string[]]>([
    ['account', { accountId: 'account-1' }, ['a-4', 'a-3', 'a-2', 'a-1', 'a-0']],
    ['decision', { decisions: [Decision.HOLD] }, ['h-4', 'h-3', 'h-2', 'h-1', 'h-0']],
    [
      'decisions',
      { decisions: [Decision.HOLD, Decision.ALLOW], fromMs: START + 4 * MINUTE_MS },
      ['h-4', 'a-4'],
    ],
    ['begin, inclusive', { accountId: 'account-1', fromMs: START + 3 * MINUTE_MS }, ['a-4', 'a-3']],
    ['end, exclusive', { accountId: 'account-1', toMs: START + 2 * MINUTE_MS }, ['a-1', 'a-0']],
    [
      'all of them',
      {
        accountId: 'account-2',
        decisions: [Decision.HOLD],
        fromMs: START + MINUTE_MS,
        toMs: START + 3 * MINUTE_MS,
      },
      ['h-2', 'h-1'],
    ],
    ['an account that never asked', { accountId: 'account-3' }, []],
    ['a decision that was never made', { decisions: [Decision.REJECT] }, []],
    ['withdrawal', { withdrawalId: 'h-3' }, ['h-3']],
    ['withdrawal of another account', { withdrawalId: 'h-3', accountId: 'account-1' }, []],
    ['lowest score', { minScore: 50, fromMs: START + 3 * MINUTE_MS }, ['h-4', 'h-3']],
    ['highest score', { maxScore: 49.9, fromMs: START + 3 * MINUTE_MS }, ['a-4', 'a-3']],
    [
      'more than one page may have',
      { accountId: 'account-1', pageSize: 4_000_000_000 },
      ['a-4', 'a-3', 'a-2', 'a-1', 'a-0'],
    ],
    ['an outcome that nobody reported', { outcomes: [OutcomeLabel.SENT] }, []],
  ])('filters by %s', async (_, filters, expected) => {
    expect(withdrawals(await list(filters))).toEqual(expected);
  });

  test('filters by the outcome that was reported last, and pages keep to the filter', async () => {
    const labels = [OutcomeLabel.HONEST, OutcomeLabel.FRAUD_CONFIRMED];
    const ids = (await list({ accountId: 'account-2' })).assessments.map(({ assessmentId }) => assessmentId);
    const outcomes = ids.slice(0, 4).map((assessmentId, index) => ({
      assessmentId,
      label: labels[index % 2] ?? OutcomeLabel.UNKNOWN,
      reportedBy: 'desk',
      observedAt: timestampFromMs(running.clock.now),
    }));
    await running.client.call(RiskService.method.reportOutcome, { outcomes });
    const honest = { outcomes: [OutcomeLabel.HONEST] };
    expect(withdrawals(await list(honest))).toEqual(['h-4', 'h-2']);
    expect(withdrawals(await list({ ...honest, minScore: 50, withdrawalId: 'h-2' }))).toEqual(['h-2']);
    expect(await pages({ outcomes: [...labels], pageSize: 3 })).toEqual([['h-4', 'h-3', 'h-2'], ['h-1']]);
    const { nextPageToken } = await list({ ...honest, pageSize: 1 });
    const error = await failure(list({ outcomes: [OutcomeLabel.SENT], pageToken: nextPageToken }));
    expect(details(error).info?.reason).toBe('PAGE_TOKEN_INVALID');
  });

  test.each<readonly [string, Filters]>([
    ['one account', { accountId: 'account-1' }],
    ['everything', {}],
    ['one decision', { decisions: [Decision.HOLD] }],
  ])('pages over %s miss nothing and repeat nothing', async (_, filters) => {
    const whole = (await pages(filters)).flat();
    const inTwos = await pages({ ...filters, pageSize: 2 });
    expect(inTwos.flat()).toEqual(whole);
    expect(inTwos.every((page) => page.length <= 2)).toBe(true);
  });

  test('what comes meanwhile does not move the pages', async () => {
    const first = await list({ accountId: 'account-1', pageSize: 2 });
    await running.assess(usual('a-5'));
    const second = await list({ accountId: 'account-1', pageSize: 2, pageToken: first.nextPageToken });
    expect([withdrawals(first), withdrawals(second)]).toEqual([
      ['a-4', 'a-3'],
      ['a-2', 'a-1'],
    ]);
  });

  test.each<readonly [string, (token: string) => Filters]>([
    ['was tampered with', (token) => ({ pageSize: 2, pageToken: flipped(token, 6) })],
    ['was shortened', (token) => ({ pageSize: 2, pageToken: token.slice(0, -1) })],
    ['belongs to other filters', (token) => ({ pageSize: 2, accountId: 'account-1', pageToken: token })],
    ['is not ours', () => ({ pageToken: 'next' })],
  ])('a page token that %s is refused', async (_, filters) => {
    const { nextPageToken } = await list({ pageSize: 2 });
    const error = await failure(list(filters(nextPageToken)));
    expect(error.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(details(error).info?.reason).toBe('PAGE_TOKEN_INVALID');
    expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['page_token']);
  });

  test.each<readonly [string, Filters]>([
    ['withdrawal_id', { withdrawalId: 'x'.repeat(129) }],
    ['outcomes[0]', { outcomes: [OutcomeLabel.UNSPECIFIED] }],
    ['min_score', { minScore: Number.NaN }],
    ['min_score', { minScore: -1 }],
    ['max_score', { maxScore: 100.5 }],
    ['max_score', { minScore: 50, maxScore: 49 }],
    ['decisions[1]', { decisions: [Decision.HOLD, Decision.UNSPECIFIED] }],
    ['to', { fromMs: START, toMs: START }],
    ['account_id', { accountId: 'x'.repeat(129) }],
  ])('%s is checked', async (field, filters) => {
    const error = await failure(list(filters));
    expect(error.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(details(error).badRequest?.fieldViolations.map((violation) => violation.field)).toEqual([field]);
  });
});

describe('I1: same input, same answer', () => {
  function recorded(): AssessmentBody[] {
    const { journal } = running.service.stores;
    const bodies: AssessmentBody[] = [];
    for (let position = 1; position <= journal.head; position++) {
      const entry = journal.get(position);
      if (entry === undefined) continue;
      const body = decodeEntry(entry.kind, entry.payload);
      if (body.kind === 'assessment') bodies.push(body);
    }
    return bodies;
  }

  function livePolicy() {
    const text = running.service.stores.policies.latest;
    const entry = running.service.stores.journal.get(text?.position ?? 0);
    const body = entry === undefined ? undefined : decodeEntry(entry.kind, entry.payload);
    if (body?.kind !== 'policy-revision') throw new Error('the log holds no policy');
    const read = readPolicy(body.text, {
      pseudonyms: listPseudonyms(running.service.pseudonyms, 'default'),
    });
    if (read.kind === 'invalid') throw new Error('the recorded policy is invalid');
    return read.policy;
  }

  test('every recorded input decides to the recorded bytes, also after a restart', async () => {
    await running.report(reset());
    await running.assess(usual('w-1'));
    await running.assess(theft('w-2', { requestId: 'r-2' }));
    await running.assess(usual('w-3', { referenceValue: 20_000 }));
    running.clock.now += 50 * 60 * MINUTE_MS;
    await running.assess(theft('w-2'));
    running = await running.restart();
    const policy = livePolicy();
    const bodies = recorded();
    const replayed = bodies.map(({ input, response }) => {
      const answer = fromBinary(AssessWithdrawalResponseSchema, response);
      const verdict = decide(input, policy);
      const explains = verdict.decision === 'HOLD' || verdict.decision === 'STEP_UP';
      return encodeAnswer({
        assessmentId: answer.assessmentId,
        verdict,
        explanation: explains ? explain(input, policy, verdict) : undefined,
        policyNumber: answer.policyRevision?.number ?? 0,
        policyHash: policy.hash,
        asOf: answer.asOf,
        feeds: input.feeds,
      });
    });
    expect(bodies.map(({ decision }) => decision)).toEqual(['ALLOW', 'HOLD', 'STEP_UP', 'STEP_UP']);
    expect(replayed.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
      bodies.map(({ response }) => Buffer.from(response).toString('hex')),
    );
  });
});

test('I3: points add up, and every reason with points is there', async () => {
  await running.report(reset(), reset({ type: SignalType.NEW_DEVICE }));
  const answer = await running.assess(theft('w-1'));
  const sum = answer.reasons.reduce((total, { points }) => total + points, 0);
  expect(codes(answer)).toEqual(expect.arrayContaining(['PASSWORD_RESET', 'NEW_DEVICE', 'LARGE_SHARE']));
  expect(answer.score).toBe(Math.min(100, Math.max(0, sum)));
  expect(answer.reasons.find(({ code }) => code === 'LOCK_RESET')?.points).toBe(0);
});
