import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FeedEvents } from '../../src/telemetry/feed-events.js';
import { GovernorEvents } from '../../src/telemetry/governor-events.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { Metrics } from '../../src/telemetry/metrics.js';

const metrics = new Metrics({ withProcess: false });
const logger = createLogger({ level: 'silent' });
new FeedEvents(logger, metrics);
new GovernorEvents(logger, metrics);
const published = new Set(metrics.registry.getMetricsAsArray().map(({ name }) => name));

function named(file: string): ReadonlySet<string> {
  const text = readFileSync(file, 'utf8');
  return new Set([...text.matchAll(/holdfast_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, '')));
}

describe('docs/operations.md', () => {
  test('explains every metric, and no other', () => {
    expect(published.size).toBeGreaterThan(30);
    expect([...named('docs/operations.md')].sort()).toEqual([...published].sort());
  });
});

describe('the alert rules', () => {
  test('ask for metrics that there are', () => {
    const asked = [...named('deploy/prometheus/holdfast.rules.yml')];
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.filter((name) => !published.has(name))).toEqual([]);
  });

  test('and each that they watch is marked on the page', () => {
    const marked = readFileSync('docs/operations.md', 'utf8')
      .split('\n')
      .filter((line) => line.includes('*alert*'))
      .flatMap((line) => [...line.matchAll(/`(holdfast_[a-z_]+)`/g)].map(([, name]) => name));
    const watched = [...named('deploy/prometheus/holdfast.rules.yml')].filter(
      (name) => name !== 'holdfast_calls_total',
    );
    expect([...marked].sort()).toEqual(watched.sort());
  });
});
