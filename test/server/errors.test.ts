import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorStatus, MAX_STATUS_BYTES } from '../../src/server/error-status.js';
import { CallError, classifyError, invalidArgument, statusOf } from '../../src/server/errors.js';
import { details } from './harness.js';

function violation(index: number) {
  return {
    field: `signals[${index}].occurred_at`,
    reason: 'IN_FUTURE',
    description: 'must not be more than 5 minutes ahead',
  };
}

describe('what is sent', () => {
  test('code, message, reason, domain and facts', () => {
    const sent = errorStatus(
      new CallError('REQUEST_TOO_LARGE', 'too large', { metadata: { limit_bytes: '9' } }),
    );
    expect(sent).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: 'too large' });
    const { info, badRequest, retry, status: inner } = details(sent);
    expect(inner).toMatchObject({ code: status.RESOURCE_EXHAUSTED, message: 'too large' });
    expect(info).toMatchObject({
      reason: 'REQUEST_TOO_LARGE',
      domain: 'holdfast.v1',
      metadata: { limit_bytes: '9' },
    });
    expect(badRequest).toBeUndefined();
    expect(retry).toBeUndefined();
  });

  test('when to try again, for people and for retry policies', () => {
    const sent = errorStatus(new CallError('SERVER_LAGGING', undefined, { retryAfterMs: 1_250.2 }));
    expect(details(sent).retry?.retryDelay).toMatchObject({ seconds: 1n, nanos: 251_000_000 });
    expect(sent.metadata.get('grpc-retry-pushback-ms')).toEqual(['1251']);
  });

  test('all violations while they fit', () => {
    const sent = errorStatus(invalidArgument([violation(0), violation(1)]));
    const { badRequest, info } = details(sent);
    expect(badRequest?.fieldViolations.map(({ field }) => field)).toEqual([
      'signals[0].occurred_at',
      'signals[1].occurred_at',
    ]);
    expect(info?.metadata).toEqual({});
  });

  test('says how many violations are not listed', () => {
    const sent = errorStatus(invalidArgument(Array.from({ length: 500 }, (_, index) => violation(index))));
    const { badRequest, info, byteLength } = details(sent);
    const listed = badRequest?.fieldViolations.length ?? 0;
    expect(listed).toBeGreaterThan(0);
    expect(info?.metadata).toEqual({ violations_not_listed: String(500 - listed) });
    expect(byteLength).toBeLessThanOrEqual(MAX_STATUS_BYTES);
  });

  test('at most 1 KiB of printable text, whatever the error (property)', () => {
    const text = fc.string({ unit: 'binary', maxLength: 2_000 });
    fc.assert(
      fc.property(
        text,
        fc.array(fc.record({ field: text, reason: fc.constant('R'), description: text }), { maxLength: 40 }),
        fc.option(fc.nat(), { nil: undefined }),
        (message, violations, retryAfterMs) => {
          const sent = errorStatus(
            new CallError('REQUEST_INVALID', message, {
              violations,
              ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
            }),
          );
          const decoded = details(sent);
          expect(decoded.byteLength).toBeLessThanOrEqual(MAX_STATUS_BYTES);
          expect(sent.details).toMatch(/^[\x20-\x7e]*$/);
          // grpc-js does this to messages, outside of any try.
          expect(() => encodeURI(sent.details)).not.toThrow();
          const listed = decoded.badRequest?.fieldViolations.length ?? 0;
          const left = Number(decoded.info?.metadata['violations_not_listed'] ?? 0);
          expect(listed + left).toBe(violations.length);
        },
      ),
    );
  });
});

describe('what a handler threw', () => {
  test('an error for callers stays as it is', () => {
    const error = new CallError('HOLD_NOT_FOUND');
    expect(classifyError(error)).toEqual({ kind: 'expected', error });
  });

  test('an error of another part keeps its code, not its message', () => {
    const foreign = Object.assign(new Error('disk of account a-1 is full'), { code: 'AUDIT_UNAVAILABLE' });
    const classified = classifyError(foreign);
    expect(classified.kind).toBe('expected');
    expect(classified.error).toMatchObject({ code: 'AUDIT_UNAVAILABLE', cause: foreign });
    expect(classified.error.message).not.toContain('a-1');
    expect(statusOf(classified.error.code)).toBe(status.UNAVAILABLE);
  });

  test.each([
    ['an error without a code', new Error('x')],
    ['a code of the operating system', Object.assign(new Error('x'), { code: 'ENOENT' })],
    ['a code that every object has', Object.assign(new Error('x'), { code: 'toString' })],
    ['a code that only we may give', Object.assign(new Error('x'), { code: 'INTERNAL' })],
    ['something that is not an error', 'x'],
    ['nothing', undefined],
  ])('%s is our own fault', (_name, thrown) => {
    const classified = classifyError(thrown);
    expect(classified).toMatchObject({ kind: 'unexpected', cause: thrown });
    expect(classified.error.code).toBe('INTERNAL');
    expect(classified.error.message).toBe('internal error');
  });
});
