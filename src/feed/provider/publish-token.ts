import { setTimeout as delay } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { FEED_STREAM } from '../stream.js';
import { FEED_SUBJECT_PREFIX } from '../verify.js';
import { ProviderToolError } from './provider-tool-error.js';

/** For one attempt. */
const PUBLISH_TIMEOUT_MS = 2_000;

/** Attempts double their pause from 250 ms; eight take about a minute, well inside the stream's duplicate window. */
const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 250;

/**
 * Attempts while nobody listens on the subject, under a second: a broker that elects a leader is deaf for a moment; a stream
 * that was never made stays away until the exchange starts.
 */
const ATTEMPTS_UNHEARD = 3;

/** What the broker said of a published token. */
export interface Published {
  /** Its place in the stream. */
  readonly sequence: number;
  /** The broker had it already: an earlier attempt got through. */
  readonly isDuplicate: boolean;
}

/**
 * Publishes a token until the broker confirms it. A timeout means "unknown", so each attempt carries the same message
 * id: the broker keeps one.
 *
 * @param messageId the token's `jti` when it is published first. A back-fill takes another one: within its duplicate
 *   window the broker would drop the token as known, though it may have lost it
 * @throws ProviderToolError code `NOT_CONFIRMED`; `STREAM_MISSING` when no stream takes the subject
 */
export async function publishToken(
  connection: NatsConnection,
  provider: string,
  { jti, token }: { readonly jti: string; readonly token: string },
  messageId: string = jti,
): Promise<Published> {
  const js = jetstream(connection, { timeout: PUBLISH_TIMEOUT_MS });
  let cause: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    try {
      const answer = await js.publish(`${FEED_SUBJECT_PREFIX}${provider}`, token, {
        msgID: messageId,
        expect: { streamName: FEED_STREAM },
      });
      return { sequence: answer.seq, isDuplicate: answer.duplicate };
    } catch (error) {
      cause = error;
      if (attempt + 1 >= ATTEMPTS_UNHEARD && isUnheard(error)) throw streamMissing(error);
    }
  }
  const reason = cause instanceof Error ? cause.message : 'unknown cause';
  throw new ProviderToolError('NOT_CONFIRMED', `the broker did not confirm the event: ${reason}`, { cause });
}

/** Nothing listens on the subject. The library, which exports no class for it, says that JetStream is not enabled. */
function isUnheard(error: unknown): boolean {
  return error instanceof Error && error.name === 'JetStreamNotEnabled';
}

function streamMissing(cause: unknown): ProviderToolError {
  return new ProviderToolError(
    'STREAM_MISSING',
    `the stream ${FEED_STREAM} is not there yet: the exchange's service makes it when it starts, on a broker with JetStream`,
    { cause },
  );
}
