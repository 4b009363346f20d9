import { setImmediate as nextTurn } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Metadata, type sendUnaryData, status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  AssessWithdrawalRequestSchema,
  AssessWithdrawalResponseSchema,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { Admission, DEFAULT_WAIT_LIMITS } from '../../src/server/admission.js';
import { CallError } from '../../src/server/errors.js';
import { type BoundMethod, EncodedResponse, unary } from '../../src/server/grpc-adapter.js';
import { type CallOfTurn, Turn } from '../../src/server/turn.js';
import type { UnaryHandler } from '../../src/server/unary-handler.js';
import { gate, request } from './harness.js';

describe('a turn', () => {
  function noting(name: string, notes: string[]): CallOfTurn {
    return {
      read: () => notes.push(`read ${name}`),
      ask: () => notes.push(`ask ${name}`),
      send: () => notes.push(`send ${name}`),
      abandon: (thrown) => notes.push(`abandon ${name}: ${thrown}`),
    };
  }

  test('takes the first through its stages at once, and the others together when it ends', async () => {
    const turn = new Turn();
    const notes: string[] = [];
    for (const name of ['first', 'a', 'b']) turn.add(noting(name, notes));
    expect(notes.splice(0)).toEqual(['read first', 'ask first', 'send first']);
    await nextTurn();
    expect(notes.splice(0)).toEqual(['read a', 'read b', 'ask a', 'ask b', 'send a', 'send b']);
    turn.add(noting('next', notes));
    expect(notes).toEqual(['read next', 'ask next', 'send next']);
  });

  test('leaves what arrives while it ends to the next', async () => {
    const turn = new Turn();
    const notes: string[] = [];
    turn.add(noting('first', []));
    turn.add({
      ...noting('a', notes),
      ask: () => {
        turn.add(noting('b', notes));
        turn.add(noting('c', notes));
      },
    });
    await nextTurn();
    expect(notes.splice(0)).toEqual(['read a', 'read b', 'ask b', 'send b', 'send a']);
    await nextTurn();
    expect(notes).toEqual(['read c', 'ask c', 'send c']);
  });

  test('a call whose stage throws is abandoned, and the others go on', async () => {
    const turn = new Turn();
    const notes: string[] = [];
    const thrower = (name: string): CallOfTurn => ({
      ...noting(name, notes),
      read: () => {
        throw 'unreadable';
      },
    });
    for (const call of [thrower('first'), thrower('a'), noting('b', notes)]) turn.add(call);
    expect(notes.splice(0)).toEqual(['abandon first: unreadable', 'ask first', 'send first']);
    await nextTurn();
    expect(notes).toEqual(['abandon a: unreadable', 'read b', 'ask a', 'ask b', 'send a', 'send b']);
  });

  /** Each look at the clock takes a millisecond. */
  function ticking(): () => number {
    let nowMs = 0;
    return () => {
      nowMs += 1;
      return nowMs;
    };
  }

  test('stops when its time is over, and goes on with what is left in the next', async () => {
    const ends: number[] = [];
    const turn = new Turn({
      budgetMs: 0,
      nowMs: ticking(),
      ended: (_nowMs, _tookMs, asked) => ends.push(asked),
    });
    const notes: string[] = [];
    for (let call = 0; call < 41; call += 1) turn.add(noting(`${call}`, notes));
    await turn.ended();
    expect(ends).toEqual([17, 16, 8]);
    expect(notes.filter((note) => note.startsWith('send'))).toEqual(
      Array.from({ length: 41 }, (_, call) => `send ${call}`),
    );
  });

  test('asks the most urgent first when not all fit; a turn of waiting counts for one', async () => {
    const turn = new Turn({ budgetMs: 0, nowMs: ticking() });
    const asked: string[] = [];
    const call = (name: string, urgency: number): CallOfTurn => ({
      ...noting(name, []),
      ask: () => asked.push(name),
      urgency: () => urgency,
    });
    turn.add(call('opener', 0));
    for (let place = 0; place < 20; place += 1) turn.add(call('small', 0));
    turn.add(call('large', 3));
    await nextTurn();
    expect(asked.splice(0)).toEqual(['opener', 'large', ...new Array(15).fill('small')]);
    // Five small ones are left: 16 that are a little more urgent go before them, 16 that came a turn later do not.
    for (let place = 0; place < 11; place += 1) turn.add(call('equal', 1));
    for (let place = 0; place < 11; place += 1) turn.add(call('urgent', 2));
    await turn.ended();
    expect(asked).toEqual([
      ...new Array(11).fill('urgent'),
      ...new Array(5).fill('small'),
      ...new Array(11).fill('equal'),
    ]);
  });

  test('a call whose urgency cannot be told waits like any other', async () => {
    const turn = new Turn({ budgetMs: 0, nowMs: ticking() });
    const notes: string[] = [];
    turn.add(noting('opener', []));
    const unknown: CallOfTurn = {
      ...noting('a', notes),
      urgency: () => {
        throw 'no value';
      },
    };
    turn.add(unknown);
    for (let call = 0; call < 20; call += 1) turn.add(noting('b', []));
    await turn.ended();
    expect(notes).toEqual(['read a', 'abandon a: no value', 'ask a', 'send a']);
  });

  test('is over when what has arrived was sent', async () => {
    const turn = new Turn();
    const notes: string[] = [];
    await turn.ended();
    turn.add(noting('first', []));
    turn.add(noting('a', notes));
    await turn.ended();
    expect(notes).toEqual(['read a', 'ask a', 'send a']);
  });
});

