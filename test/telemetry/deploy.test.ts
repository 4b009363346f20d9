import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SERVICE_NODE_ARGS } from '../../bench/sides/holdfast.js';
import { SETTINGS } from '../../src/config/settings.js';
import { FeedEvents } from '../../src/telemetry/feed-events.js';
import { GovernorEvents } from '../../src/telemetry/governor-events.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { Metrics } from '../../src/telemetry/metrics.js';

const metrics = new Metrics({ withProcess: true });
const logger = createLogger({ level: 'silent' });
new FeedEvents(logger, metrics);
new GovernorEvents(logger, metrics);

/** Each metric with its labels. */
const published = new Map(
  metrics.registry
    .getMetricsAsArray()
    .map((metric) => [
      metric.name,
      'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [],
    ]),
);

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const { panels }: { panels: readonly Panel[] } = JSON.parse(
  readFileSync('deploy/grafana/holdfast.json', 'utf8'),
);
const QUERIES = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);

/** `job` comes from whoever scrapes, `le` from histograms. */
const ALWAYS = ['job', 'le'];

describe('the dashboard', () => {
  test('has panels', () => {
    expect(QUERIES.length).toBeGreaterThan(15);
  });

  test.each(QUERIES)('$title: $expr asks for what there is', ({ expr, legendFormat }) => {
    const names = [...expr.matchAll(/\b(?:holdfast|process|nodejs)_\w+/g)].map(([name]) =>
      name.replace(/_bucket$/, ''),
    );
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !published.has(name))).toEqual([]);
    const known = [...ALWAYS, ...names.flatMap((name) => published.get(name) ?? [])];
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
    const selected = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label);
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    expect([...grouped, ...selected, ...shown].filter((label) => !known.includes(label))).toEqual([]);
    // What is shown of a sum is what it is grouped by.
    expect(shown.filter((label) => grouped.length > 0 && !grouped.includes(label))).toEqual([]);
  });
});

describe('the systemd unit', () => {
  const unit = readFileSync('deploy/systemd/holdfast.service', 'utf8');

  test('names settings that there are', () => {
    const variables: readonly string[] = Object.values(SETTINGS).map(({ variable }) => variable);
    const named = [...unit.matchAll(/\bHOLDFAST_[A-Z_]+/g)].map(([name]) => name);
    expect(named).toContain('HOLDFAST_DATA_DIR');
    expect(named.filter((name) => !variables.includes(name))).toEqual([]);
  });

  test('starts Node as `npm start` and the image do', () => {
    const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    for (const argument of SERVICE_NODE_ARGS) expect(command).toContain(argument);
    expect(command).toMatch(/dist\/main\.js serve$/);
  });
});
