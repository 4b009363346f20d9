import { describe, expect, test } from 'vitest';
import {
  entryHead,
  parcelOf,
  SimulationCancelledError,
  simulateHistory,
} from '../../../src/audit/simulation/index.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import { readPolicy } from '../../../src/policy/index.js';
import { simulate } from '../../../src/policy/simulate/index.js';
import { DAY, HOUR, inputOf, NOW, signal, withSignals } from '../../decision/fixtures.js';
import { TEST_PSEUDONYMS } from '../../policy/list-pseudonyms.js';
import { SMALL_POLICY } from '../../policy/small-policy.js';
import { RecordedLog } from './recorded-log.js';

function compiled(text: string) {
  const result = readPolicy(text, { pseudonyms: TEST_PSEUDONYMS });
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.policy;
}

const CANDIDATE_TEXT = SMALL_POLICY.replace('    hold: 30', '    hold: 35');
const BEFORE = compiled(SMALL_POLICY);
const CANDIDATE = compiled(CANDIDATE_TEXT);

function inputAt(index: number): AssessmentInput {
  return withSignals(inputOf(), signal('PASSWORD_RESET', index * HOUR));
}

function run(log: RecordedLog, filter: object = {}, signalToStop = new AbortController().signal) {
  return simulateHistory(log, {
    before: parcelOf(BEFORE, SMALL_POLICY),
    candidate: parcelOf(CANDIDATE, CANDIDATE_TEXT),
    filter: { tenant: 'default', sampleEvery: 1, ...filter },
    threads: 2,
    signal: signalToStop,
  });
}

describe('a simulation of a log', () => {
  test('equals that of its items, with the latest outcome of each', async () => {
    const log = new RecordedLog();
    const items = Array.from({ length: 1200 }, (_, index) => {
      const input = inputAt(index % 300);
      return { id: log.assess(NOW + index, input), at: NOW + index, input };
    });
    const [first, second, third] = items;
    log.outcome(first?.id ?? '', 'FRAUD_CONFIRMED', NOW + DAY);
    log.outcome(second?.id ?? '', 'HONEST', NOW + 3 * DAY);
    log.outcome(second?.id ?? '', 'FRAUD_CONFIRMED', NOW + 2 * DAY);
    log.outcome(third?.id ?? '', 'FRAUD_CONFIRMED', NOW, 'another');
    const labelled = items.map((item, index) => {
      if (index === 0) return { ...item, outcome: 'FRAUD' as const };
      return index === 1 ? { ...item, outcome: 'HONEST' as const } : item;
    });
    const { simulation } = await run(log);
    expect(simulation).toEqual(simulate(labelled, BEFORE, CANDIDATE));
    expect(simulation.flips.size).toBeGreaterThan(0);
  });

  test("leaves another tenant's out (I10)", async () => {
    const log = new RecordedLog();
    log.assess(NOW, inputAt(1));
    log.assess(NOW, inputAt(1), 'another');
    expect((await run(log)).simulation.replayed).toBe(1);
  });

  test('keeps to its range and its sample', async () => {
    const log = new RecordedLog();
    for (let index = 0; index < 400; index++) log.assess(NOW + index * HOUR, inputAt(1));
    const range = { from: NOW + 10 * HOUR, to: NOW + 20 * HOUR };
    expect((await run(log, range)).simulation.replayed).toBe(10);
    const sampled = (await run(log, { sampleEvery: 4 })).simulation.replayed;
    expect(sampled).toBeGreaterThan(60);
    expect(sampled).toBeLessThan(140);
    expect((await run(log, { sampleEvery: 4 })).simulation.replayed).toBe(sampled);
  });

  test('stops when it is told to', async () => {
    const log = new RecordedLog();
    for (let index = 0; index < 1500; index++) log.assess(NOW, inputAt(1));
    const stop = new AbortController();
    const running = run(log, {}, stop.signal);
    stop.abort();
    await expect(running).rejects.toBeInstanceOf(SimulationCancelledError);
    await expect(run(log, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'SIMULATION_CANCELLED' });
  });

  test('tells how far it is', async () => {
    const log = new RecordedLog();
    for (let index = 0; index < 700; index++) log.assess(NOW, inputAt(1));
    const told: [number, number][] = [];
    await simulateHistory(log, {
      before: parcelOf(BEFORE, SMALL_POLICY),
      candidate: parcelOf(CANDIDATE, CANDIDATE_TEXT),
      filter: { tenant: 'default', sampleEvery: 1 },
      threads: 1,
      signal: new AbortController().signal,
      onProgress: (replayed, total) => told.push([replayed, total]),
    });
    expect(told).toEqual([
      [0, 700],
      [500, 700],
      [700, 700],
    ]);
  });
});

test('the head of an entry is read from its first bytes, or not at all', () => {
  const log = new RecordedLog();
  const id = log.assess(NOW, inputOf());
  const bytes = log.get(1) ?? new Uint8Array();
  expect(entryHead(bytes)).toEqual({ kind: 'assessment', id, receivedAt: NOW });
  expect(entryHead(bytes.subarray(0, 3))).toBeUndefined();
  expect(entryHead(new Uint8Array(80))).toBeUndefined();
});
