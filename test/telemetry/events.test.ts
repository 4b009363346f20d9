import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from 'vitest';
import { Events } from '../../src/telemetry/events.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { parseMetrics } from './parse-metrics.js';

let lines: Record<string, unknown>[];
let metrics: Metrics;
let events: Events;

beforeEach(() => {
  lines = [];
  metrics = new Metrics({ withProcess: false });
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  events = new Events(createLogger({ level: 'debug', destination }), metrics);
});

async function sample(name: string): Promise<number | undefined> {
  return parseMetrics(await metrics.text()).get(name);
}

describe('events', () => {
  test('a decision is counted and not logged', async () => {
    events.decided('HOLD', 'HIGH');
    events.decided('HOLD', 'HIGH');
    expect(await sample('holdfast_decisions_total{decision="HOLD",level="HIGH"}')).toBe(2);
    expect(lines).toEqual([]);
  });

  test('each degraded allow is counted, and a line says so once in a while', async () => {
    for (let i = 0; i < 100; i += 1) events.degradedAllow('large');
    expect(await sample('holdfast_degraded_allows_total{tier="large"}')).toBe(100);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ event: 'degraded_allow', level: 'warn', tier: 'large' });
  });

  test('signals are counted by result', async () => {
    events.signalsReported(3, 2, 1);
    events.signalsReported(1, 0, 0);
    expect(await sample('holdfast_signals_total{result="accepted"}')).toBe(4);
    expect(await sample('holdfast_signals_total{result="duplicate"}')).toBe(2);
    expect(await sample('holdfast_signals_total{result="rejected"}')).toBe(1);
  });

  test('calls are counted by method and status, assessments timed', async () => {
    const calls = events.callsOf('holdfast.v1.RiskService/AssessWithdrawal');
    calls.answered(status.OK, 2.5);
    calls.answered(status.OK, 0.2);
    calls.answered(status.INVALID_ARGUMENT, 0);
    calls.unserved();
    events.callsOf('holdfast.v1.HoldService/GetHold').answered(status.OK, 1);
    const method = 'method="holdfast.v1.RiskService/AssessWithdrawal"';
    expect(await sample(`holdfast_calls_total{${method},status="OK"}`)).toBe(2);
    expect(await sample(`holdfast_calls_total{${method},status="INVALID_ARGUMENT"}`)).toBe(1);
    expect(await sample('holdfast_assess_duration_seconds_count')).toBe(2);
    expect(await sample('holdfast_assess_duration_seconds_sum')).toBeCloseTo(0.0027);
    expect(await sample('holdfast_requests_unserved_total')).toBe(1);
  });

  test('refusals under overload are counted each and logged once', async () => {
    const calls = events.callsOf('holdfast.v1.RiskService/AssessWithdrawal');
    for (let i = 0; i < 1_000; i += 1) calls.shed('SERVER_LAGGING');
    expect(await sample('holdfast_shed_total{cause="SERVER_LAGGING"}')).toBe(1_000);
    expect(lines).toHaveLength(1);
  });

  test('a bug is logged by kind and place, without what it says', async () => {
    const calls = events.callsOf('holdfast.v1.RiskService/AssessWithdrawal');
    calls.failed(new TypeError('canary@att.net is undefined'));
    expect(
      await sample('holdfast_internal_errors_total{method="holdfast.v1.RiskService/AssessWithdrawal"}'),
    ).toBe(1);
    expect(lines).toMatchObject([{ event: 'call_failed', level: 'error', cause: { name: 'TypeError' } }]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  test('the life of the service is logged', () => {
    events.serviceStarted({
      version: '0.1.0',
      grpcAddress: '127.0.0.1:50051',
      opsAddress: '127.0.0.1:9464',
      audit: 'durable',
      reflection: false,
      readyAfterMs: 12,
    });
    events.nodeOutdated('use a newer one');
    events.auditFailed('DISK_FULL', Object.assign(new Error('x'), { code: 'STORE_WRITE_FAILED' }));
    events.auditRecovered();
    events.policyActivated(3, 'abc');
    events.policyRefused(['12:5', '14:1']);
    events.storeOpened('state-quarantined', 'reason=SCHEMA_VERSION');
    events.entryNotApplied(7, 'signal', new Error('canary'));
    events.stateWritable(false, new Error('canary'));
    events.stateWritable(true, undefined);
    events.keysMade();
    events.clockStepped(-3_600_000.4);
    events.drainStarted('SIGTERM');
    events.serviceStopped(false, 120.7);
    expect(lines.map(({ event }) => event)).toEqual([
      'service_started',
      'node_outdated',
      'audit_failed',
      'audit_recovered',
      'policy_activated',
      'policy_refused',
      'store',
      'entry_not_applied',
      'state_not_writable',
      'state_writable',
      'keys_made',
      'clock_stepped',
      'drain_started',
      'service_stopped',
    ]);
    expect(JSON.stringify(lines)).not.toContain('canary');
    expect(lines[2]).toMatchObject({ cause: { code: 'STORE_WRITE_FAILED' } });
    expect(lines[5]).toMatchObject({ problem_count: 2, places: ['12:5', '14:1'] });
  });
});
