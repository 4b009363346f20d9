import {
  type Context,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parentOf, traced } from '../../src/telemetry/tracing.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;

interface Recorded {
  readonly name: string;
  readonly options: SpanOptions | undefined;
  readonly parentTraceId: string | undefined;
  status: SpanStatusCode;
  ended: number;
}

/** The smallest provider that records. */
function recordingProvider(recorded: Recorded[]) {
  return {
    getTracer: () => ({
      startSpan(name: string, options?: SpanOptions, context?: Context): Span {
        const parent = context === undefined ? undefined : trace.getSpanContext(context);
        const span: Recorded = {
          name,
          options,
          parentTraceId: parent?.traceId,
          status: SpanStatusCode.UNSET,
          ended: 0,
        };
        recorded.push(span);
        const noop = trace.wrapSpanContext({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 });
        return Object.assign(noop, {
          setStatus({ code }: { code: SpanStatusCode }) {
            span.status = code;
            return noop;
          },
          end() {
            span.ended += 1;
          },
        });
      },
      startActiveSpan() {
        throw new Error('not used');
      },
    }),
  };
}

const handler = (request: string, context: { traceparent: string | undefined }) =>
  `${request} ${context.traceparent}`;

afterEach(() => trace.disable());

describe('without a tracer provider', () => {
  test('a handler stays as it is', () => {
    expect(traced('S/M', handler)).toBe(handler);
  });
});

describe('with a tracer provider', () => {
  let recorded: Recorded[];
  const spans = () => recorded.filter(({ name }) => name !== 'probe');

  beforeEach(() => {
    recorded = [];
    trace.setGlobalTracerProvider(recordingProvider(recorded));
  });

  test('a call has a span under that of its caller', () => {
    expect(traced('S/M', handler)('r', { traceparent: TRACEPARENT })).toBe(`r ${TRACEPARENT}`);
    expect(spans()).toMatchObject([
      { name: 'S/M', parentTraceId: TRACE_ID, ended: 1, status: SpanStatusCode.UNSET },
    ]);
    expect(spans()[0]?.options?.attributes).toEqual({ 'rpc.system': 'grpc', 'rpc.method': 'S/M' });
  });

  test('a promised answer ends its span when it is there', async () => {
    let settle = (_answer: string) => {};
    const promised = new Promise<string>((resolve) => {
      settle = resolve;
    });
    const answer = traced('S/M', () => promised)('r', { traceparent: undefined });
    expect(spans()[0]?.ended).toBe(0);
    settle('done');
    expect(await answer).toBe('done');
    expect(spans()[0]?.ended).toBe(1);
  });

  test('a failure is marked, and still the failure it was', async () => {
    const thrown = new Error('x');
    const throwing = traced('S/M', () => {
      throw thrown;
    });
    expect(() => throwing('r', { traceparent: undefined })).toThrow(thrown);
    await expect(traced('S/M', () => Promise.reject(thrown))('r', { traceparent: undefined })).rejects.toBe(
      thrown,
    );
    expect(spans()).toMatchObject([
      { status: SpanStatusCode.ERROR, ended: 1 },
      { status: SpanStatusCode.ERROR, ended: 1 },
    ]);
  });
});

describe('traceparent', () => {
  test('is read', () => {
    expect(trace.getSpanContext(parentOf(TRACEPARENT))).toEqual({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      traceFlags: 1,
      isRemote: true,
    });
  });

  test.each([
    undefined,
    '',
    'junk',
    `01-${TRACE_ID}-${SPAN_ID}-01`,
    `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
    `00-${INVALID_SPAN_CONTEXT.traceId}-${SPAN_ID}-01`,
    `${TRACEPARENT}-more`,
  ])('%j begins a new trace', (traceparent) => {
    expect(trace.getSpanContext(parentOf(traceparent))).toBeUndefined();
  });
});
