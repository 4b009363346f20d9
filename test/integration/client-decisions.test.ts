import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterEach, describe, expect, test } from 'vitest';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import {
  type ClientDecisionSchema,
  NoAnswerCause,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import {
  failure,
  START,
  startTestService,
  stopServices,
  type TestService,
  temporaryFolder,
} from './harness.js';
import { usual } from './requests.js';

afterEach(stopServices);

const SECTION = `
without_answer:
  allow_tiers: [small]
  destination_used_for: 30d
  account_hourly_value: '500.50'
  account_hourly_count: 2
  hourly_value: 20000
  valid_for: 10m
`;

function folderWithSection(): string {
  const folder = temporaryFolder();
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, readFileSync(file, 'utf8') + SECTION);
  return folder;
}

type DecisionInit = MessageInitShape<typeof ClientDecisionSchema>;

function letGo(requestId: string, value: number, changes: object = {}): DecisionInit {
  return {
    request: {
      requestId,
      withdrawalId: `w-${requestId}`,
      accountId: 'a-1',
      asset: 'BTC',
      amount: '0.5',
      referenceValue: value,
      destination: { address: bitcoinAddress('known'), network: 'bitcoin' },
      ...changes,
    },
    decision: Decision.ALLOW,
    decidedAt: timestampFromMs(START),
    cause: NoAnswerCause.DEADLINE,
  };
}

const reportTo = (service: TestService, ...decisions: DecisionInit[]) =>
  service.client.call(RiskService.method.reportClientDecisions, { decisions });

/** In which tier a withdrawal of 10 is judged: it tells what the account has moved. */
async function tierNow(service: TestService, accountId = 'a-1'): Promise<string> {
  const { assessmentId } = await service.assess(usual('w-probe', { accountId, referenceValue: 10 }));
  const { assessment } = await service.client.call(RiskService.method.getAssessment, { assessmentId });
  return assessment?.tier ?? '';
}

describe('the posture without an answer', () => {
  test('holds everything where the policy says nothing', async () => {
    const service = await startTestService();
    const { posture } = await service.client.call(RiskService.method.getFailPosture, {});
    expect(posture?.tiers.map(({ name, decision }) => [name, decision])).toEqual([
      ['small', Decision.HOLD],
      ['standard', Decision.HOLD],
      ['large', Decision.HOLD],
    ]);
    expect(posture).toMatchObject({
      accountHourlyHundredths: 0n,
      accountHourlyCount: 0,
      hourlyHundredths: 0n,
    });
    expect(posture?.destinationUsedFor).toBeUndefined();
  });

  test('is what the live policy says', async () => {
    const service = await startTestService({ folder: folderWithSection() });
    const { posture } = await service.client.call(RiskService.method.getFailPosture, {});
    expect(posture).toMatchObject({
      currency: 'USD',
      tiers: [
        { name: 'small', belowHundredths: 100_000n, decision: Decision.ALLOW },
        { name: 'standard', decision: Decision.HOLD },
        { name: 'large', decision: Decision.HOLD },
      ],
      accountHourlyHundredths: 50_050n,
      accountHourlyCount: 2,
      hourlyHundredths: 2_000_000n,
      destinationUsedFor: { seconds: 30n * 86_400n },
      validFor: { seconds: 600n },
    });
    expect(posture?.tiers.at(-1)?.belowHundredths).toBeUndefined();
  });
});

