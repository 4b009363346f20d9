import { expect, test } from 'vitest';
import { RebuildProgress } from '../../src/service/rebuild-progress.js';
import { Events } from '../../src/telemetry/events.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { Metrics } from '../../src/telemetry/metrics.js';

test('a rebuild is told once a second, with what is left of it', () => {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const logger = createLogger({ level: 'info', destination: { write } });
  let now = 0;
  const progress = new RebuildProgress(new Events(logger, new Metrics({ withProcess: false })), () => now);
  const report = (atMs: number, position: number) => {
    now = atMs;
    progress.report({ position, target: 10_000 });
  };
  report(0, 100);
  report(999, 1_000);
  expect([lines, progress.detail]).toEqual([[], undefined]);
  report(1_000, 1_100);
  report(1_500, 1_600);
  report(2_000, 2_100);
  expect(
    lines.map(({ event, position, target, seconds_left }) => [event, position, target, seconds_left]),
  ).toEqual([
    ['state_rebuilding', 1_100, 10_000, 9],
    ['state_rebuilding', 2_100, 10_000, 8],
  ]);
  expect(progress.detail).toBe('rebuilding: entry 2100 of 10000, about 8 s left');
});
