import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { TallyCounter } from '../../src/telemetry/tally.js';

function counterIn(registry: Registry) {
  return new TallyCounter({ name: 'things_total', help: 'Things.', labelNames: ['kind'], registry });
}

describe('tallies', () => {
  test('what was added is there when somebody asks, and counts once however often they ask', async () => {
    const registry = new Registry();
    const tally = counterIn(registry).tally({ kind: 'a' });
    tally.add();
    tally.add();
    expect(await registry.metrics()).toContain('things_total{kind="a"} 2');
    expect(await registry.metrics()).toContain('things_total{kind="a"} 2');
    tally.add();
    expect(await registry.metrics()).toContain('things_total{kind="a"} 3');
  });

  test('two tallies of the same labels add up', async () => {
    const registry = new Registry();
    const counter = counterIn(registry);
    counter.tally({ kind: 'a' }).add();
    counter.tally({ kind: 'a' }).add();
    counter.tally({ kind: 'b' }).add();
    const text = await registry.metrics();
    expect(text).toContain('things_total{kind="a"} 2');
    expect(text).toContain('things_total{kind="b"} 1');
  });
});
