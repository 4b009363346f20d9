import type { RefusalReason } from '../refusal.js';
import type { TokenOutcome } from '../token-applier.js';

/** Error codes of RFC 8935, registered with IANA ("Security Event Token Error Codes"). */
export type PushErrorCode =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed'
  | 'access_denied';

/** What a push is answered with. An accepted one has no body (RFC 8935 2.2). */
export interface PushAnswer {
  readonly status: number;
  readonly error?: { readonly err: PushErrorCode; readonly description: string };
  /** When to try again, in seconds. Absent: trying again unchanged is of no use. */
  readonly retryAfterSeconds?: number;
}

/** A key that both sides have just agreed on arrives within a refresh or two. */
const KEY_RETRY_SECONDS = 30;

/** A full or failing disk is mended by people; the log tries again every second. */
const UNAVAILABLE_RETRY_SECONDS = 5;

/** A slot is free as soon as an earlier push is on disk: milliseconds. HTTP knows no shorter time. */
const BUSY_RETRY_SECONDS = 1;

export const ACCEPTED: PushAnswer = { status: 202 };

/** Nothing is lost: the sender keeps what is not answered with 202, and tries again. */
export const UNAVAILABLE: PushAnswer = {
  status: 503,
  error: { err: 'invalid_request', description: 'events cannot be recorded now; try again' },
  retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS,
};

export const FAILED: PushAnswer = badRequest(500, 'internal error');

export const BUSY: PushAnswer = {
  status: 429,
  error: { err: 'invalid_request', description: 'too many pushes of this provider at once; try again' },
  retryAfterSeconds: BUSY_RETRY_SECONDS,
};

export const UNAUTHENTICATED: PushAnswer = {
  status: 401,
  error: {
    err: 'authentication_failed',
    description: 'needs `Authorization: Bearer` with a token that is registered for this provider',
  },
};

export const DENIED: PushAnswer = {
  status: 403,
  error: { err: 'access_denied', description: 'this token is registered for another provider' },
};

/** An answer about the form of the request, before its token is looked at. */
export function badRequest(status: number, description: string): PushAnswer {
  return { status, error: { err: 'invalid_request', description } };
}

/** What the sender is told of a token that was looked at. Details never quote the token. */
export function answerOf(outcome: TokenOutcome): PushAnswer {
  switch (outcome.kind) {
    case 'evidence':
    case 'heartbeat':
    case 'duplicate':
      return ACCEPTED;
    case 'refused':
      return refusalAnswer(outcome.reason, outcome.detail);
    default: {
      const unhandled: never = outcome;
      return unhandled;
    }
  }
}

function refusalAnswer(reason: RefusalReason, detail: string): PushAnswer {
  const error = { err: errorCodeOf(reason), description: `${reason}: ${detail}` };
  switch (reason) {
    // A refusal ends a conforming sender's tries, and nothing here could fetch the event again once the key has come.
    case 'KEY_UNKNOWN':
    case 'PAIR_KEY_UNKNOWN':
    case 'PROVIDER_UNKNOWN':
      return { status: 503, error, retryAfterSeconds: KEY_RETRY_SECONDS };
    case 'HANDLER_FAILED':
      return { status: 500, error };
    case 'TOO_LARGE':
      return { status: 413, error };
    default:
      return { status: 400, error };
  }
}

function errorCodeOf(reason: RefusalReason): PushErrorCode {
  switch (reason) {
    case 'KEY_UNKNOWN':
    case 'PAIR_KEY_UNKNOWN':
    case 'KEY_REVOKED':
    case 'KEY_RETIRED':
    case 'ALGORITHM_REFUSED':
    case 'SIGNATURE_INVALID':
      return 'invalid_key';
    case 'ISSUER_MISMATCH':
      return 'invalid_issuer';
    case 'AUDIENCE_MISMATCH':
      return 'invalid_audience';
    case 'PROVIDER_UNKNOWN':
    case 'NOT_AUTHORISED':
    case 'SUBJECT_FORMAT_REFUSED':
    case 'MAILBOX_QUOTA':
      return 'access_denied';
    default:
      return 'invalid_request';
  }
}
