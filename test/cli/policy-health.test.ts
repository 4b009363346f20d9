import { join } from 'node:path';
import { fromJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  GetRuleHealthResponseSchema,
  PolicyService,
  RuleKind,
} from '../../src/gen/holdfast/v1/policy_service_pb.js';
import {
  startTestService,
  stopServices,
  TestClock,
  type TestService,
  temporaryFolder,
} from '../integration/harness.js';
import { API_MODE } from '../integration/policy-calls.js';
import { holdfast } from './command.js';

const FROM = Date.UTC(2026, 0, 1);
const TO = Date.UTC(2026, 1, 1);
const WINDOW = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-02-01T00:00:00Z'];

let running: TestService;

beforeAll(async () => {
  const folder = temporaryFolder();
  const size = ['--accounts', '200', '--days', '30', '--takeovers', '25', '--start', '2026-01-01'];
  const made = await holdfast(['simulate-population', '--seed', '5', ...size, '--out', join(folder, 'data')]);
  expect(made).toMatchObject({ code: 0, err: '' });
  running = await startTestService({ folder, clock: new TestClock(Date.UTC(2026, 1, 15)), env: API_MODE });
});

beforeEach(() => void vi.stubEnv('HOLDFAST_GRPC_ADDRESS', running.service.grpcAddress));
afterEach(() => void vi.unstubAllEnvs());
afterAll(stopServices);

/** The row of a code, split at the gaps between columns. */
function rowOf(out: string, code: string): string[] {
  const line = out.split('\n').find((one) => one.trim().split(/ {2,}/)[1] === code);
  return line?.trim().split(/ {2,}/) ?? [];
}

describe('policy health', () => {
  test('has a row for each rule, lock and provider, with the figures of the call', async () => {
    const window = { from: timestampFromMs(FROM), to: timestampFromMs(TO) };
    const health = await running.client.call(PolicyService.method.getRuleHealth, window);
    expect(health.rules.length).toBeGreaterThan(5);
    const { code, out, err } = await holdfast(['policy', 'health', ...WINDOW]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')[0]).toBe(`${health.assessedCount.toLocaleString('en-US')} assessments`);
    for (const rule of health.rules) {
      const [what, , hits, accounts, points, errors] = rowOf(out, rule.code);
      expect([what, hits, accounts, errors]).toEqual([
        RuleKind[rule.kind].toLowerCase(),
        rule.hitCount.toLocaleString('en-US'),
        rule.accountCount.toLocaleString('en-US'),
        rule.errorCount.toLocaleString('en-US'),
      ]);
      if (rule.kind === RuleKind.LOCK) expect(points).toBe('-');
      else expect(Number(points?.replaceAll(',', ''))).toBeCloseTo(rule.points, 1);
    }
    const judged = health.rules.find(({ precision }) => precision !== undefined && precision > 0);
    const share = ((judged?.precision ?? 0) * 100).toFixed(1);
    expect(rowOf(out, judged?.code ?? '')[6]).toBe(
      `${share} % of ${((judged?.fraudCount ?? 0n) + (judged?.honestCount ?? 0n)).toLocaleString('en-US')}`,
    );
    // Thefts of a made-up population are found out five days later.
    expect(rowOf(out, judged?.code ?? '')[7]).toMatch(/^\d+\.\d d$/);
    const turning = health.rules.find(({ turned }) => turned.length > 0);
    const [flip] = turning?.turned ?? [];
    expect(rowOf(out, turning?.code ?? '').at(-1)).toMatch(
      new RegExp(`^${flip?.count} (ALLOW|STEP_UP|HOLD|REJECT) -> (ALLOW|STEP_UP|HOLD|REJECT)$`),
    );
  });

  test('agrees with a replay about what each rule came up for', async () => {
    const { out } = await holdfast(['policy', 'diff', 'live', 'live', '--server', '--json', ...WINDOW]);
    const { rules } = JSON.parse(out).effect;
    const { out: table } = await holdfast(['policy', 'health', ...WINDOW]);
    const hits = rules.map(({ code }: { code: string }) => rowOf(table, code)[2]);
    expect(rules.length).toBeGreaterThan(5);
    expect(hits).toEqual(
      rules.map(({ hits_before }: { hits_before: number }) => hits_before.toLocaleString('en-US')),
    );
  });

  test('gives programs the whole answer', async () => {
    const { code, out } = await holdfast(['policy', 'health', ...WINDOW, '--json']);
    expect(code).toBe(0);
    const window = { from: timestampFromMs(FROM), to: timestampFromMs(TO) };
    expect(fromJson(GetRuleHealthResponseSchema, JSON.parse(out))).toEqual(
      await running.client.call(PolicyService.method.getRuleHealth, window),
    );
  });

  test('of a week in which nothing was asked says so', async () => {
    const { code, out } = await holdfast(['policy', 'health', '--from', '2026-02-10T00:00:00Z']);
    expect(code).toBe(0);
    expect(out).toBe('0 assessments\nno rule, lock, list or provider had a hit');
  });

  test('says what is wrong with a window', async () => {
    const text = await holdfast(['policy', 'health', '--from', 'yesterday']);
    expect(text).toMatchObject({ code: 2 });
    expect(text.err).toContain('--from: `yesterday` is not a time');
    const turned = await holdfast(['policy', 'health', '--from', '2026-02-10', '--to', '2026-02-01']);
    expect(turned).toMatchObject({ code: 1 });
    expect(turned.err).toBe('INVALID_ARGUMENT: to: must be later than `from`');
  });
});
