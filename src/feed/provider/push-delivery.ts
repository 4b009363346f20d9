import { setTimeout as delay } from 'node:timers/promises';
import { parseObject } from '../token.js';
import { ProviderToolError } from './provider-tool-error.js';
import type { Published } from './publish-token.js';

/** An exchange that takes tokens over HTTP (RFC 8935). */
export interface PushTarget {
  /** `https://.../feeds/<provider>`; `http` only to this machine. */
  readonly url: string;
  /** As registered by its digest. */
  readonly bearerToken: string;
}

/** The receiver gives a request 10 s in all. */
const REQUEST_TIMEOUT_MS = 12_000;
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 250;

/** Longer pauses are for a program that keeps running. */
const MAX_PAUSE_MS = 8_000;

/** Answers that another attempt may change. */
const WORTH_RETRYING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Longer answers are not from a receiver. */
const MAX_DETAIL_CHARACTERS = 300;

/**
 * Pushes a token until the exchange says that it is on disk. Repeating it never hurts: the exchange knows it by its `jti`.
 *
 * @throws ProviderToolError codes `NOT_CONFIRMED`; `EVENT_REFUSED` when the exchange set it aside; `PUSH_REFUSED` when nothing
 *   was taken, since the address or the bearer token is wrong
 */
export async function pushToken(target: PushTarget, token: string): Promise<Published> {
  let why = '';
  for (let attempt = 0, pauseMs = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await delay(pauseMs);
    pauseMs = FIRST_PAUSE_MS * 2 ** attempt;
    let response: Response;
    try {
      response = await post(target, token);
    } catch (error) {
      why = reasonOf(error);
      continue;
    }
    const detail = await detailOf(response);
    if (response.status === 202) return { sequence: 0, isDuplicate: false };
    why = `HTTP ${response.status}${detail === '' ? '' : `, ${detail}`}`;
    if (!WORTH_RETRYING.has(response.status)) throw refused(response.status, why);
    const retryAfterSeconds = Number(response.headers.get('retry-after') ?? 0);
    if (retryAfterSeconds > 0) pauseMs = Math.min(MAX_PAUSE_MS, retryAfterSeconds * 1_000);
  }
  throw new ProviderToolError('NOT_CONFIRMED', `the exchange did not confirm the event: ${why}`);
}

/**
 * @throws ProviderToolError code `PUSH_REFUSED` for an address that is none, or that would send the bearer token in clear over
 *   a network
 */
export function requirePushUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '');
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return;
  throw new ProviderToolError(
    'PUSH_REFUSED',
    'the address to push to must be an https URL like https://risk.exchange.example/feeds/att; http only on this machine',
  );
}

function post({ url, bearerToken }: PushTarget, token: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bearerToken}`,
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
    },
    body: token,
    // A receiver does not move: whoever says so gets neither token.
    redirect: 'manual',
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
}

function refused(status: number, why: string): ProviderToolError {
  // RFC 8935, 2.3: 400 is about the token; the exchange has set it aside under its number.
  if (status === 400) return new ProviderToolError('EVENT_REFUSED', `the exchange refused the event: ${why}`);
  return new ProviderToolError('PUSH_REFUSED', `the exchange did not take the push: ${why}`);
}

async function detailOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  const body = parseObject(text);
  if (body === undefined) return '';
  const parts = [body['err'], body['description']].filter((part) => typeof part === 'string');
  return parts.join(': ').slice(0, MAX_DETAIL_CHARACTERS);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : 'unknown cause';
}