describe('calls of one turn', () => {
  type Assess = typeof RiskService.method.assessWithdrawal;
  const MALFORMED = Buffer.from([0xff]);

  /** A call as grpc-js hands it over. */
  function callOf({ definition }: BoundMethod, body: string | Buffer, cancelled = false) {
    const bytes =
      typeof body === 'string' ? Buffer.from(toBinary(AssessWithdrawalRequestSchema, request(body))) : body;
    return {
      request: definition.requestDeserialize(bytes),
      metadata: new Metadata(),
      cancelled,
      getDeadline: () => Number.POSITIVE_INFINITY,
    };
  }

  /** The method as grpc-js drives it, without a transport. */
  function bind(
    handler: UnaryHandler<Assess['input'], Assess['output']>,
    maxInFlight = 100,
    failed: () => void = () => {},
    answered: () => void = () => {},
  ) {
    const admission = new Admission({ ...DEFAULT_WAIT_LIMITS, maxInFlight });
    const observed: { status: number; durationMs: number }[] = [];
    const shed: string[] = [];
    const seen = { unserved: 0, failed: 0 };
    const bound: BoundMethod = unary(RiskService.method.assessWithdrawal, handler).bind({
      admission,
      turn: new Turn(),
      tenantOf: () => 'default',
      observerOf: () => ({
        answered: (grpcStatus, durationMs) => {
          observed.push({ status: grpcStatus, durationMs });
          answered();
        },
        shed: (cause) => shed.push(cause),
        unserved: () => {
          seen.unserved += 1;
        },
        failed: () => {
          seen.failed += 1;
          failed();
        },
      }),
    });
    const answers: (string | number | undefined)[] = [];
    /** Its message has come; the end of its request comes when this is called. */
    function begin(body: string | Buffer, cancelled = false): () => void {
      const place = answers.push(undefined) - 1;
      const call = callOf(bound, body, cancelled);
      const send: sendUnaryData<unknown> = (error, value) => {
        expect(answers[place], 'an answer only once').toBeUndefined();
        if (error !== null) answers[place] = error.code ?? -1;
        else {
          const sent = fromBinary(AssessWithdrawalResponseSchema, bound.definition.responseSerialize(value));
          answers[place] = sent.assessmentId;
        }
      };
      return () => (bound.handle as (call: unknown, send: sendUnaryData<unknown>) => void)(call, send);
    }
    const arrive = (body: string | Buffer, cancelled = false): void => begin(body, cancelled)();
    return { begin, arrive, answers, observed, shed, seen, admission };
  }

  function answer(assessmentId: string) {
    return create(AssessWithdrawalResponseSchema, { assessmentId });
  }

  test('one that fails at any stage takes no other with it, and each is answered and observed once', async () => {
    const disk = gate();
    const broken = Object.assign(new Error('disk'), { code: 'AUDIT_UNAVAILABLE' });
    const side = bind(({ withdrawalId }) => {
      switch (withdrawalId) {
        case 'refused':
          throw new CallError('REQUEST_ID_REUSED');
        case 'bug':
          throw new TypeError('bug');
        case 'later':
          return disk.opened.then(() => answer(withdrawalId));
        case 'durable':
          return new EncodedResponse(
            toBinary(AssessWithdrawalResponseSchema, answer(withdrawalId)),
            disk.opened,
          );
        case 'not-recorded':
          return new EncodedResponse(new Uint8Array(), Promise.reject(broken));
        default:
          return answer(withdrawalId);
      }
    });
    side.arrive('opener');
    expect(side.answers.splice(0)).toEqual(['opener']);
    expect(side.observed.splice(0)).toHaveLength(1);
    side.arrive('first');
    side.arrive(MALFORMED);
    for (const id of ['refused', 'bug', 'later', 'durable', 'not-recorded']) side.arrive(id);
    side.arrive('gone', true);
    side.arrive('last');
    expect(side.admission.inFlight).toBe(9);
    expect(side.answers).toEqual(new Array(9).fill(undefined));
    await nextTurn();
    const soon = ['first', status.INVALID_ARGUMENT, status.FAILED_PRECONDITION, status.INTERNAL];
    const then = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, 'last'];
    expect(side.answers).toEqual([...soon, undefined, undefined, ...then]);
    expect(side.admission.inFlight).toBe(2);
    disk.open();
    await nextTurn();
    expect(side.answers).toEqual([...soon, 'later', 'durable', ...then]);
    expect(side.admission.inFlight).toBe(0);
    expect(side.observed).toHaveLength(9);
    expect(side.seen).toEqual({ unserved: 1, failed: 1 });
    // Those that never came to the handler have no duration.
    expect(side.observed.filter(({ durationMs }) => durationMs === 0)).toEqual([
      { status: status.INVALID_ARGUMENT, durationMs: 0 },
      { status: status.DEADLINE_EXCEEDED, durationMs: 0 },
    ]);
  });

  test('those that wait for the end of the turn are in flight; beyond the limit the next are refused at once', async () => {
    const side = bind(({ withdrawalId }) => answer(withdrawalId), 2);
    side.arrive('opener');
    expect(side.answers.splice(0)).toEqual(['opener']);
    for (const id of ['a', 'b', 'c']) side.arrive(id);
    expect(side.answers).toEqual([undefined, undefined, status.RESOURCE_EXHAUSTED]);
    expect(side.shed).toEqual(['IN_FLIGHT_LIMIT']);
    await nextTurn();
    expect(side.answers).toEqual(['a', 'b', status.RESOURCE_EXHAUSTED]);
    side.arrive('d');
    await nextTurn();
    expect(side.answers.at(-1)).toBe('d');
  });

  test('the limit holds when messages come before others are in flight, and their ends after', async () => {
    const side = bind(() => answer('let in'), 3);
    const ends = Array.from({ length: 8 }, () => side.begin('w'));
    side.arrive('opener');
    expect(side.answers.splice(8)).toEqual(['let in']);
    for (const end of ends) end();
    expect(side.admission.inFlight).toBe(3);
    expect(side.shed).toEqual(new Array(5).fill('IN_FLIGHT_LIMIT'));
    await nextTurn();
    const refused = new Array(5).fill(status.RESOURCE_EXHAUSTED);
    expect(side.answers).toEqual([...new Array(3).fill('let in'), ...refused]);
    expect(side.admission.inFlight).toBe(0);
  });

  test('an observer that throws costs one call its answer, not the turn', async () => {
    const side = bind(
      ({ withdrawalId }) => {
        if (withdrawalId === 'bug') throw new TypeError('bug');
        return answer(withdrawalId);
      },
      100,
      () => {
        throw new Error('observer');
      },
    );
    for (const id of ['first', 'bug', 'last']) side.arrive(id);
    await nextTurn();
    expect(side.answers).toEqual(['first', status.INTERNAL, 'last']);
    expect(side.admission.inFlight).toBe(0);
  });

  describe.each(['at once', 'when durable', 'later'] as const)('an answer that comes %s', (when) => {
    const PLACES = ['the observer of answers', 'the observer of failures', 'the transport'] as const;
    test.each(PLACES)(
      'and %s throws: answered once if at all, no longer in flight, nothing unhandled',
      async (thrower) => {
        const unhandled: unknown[] = [];
        const note = (reason: unknown) => unhandled.push(reason);
        process.on('unhandledRejection', note);
        try {
          const admission = new Admission({ ...DEFAULT_WAIT_LIMITS, maxInFlight: 10 });
          let failures = 0;
          const throwIf = (isIt: boolean): void => {
            if (isIt) throw new Error(thrower);
          };
          const fails = thrower === 'the observer of failures';
          const bound = unary(RiskService.method.assessWithdrawal, () => {
            const bytes = toBinary(AssessWithdrawalResponseSchema, answer('a'));
            const outcome = fails ? Promise.reject(new TypeError('bug')) : Promise.resolve();
            switch (when) {
              case 'at once':
                outcome.catch(() => {});
                throwIf(fails);
                return new EncodedResponse(bytes);
              case 'when durable':
                return new EncodedResponse(bytes, outcome);
              case 'later':
                return outcome.then(() => new EncodedResponse(bytes));
            }
          }).bind({
            admission,
            turn: new Turn(),
            tenantOf: () => 'default',
            observerOf: () => ({
              answered: () => throwIf(thrower === 'the observer of answers'),
              shed() {},
              unserved() {},
              failed: () => {
                failures += 1;
                throwIf(fails);
              },
            }),
          });
          const sent: unknown[] = [];
          const send: sendUnaryData<unknown> = (error) => {
            sent.push(error === null ? status.OK : error.code);
            throwIf(thrower === 'the transport');
          };
          const handle = bound.handle as (call: unknown, send: sendUnaryData<unknown>) => void;
          // The first of a turn and one that waits for its end.
          for (let call = 0; call < 2; call += 1) handle(callOf(bound, 'w'), send);
          // Unhandled rejections are told after a turn's microtasks.
          for (let turns = 0; turns < 3; turns += 1) await nextTurn();
          const told = thrower === 'the transport' ? status.OK : status.INTERNAL;
          expect(sent).toEqual([told, told]);
          expect(admission.inFlight).toBe(0);
          expect(failures).toBeGreaterThanOrEqual(2);
          expect(unhandled).toEqual([]);
        } finally {
          process.off('unhandledRejection', note);
        }
      },
    );
  });

  test('one whose handler is done but whose answer cannot be observed is told INTERNAL, never the answer', async () => {
    const side = bind(
      ({ withdrawalId }) => answer(withdrawalId),
      100,
      undefined,
      () => {
        throw new Error('observer');
      },
    );
    for (const id of ['first', 'a', 'b']) side.arrive(id);
    await nextTurn();
    expect(side.answers).toEqual([status.INTERNAL, status.INTERNAL, status.INTERNAL]);
    expect(side.seen.failed).toBe(3);
    expect(side.admission.inFlight).toBe(0);
  });
});
