import type { ServiceError } from '@grpc/grpc-js';
import type { Begun, Channel } from './channel.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import { type AssessWithdrawalResponse, NoAnswerCause } from './gen/holdfast/v1/risk_service_pb.js';
import { type Failure, failureOf, type RefusedError } from './refused-error.js';

/** Pause before the one retry where the service names none. */
const RETRY_PAUSE_MS = 5;

const NO_MESSAGE: Failure = { kind: 'no-answer', cause: NoAnswerCause.FAULT, retryAfterMs: undefined };

/** What asking came to. */
export type Asked =
  | { readonly kind: 'answer'; readonly response: AssessWithdrawalResponse; readonly attempts: number }
  | { readonly kind: 'refused'; readonly error: RefusedError; readonly attempts: number }
  | { readonly kind: 'silence'; readonly cause: NoAnswerCause; readonly attempts: number };

/**
 * Asks once, and once more with the same bytes if that fails soon enough.
 *
 * @returns no later than the deadline, by a timer of its own: nothing that the transport does can delay it. What comes
 *   afterwards is dropped
 */
export function ask(
  channel: Channel,
  breaker: CircuitBreaker,
  bytes: Uint8Array,
  deadlineMs: number,
): Promise<Asked> {
  const startedMs = performance.now();
  const deadlineAtMs = Date.now() + deadlineMs;
  if (!breaker.mayCall(startedMs)) {
    return Promise.resolve({ kind: 'silence', cause: NoAnswerCause.CIRCUIT_OPEN, attempts: 0 });
  }
  return new Promise((resolve) => {
    let attempts = 0;
    let isOver = false;
    let begun: Begun | undefined;
    let pause: NodeJS.Timeout | undefined;
    const end = (asked: Asked): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      clearTimeout(pause);
      if (asked.kind === 'silence') breaker.failed(performance.now());
      else breaker.succeeded();
      resolve(asked);
    };
    const timer = setTimeout(() => {
      end({ kind: 'silence', cause: NoAnswerCause.DEADLINE, attempts });
      begun?.cancel();
    }, deadlineMs);
    const attempt = (): void => {
      attempts += 1;
      begun = channel.assess(bytes, deadlineAtMs, (error, response) => {
        if (isOver) return;
        if (error === null && response !== undefined) end({ kind: 'answer', response, attempts });
        else failed(error);
      });
    };
    const failed = (error: ServiceError | null): void => {
      const failure = error === null ? NO_MESSAGE : failureOf(error);
      if (failure.kind === 'refused') {
        end({ ...failure, attempts });
        return;
      }
      const { cause, retryAfterMs = RETRY_PAUSE_MS } = failure;
      const leftMs = deadlineMs - (performance.now() - startedMs);
      const isLast = attempts > 1 || cause === NoAnswerCause.FAULT || retryAfterMs >= leftMs;
      if (isLast) end({ kind: 'silence', cause, attempts });
      else pause = setTimeout(attempt, retryAfterMs);
    };
    attempt();
  });
}
