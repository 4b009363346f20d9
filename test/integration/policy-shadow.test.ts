import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/index.js';
import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import { DECISIONS } from '../../src/decision/vocabulary.js';
import type { ShadowSummary } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { listPseudonyms } from '../../src/identity/index.js';
import { readPolicy } from '../../src/policy/index.js';
import { type AssessmentBody, decodeEntry } from '../../src/store/codec/entries.js';
import { details, failure, stopServices, type TestService } from './harness.js';
import { Analyst, startApiService } from './policy-calls.js';
import { reset, theft, usual } from './requests.js';

let running: TestService;
let analyst: Analyst;

beforeEach(async () => {
  running = await startApiService();
  analyst = new Analyst(running);
});

afterEach(stopServices);

function compiled(text: string): CompiledPolicy {
  const read = readPolicy(text, { pseudonyms: listPseudonyms(running.service.pseudonyms, 'default') });
  if (read.kind === 'invalid') throw new Error('the candidate is invalid');
  return read.policy;
}

function recordedAfter(position: number): AssessmentBody[] {
  const { journal } = running.service.stores;
  const bodies: AssessmentBody[] = [];
  for (let at = position + 1; at <= journal.head; at++) {
    const entry = journal.get(at);
    const body = entry === undefined ? undefined : decodeEntry(entry.kind, entry.payload);
    if (body?.kind === 'assessment') bodies.push(body);
  }
  return bodies;
}

/** The same figures, from the log and the whole of `decide`. */
function recomputed(
  bodies: readonly AssessmentBody[],
  candidate: CompiledPolicy,
): Record<string, [number, number]> {
  const pairs: Record<string, [number, number]> = {};
  for (const { input, decision } of bodies) {
    const after = decide(input, candidate).decision;
    if (after === decision) continue;
    const pair = pairs[`${decision} ${after}`] ?? [0, 0];
    pairs[`${decision} ${after}`] = [pair[0] + 1, pair[1] + (input.request.value ?? 0) / 100];
  }
  return pairs;
}

function counted(summary: ShadowSummary | undefined): Record<string, [number, number]> {
  const flips = summary?.flips ?? [];
  return Object.fromEntries(
    flips.map(({ before, after, count, value }) => [
      `${DECISIONS[before - 1]} ${DECISIONS[after - 1]}`,
      [Number(count), value],
    ]),
  );
}

/** Accounts of many kinds: with and without a reset, small and large, usual and not. */
async function traffic(count: number): Promise<void> {
  const calls = Array.from({ length: count }, (_, index) => {
    const accountId = `account-${index}`;
    const make = index % 3 === 0 ? theft : usual;
    return running.assess(
      make(`w-${index}`, {
        accountId,
        email: `customer-${index}@att.net`,
        ...(index % 7 === 0 ? {} : { referenceValue: 100 + ((index * 317) % 30_000) }),
        signals: index % 2 === 0 ? [reset({ accountId, email: `customer-${index}@att.net` })] : [],
      }),
    );
  });
  await Promise.all(calls);
}

test('a shadow counts what differs as an independent recomputation does, to the last one', async () => {
  const milder = analyst.textWith(10);
  const sterner = analyst.text.replace('points: 20', 'points: 45');
  const numbers = [await analyst.number(milder), await analyst.number(sterner)];
  await traffic(40);
  for (const number of numbers) await analyst.startShadow(number);
  const start = running.service.stores.journal.head;
  await traffic(300);
  const bodies = recordedAfter(start);
  for (const [index, text] of [milder, sterner].entries()) {
    const { shadowSummary, revision } = await analyst.get(numbers[index] ?? 0);
    expect(revision?.shadow).toBe(true);
    expect(Number(shadowSummary?.comparedCount) + Number(shadowSummary?.droppedCount)).toBe(bodies.length);
    expect(shadowSummary?.droppedCount).toBe(0n);
    const expected = recomputed(bodies, compiled(text));
    expect(Object.keys(expected).length).toBeGreaterThan(0);
    expect(counted(shadowSummary)).toEqual(expected);
  }
});

test('it changes no answer', async () => {
  const bare = await running.assess(theft('w-1', { signals: [reset()], dryRun: true }));
  await analyst.startShadow(await analyst.number(analyst.text.replaceAll('points: 20', 'points: 100')));
  const watched = await running.assess(theft('w-1', { signals: [reset()], dryRun: true }));
  expect(watched).toEqual({ ...bare, asOf: watched.asOf });
});

test('pairs are metrics, by revision', async () => {
  const number = await analyst.number(analyst.textWith(100));
  await analyst.startShadow(number);
  await running.assess(usual('w-1', { signals: [reset()] }));
  await analyst.get(number);
  expect((await running.ops('/metrics')).text).toMatch(
    /holdfast_shadow_decisions_total\{revision="2",live="ALLOW",candidate="\w+"\} 1/,
  );
});

test('dry runs are not counted', async () => {
  const number = await analyst.number(analyst.textWith(100));
  await analyst.startShadow(number);
  await running.assess(usual('w-1', { dryRun: true }));
  expect((await analyst.get(number)).shadowSummary?.comparedCount).toBe(0n);
});

describe('start and stop', () => {
  test('stopping gives the sum and ends it', async () => {
    const number = await analyst.number(analyst.textWith(100));
    await analyst.startShadow(number);
    await running.assess(usual('w-1', { signals: [reset()] }));
    const { summary } = await analyst.stopShadow(number);
    expect(summary?.comparedCount).toBe(1n);
    const { shadowSummary, revision } = await analyst.get(number);
    expect([shadowSummary, revision?.shadow]).toEqual([undefined, false]);
    const error = await failure(analyst.stopShadow(number));
    expect([GrpcStatus[error.code], details(error).info?.reason]).toEqual([
      'NOT_FOUND',
      'SHADOW_NOT_RUNNING',
    ]);
  });

  test('starting twice is starting once', async () => {
    const number = await analyst.number(analyst.textWith(100));
    await analyst.startShadow(number);
    const { head } = running.service.stores.journal;
    await analyst.startShadow(number);
    expect(running.service.stores.journal.head).toBe(head);
  });

  test('the live revision is no candidate, and there are at most four', async () => {
    expect(details(await failure(analyst.startShadow(1))).info?.reason).toBe('POLICY_ALREADY_LIVE');
    for (const points of [1, 2, 3, 4])
      await analyst.startShadow(await analyst.number(analyst.textWith(points)));
    const fifth = await analyst.number(analyst.textWith(5));
    expect(details(await failure(analyst.startShadow(fifth))).info?.reason).toBe('SHADOW_LIMIT');
  });

  test('activating a candidate ends its shadow', async () => {
    const number = await analyst.number(analyst.textWith(20));
    await analyst.startShadow(number);
    await analyst.activate(number);
    expect((await analyst.get(number)).revision).toMatchObject({ active: true, shadow: false });
  });

  test('a shadow goes on after a restart, and says since when it counts', async () => {
    const number = await analyst.number(analyst.textWith(100));
    await analyst.startShadow(number);
    await running.assess(usual('w-1', { signals: [reset()] }));
    running.clock.now += 60_000;
    running = await running.restart();
    analyst = new Analyst(running);
    await running.assess(usual('w-2', { signals: [reset()] }));
    const { shadowSummary } = await analyst.get(number);
    expect(shadowSummary?.comparedCount).toBe(1n);
    expect(Number(shadowSummary?.since?.seconds) * 1000).toBe(running.clock.now);
  });
});
