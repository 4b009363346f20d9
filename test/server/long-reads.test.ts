import { setImmediate as nextTurn } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { PolicyService, SimulatePolicyResponseSchema } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import {
  ListAssessmentsRequestSchema,
  ListAssessmentsResponseSchema,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { EncodedResponse, unary } from '../../src/server/grpc-adapter.js';
import { DEFAULT_LONG_READ_LIMITS, type LongReadLimits, LongReads } from '../../src/server/long-reads.js';
import { serverStreaming } from '../../src/server/server-streaming.js';
import { call, details, failure, frame, gate, rawCall, startServer, stopServers } from './harness.js';

afterEach(stopServers);

/** 60,000 as a length in protobuf. */
const UNKNOWN_LENGTH = Buffer.from([0xe0, 0xd4, 0x03]);

/** Reads whose clock and turns a test moves. */
function driven(limits: Partial<LongReadLimits> = {}) {
  let nowMs = 0;
  let letIn = 0;
  const due: { readonly callback: () => void; readonly afterMs: number }[] = [];
  const reads = new LongReads(
    {
      callsLetIn: () => letIn,
      nowMs: () => nowMs,
      later: (callback, afterMs) => due.push({ callback, afterMs }),
    },
    { ...DEFAULT_LONG_READ_LIMITS, ...limits },
  );
  /** Grants the next slice; tells the pause before it. */
  async function grant(): Promise<number | undefined> {
    const next = due.shift();
    next?.callback();
    await nextTurn();
    return next?.afterMs;
  }
  return {
    reads,
    grant,
    ask: () => {
      letIn += 1;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('slices', () => {
  test('one at a time over all reads, in turns', async () => {
    const { reads, grant, pass } = driven();
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const read = reads.admit(name);
      void read.next().then(async () => {
        order.push(name);
        expect(read.isOver()).toBe(false);
        pass(1);
        expect(read.isOver()).toBe(true);
        await read.next();
        order.push(name);
      });
    }
    for (let turn = 0; turn < 6; turn += 1) {
      expect(order).toHaveLength(turn);
      await grant();
    }
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  test('they hold back while others ask, and only then', async () => {
    const { reads, grant, ask } = driven();
    const read = reads.admit('a');
    void read.next();
    expect(await grant()).toBe(0);
    ask();
    void read.next();
    expect(await grant()).toBe(9);
    void read.next();
    expect(await grant()).toBe(0);
  });
});

describe('places', () => {
  test('so many of one connection, so many in all; who waits goes on when one ends', async () => {
    const { reads } = driven({ maxRunning: 3, maxPerConnection: 2, maxWaiting: 10 });
    const [first, second, third] = [reads.admit('a'), reads.admit('a'), reads.admit('a')];
    const other = reads.admit('b');
    const late = reads.admit('c');
    expect([reads.running, reads.waiting]).toEqual([3, 2]);
    other.end();
    // Not the third of the first connection, though it has waited longest.
    await late.begun;
    expect([reads.running, reads.waiting]).toEqual([3, 1]);
    first.end();
    await third.begun;
    first.end();
    for (const read of [second, third, late]) read.end();
    expect([reads.running, reads.waiting]).toEqual([0, 0]);
  });

  test('more than may wait are refused, with the time to come back', () => {
    const { reads } = driven({ maxRunning: 1, maxWaiting: 2 });
    for (let read = 0; read < 3; read += 1) reads.admit(`${read}`);
    expect(() => reads.admit('x')).toThrow(
      expect.objectContaining({ code: 'IN_FLIGHT_LIMIT', details: { retryAfterMs: 1_000 } }),
    );
    expect(reads.refusedCount).toBe(1);
  });

  test('who goes while he waits leaves his place in line', async () => {
    const { reads } = driven({ maxRunning: 1 });
    const first = reads.admit('a');
    const waiting = reads.admit('b');
    waiting.end();
    await waiting.begun;
    expect(reads.waiting).toBe(0);
    first.end();
    expect(reads.running).toBe(0);
  });
});

describe('on a real server', () => {
  const list = RiskService.method.listAssessments;
  const path = '/holdfast.v1.RiskService/ListAssessments';
  /** More than a stream's window takes. */
  const LARGE = new EncodedResponse(Buffer.alloc(300_000, Buffer.from([0x12, 0x01, 0x61])));

  test('an answer that is taken frees its place; a read counts as in flight before', async () => {
    const held = gate();
    const { server, client } = await startServer([
      unary(
        list,
        async () => {
          await held.opened;
          return LARGE;
        },
        { readsAtLength: true },
      ),
    ]);
    const page = call(client(), list, create(ListAssessmentsRequestSchema));
    await expect.poll(() => server.longReads.running).toBe(1);
    expect(server.callsInFlight).toBe(1);
    held.open();
    expect((await page).nextPageToken).toBe('a');
    await expect.poll(() => server.longReads.running).toBe(0);
  });

  test('fault 42: one who opens no window keeps his place until he is cut off; others are answered', async () => {
    const { server, session, client } = await startServer(
      [unary(list, () => LARGE, { readsAtLength: true })],
      { longReadLimits: { ...DEFAULT_LONG_READ_LIMITS, takenWithinMs: 300, maxPerConnection: 2 } },
    );
    const stalled = Array.from({ length: 6 }, () => {
      const raw = rawCall(session(), {}, path, { isRead: false });
      raw.write(frame(Buffer.alloc(0)));
      raw.end();
      return raw.answer;
    });
    await expect.poll(() => server.longReads.running).toBe(6);
    const page = await call(client(), list, create(ListAssessmentsRequestSchema));
    expect(page.nextPageToken).toBe('a');
    // Their streams end with an error, whatever they have not taken.
    for (const { rstCode } of await Promise.all(stalled)) expect(rstCode).toBe(8);
    await expect.poll(() => server.longReads.running).toBe(0);
    expect(server.longReads.cutCount).toBe(6);
  });

  test('who cancels frees his place at once', async () => {
    const held = gate();
    const { server, session } = await startServer([
      unary(
        list,
        async () => {
          await held.opened;
          return create(ListAssessmentsResponseSchema);
        },
        { readsAtLength: true },
      ),
    ]);
    const raw = rawCall(session(), {}, path);
    raw.write(frame(Buffer.alloc(0)));
    raw.end();
    await expect.poll(() => server.longReads.running).toBe(1);
    raw.cancel();
    await expect.poll(() => server.longReads.running).toBe(0);
    held.open();
  });

  test('beyond the line of those who wait a read is refused with RESOURCE_EXHAUSTED', async () => {
    const held = gate();
    const { server, client } = await startServer(
      [
        unary(
          list,
          async () => {
            await held.opened;
            return create(ListAssessmentsResponseSchema);
          },
          { readsAtLength: true },
        ),
      ],
      { longReadLimits: { ...DEFAULT_LONG_READ_LIMITS, maxRunning: 1, maxWaiting: 0 } },
    );
    const first = call(client(), list, create(ListAssessmentsRequestSchema));
    await expect.poll(() => server.longReads.running).toBe(1);
    const error = await failure(call(client(), list, create(ListAssessmentsRequestSchema)));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(details(error).retry?.retryDelay).toMatchObject({ seconds: 1n });
    held.open();
    await first;
  });

  test('fault 43: one who takes no more of a stream is cut off, and what he held is free', async () => {
    const { simulatePolicy } = PolicyService.method;
    let held = 0;
    const { server, session } = await startServer(
      [
        serverStreaming(simulatePolicy, async (_request, stream) => {
          held += 1;
          const chunk = create(SimulatePolicyResponseSchema, { replayedCount: 1n });
          chunk.$unknown = [
            { no: 99, wireType: 2, data: Buffer.concat([UNKNOWN_LENGTH, Buffer.alloc(60_000)]) },
          ];
          while (!stream.signal.aborted) await stream.send(chunk);
          held -= 1;
        }),
      ],
      { longReadLimits: { ...DEFAULT_LONG_READ_LIMITS, takenWithinMs: 200 } },
    );
    const raw = rawCall(session(), {}, '/holdfast.v1.PolicyService/SimulatePolicy', { isRead: false });
    raw.write(frame(Buffer.alloc(0)));
    raw.end();
    await expect.poll(() => held).toBe(1);
    expect(server.callsInFlight).toBe(1);
    expect((await raw.answer).rstCode).toBe(8);
    await expect.poll(() => held).toBe(0);
    await expect.poll(() => server.callsInFlight).toBe(0);
  });
});