describe('what a client let go', () => {
  test('counts as moved, once however often it is reported, across a restart', async () => {
    let service = await startTestService();
    expect(await tierNow(service)).toBe('small');
    expect(await reportTo(service, letGo('r-1', 6000), letGo('r-1', 6000))).toMatchObject({
      acceptedCount: 2,
    });
    expect(await tierNow(service)).toBe('standard');
    expect(await reportTo(service, letGo('r-1', 6000))).toMatchObject({ acceptedCount: 1, rejected: [] });
    expect(await tierNow(service)).toBe('standard');
    service = await service.restart();
    expect(await reportTo(service, letGo('r-1', 6000))).toMatchObject({ acceptedCount: 1, rejected: [] });
    expect(await tierNow(service)).toBe('standard');
    await reportTo(service, letGo('r-2', 6000));
    expect(await tierNow(service)).toBe('large');
    expect(await tierNow(service, 'a-2')).toBe('small');
  });

  test('stays gone, whatever is asked under its id afterwards', async () => {
    const service = await startTestService();
    await reportTo(service, letGo('r-1', 6000));
    await service.report({
      accountId: 'a-1',
      type: SignalType.MFA_RESET,
      occurredAt: timestampFromMs(START),
    });
    await service.assess(usual('w-r-1', { accountId: 'a-1', referenceValue: 5 }));
    expect(await tierNow(service)).toBe('standard');
  });

  test('is not counted beside the answer that the service gave meanwhile', async () => {
    const service = await startTestService();
    await service.assess(usual('w-r-1', { accountId: 'a-1', referenceValue: 6000 }));
    await reportTo(service, letGo('r-1', 6000));
    expect(await tierNow(service)).toBe('standard');
  });

  test('a hold is recorded and moves nothing', async () => {
    const service = await startTestService();
    await reportTo(service, { ...letGo('r-1', 6000), decision: Decision.HOLD });
    expect(await tierNow(service)).toBe('small');
  });

  test('counts although details of its request break rules', async () => {
    const service = await startTestService();
    const spoilt = letGo('r-1', 6000, {
      email: 'x'.repeat(300),
      session: { ip: 'nowhere', country: 'zz' },
      destination: { address: `bc1\u0007${'q'.repeat(400)}`, network: 'bitcoin', addedAt: { seconds: 0n } },
    });
    expect(await reportTo(service, spoilt)).toMatchObject({ acceptedCount: 1, rejected: [] });
    expect(await tierNow(service)).toBe('standard');
    await reportTo(service, letGo('r-2', Number.NaN));
    expect(await tierNow(service)).toBe('large');
  });

  test('brings its signals along', async () => {
    const service = await startTestService();
    const signal = {
      accountId: 'a-1',
      signalId: 's-1',
      type: SignalType.MFA_RESET,
      occurredAt: timestampFromMs(START),
    };
    await reportTo(service, letGo('r-1', 10, { signals: [signal] }));
    const { accepted } = await service.report(signal);
    expect(accepted).toMatchObject([{ signalId: 's-1', duplicate: true }]);
  });
});

describe('reports that break rules', () => {
  test('are told one by one, and keep nothing of the others back', async () => {
    const service = await startTestService();
    await reportTo(service, letGo('r-1', 10));
    const { decidedAt: _, ...undated } = letGo('r-2', 10);
    const { acceptedCount, rejected } = await reportTo(
      service,
      letGo('r-1', 20),
      undated,
      letGo('', 10),
      { ...letGo('r-3', 10), decision: Decision.STEP_UP },
      letGo('r-4', 10, { amount: 'much' }),
      letGo('r-5', 10, { dryRun: true }),
      { decision: Decision.ALLOW, decidedAt: timestampFromMs(START) },
      letGo('r-6', 10),
    );
    expect(acceptedCount).toBe(1);
    expect(rejected.map(({ index, field }) => [index, field])).toEqual([
      [0, 'request.request_id'],
      [1, 'decided_at'],
      [2, 'request.request_id'],
      [3, 'decision'],
      [4, 'request.amount'],
      [5, 'request.dry_run'],
      [6, 'request'],
    ]);
  });

  test('a batch has 1 to 100', async () => {
    const service = await startTestService();
    const many = Array.from({ length: 101 }, (_, index) => letGo(`r-${index}`, 10));
    for (const decisions of [[], many]) {
      const error = await failure(reportTo(service, ...decisions));
      expect(error.details).toContain('decisions');
    }
  });
});

describe('a policy', () => {
  test.each([
    ['allow_tiers: [standard]', 'without a gap'],
    ['allow_tiers: [tiny]', 'no tier `tiny`'],
    ['allow_tiers: [small, standard, large]', 'can only be held'],
    ['valid_for: 30s', 'from 1m to 24h'],
    ['hourly_value: 1', 'is below `account_hourly_value`'],
  ])('%s is a mistake', async (line, message) => {
    const folder = temporaryFolder();
    const file = join(folder, 'policy.yaml');
    const key = `  ${line.split(':')[0]}:`;
    const section = SECTION.split('\n').map((old) => (old.startsWith(key) ? `  ${line}` : old));
    writeFileSync(file, readFileSync(file, 'utf8') + section.join('\n'));
    const problems = await startTestService({ folder }).then(
      () => [],
      (error: unknown) => (error instanceof Error && 'problems' in error ? error.problems : [String(error)]),
    );
    expect(JSON.stringify(problems)).toContain(message);
  });
});
