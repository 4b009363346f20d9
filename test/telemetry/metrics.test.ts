import { describe, expect, test } from 'vitest';
import { Metrics } from '../../src/telemetry/metrics.js';
import { parseMetrics } from './parse-metrics.js';

describe('metrics', () => {
  test('are valid Prometheus text, process figures included', async () => {
    const metrics = new Metrics({ withProcess: true });
    metrics.decisions.tally({ decision: 'HOLD', level: 'HIGH' }).add();
    metrics.assessDuration.observe(0.0004);
    const samples = parseMetrics(await metrics.text());
    expect(samples.get('holdfast_decisions_total{decision="HOLD",level="HIGH"}')).toBe(1);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeDefined();
  });

  test('durations are told apart from 100 µs on', async () => {
    const metrics = new Metrics({ withProcess: false });
    for (const seconds of [0.00005, 0.0002, 0.002, 3]) metrics.assessDuration.observe(seconds);
    const samples = parseMetrics(await metrics.text());
    const bucket = (le: string) => samples.get(`holdfast_assess_duration_seconds_bucket{le="${le}"}`);
    expect([bucket('0.0001'), bucket('0.0003'), bucket('0.002'), bucket('1'), bucket('+Inf')]).toEqual([
      1, 2, 3, 3, 4,
    ]);
    expect(samples.get('holdfast_assess_duration_seconds_count')).toBe(4);
  });

  test('figures are asked for at each scrape, and absent without a source', async () => {
    const metrics = new Metrics({ withProcess: false });
    expect(parseMetrics(await metrics.text()).has('holdfast_log_bytes')).toBe(false);
    let bytes = 10;
    metrics.watch({ logBytes: () => bytes });
    metrics.watch({ callsInFlight: () => 3 });
    expect(parseMetrics(await metrics.text()).get('holdfast_log_bytes')).toBe(10);
    bytes = 20;
    const samples = parseMetrics(await metrics.text());
    expect(samples.get('holdfast_log_bytes')).toBe(20);
    expect(samples.get('holdfast_calls_in_flight')).toBe(3);
  });

  test('two sets of metrics do not share anything', async () => {
    const [one, other] = [new Metrics({ withProcess: false }), new Metrics({ withProcess: false })];
    one.unserved.inc();
    expect(parseMetrics(await other.text()).get('holdfast_requests_unserved_total')).toBe(0);
  });
});
