import { createRequire } from 'node:module';
import type { Context, Tracer } from '@opentelemetry/api';

/** The build that the metrics' library has loaded already: an import would load 51 modules a second time. */
const api: typeof import('@opentelemetry/api') = createRequire(import.meta.url)('@opentelemetry/api');

const { isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } = api;

/** What a span needs to know of a call. */
interface TracedContext {
  /** W3C trace context of the caller, as sent. */
  readonly traceparent: string | undefined;
}

/** Instrumentation scope of our spans. */
const SCOPE = 'holdfast';

/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Gives each call of a handler a span, if a tracer provider was registered before this is asked; else gives the handler
 * back as it is, so that tracing costs nothing when it is off.
 *
 * @param method full name, e.g. `holdfast.v1.RiskService/AssessWithdrawal`
 */
export function traced<I, C extends TracedContext, O>(
  method: string,
  handler: (request: I, context: C) => O,
): (request: I, context: C) => O {
  const tracer = trace.getTracer(SCOPE);
  if (!isRecordedSomewhere(tracer)) return handler;
  const options = { kind: SpanKind.SERVER, attributes: { 'rpc.system': 'grpc', 'rpc.method': method } };
  return (request, context) => {
    const span = tracer.startSpan(method, options, parentOf(context.traceparent));
    const fail = () => {
      // The error itself stays out: it may quote the request.
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
    try {
      const answer = handler(request, context);
      if (answer instanceof Promise) answer.then(() => span.end(), fail);
      else span.end();
      return answer;
    } catch (thrown) {
      fail();
      throw thrown;
    }
  };
}

/** Without a provider, spans have no identity. */
function isRecordedSomewhere(tracer: Tracer): boolean {
  const probe = tracer.startSpan('probe', { root: true });
  const registered = isSpanContextValid(probe.spanContext());
  probe.end();
  return registered;
}

/** A caller's trace context; one that is malformed begins a new trace, as the standard asks. */
export function parentOf(traceparent: string | undefined): Context {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  const [, traceId, spanId, flags] = match ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const spanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT;
}
