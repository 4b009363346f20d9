import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { type BackfillAsk, CONTROL_SUBJECT_PREFIX, decodeAsk } from '../control-message.js';
import { type Gap, without, withRange } from '../sequence.js';
import { messagesOn } from './broker-link.js';
import { keptTokens } from './outbox.js';
import type { KeptToken } from './outbox-segments.js';
import { ProviderToolError } from './provider-tool-error.js';
import { publishToken } from './publish-token.js';
import { type SigningKey, signAgain } from './sign-token.js';

/** Tokens on their way at a time. */
const WINDOW = 64;

/** The exchange repeats what it still misses; answering faster than this would only repeat what is on its way. */
const ANSWER_PAUSE_MS = 1_000;

export interface BackfillSource {
  readonly connection: NatsConnection;
  readonly provider: string;
  readonly outboxFile: string;
  /**
   * Tokens under another key are signed anew with this one, saying the same: the exchange refuses keys that have left
   * the provider's key set. Absent: published as they were.
   */
  readonly key?: SigningKey;
}

/** What became of one back-fill. */
export interface BackfillResult {
  readonly ranges: readonly Gap[];
  /** Tokens that the broker confirmed. */
  readonly publishedCount: number;
  /** Numbers that the outbox does not hold (any more): to be declared void, or they stay missing for ever. */
  readonly lacking: readonly Gap[];
}

/**
 * Publishes kept tokens again, each under its old `jti`: what the exchange knows already changes nothing there.
 *
 * @throws ProviderToolError code `NOT_CONFIRMED`
 */
export async function backfill(source: BackfillSource, ranges: readonly Gap[]): Promise<BackfillResult> {
  const { outboxFile } = source;
  // One name for all attempts of this back-fill, and another than any earlier one: see `publishToken`.
  const round = randomUUID().slice(0, 8);
  let held: readonly Gap[] = [];
  let publishedCount = 0;
  let batch: KeptToken[] = [];
  const flush = async (): Promise<void> => {
    await Promise.all(batch.map((token) => publishAgain(source, token, round)));
    publishedCount += batch.length;
    batch = [];
  };
  for (const [from, to] of ranges) {
    for await (const token of keptTokens(outboxFile, from, to)) {
      held = withRange(held, [token.seq, token.seq]);
      batch.push(token);
      if (batch.length === WINDOW) await flush();
    }
  }
  await flush();
  return { ranges, publishedCount, lacking: ranges.flatMap((range) => without(range, held)) };
}

async function publishAgain(
  { connection, provider, key }: BackfillSource,
  { jti, token }: KeptToken,
  round: string,
): Promise<void> {
  const again = key === undefined ? token : await signAgain(token, key);
  await publishToken(connection, provider, { jti, token: again }, `${jti}:backfill:${round}`);
}

/**
 * Answers what the exchange asks for until `signal` ends it. While one ask is being answered newer ones replace each
 * other: each names everything that is missing then. What the broker does not confirm is left: it is asked for again.
 *
 * @param give stands in for {@link backfill}, in tests
 * @throws ProviderToolError code `BROKER_REFUSED`
 */
export async function* answerAsks(
  source: BackfillSource,
  signal: AbortSignal,
  give: typeof backfill = backfill,
): AsyncGenerator<BackfillResult> {
  const over = new AbortController();
  const inbox = new LatestAsk();
  const listening = listen(source, inbox, AbortSignal.any([signal, over.signal]));
  // It may fail while an ask is being answered; that is told at the end.
  listening.catch(() => undefined);
  try {
    for (;;) {
      const ask = await inbox.next();
      if (ask === undefined) break;
      const result = await confirmed(give(source, ask.ranges));
      if (result !== undefined) yield result;
      await delay(ANSWER_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    over.abort();
    await listening.catch(() => undefined);
  }
  await listening;
}

/** Undefined if the broker did not confirm. */
async function confirmed(answer: Promise<BackfillResult>): Promise<BackfillResult | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProviderToolError && error.code === 'NOT_CONFIRMED') return undefined;
    throw error;
  }
}

async function listen(
  { connection, provider }: BackfillSource,
  inbox: LatestAsk,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const text of messagesOn(connection, `${CONTROL_SUBJECT_PREFIX}${provider}`, signal)) {
      const ask = decodeAsk(text);
      if (ask?.provider === provider) inbox.put(ask);
    }
  } finally {
    inbox.end();
  }
}

/** Room for one ask: the newest. */
class LatestAsk {
  #ask: BackfillAsk | undefined;
  #isOver = false;
  #wake: () => void = () => undefined;

  put(ask: BackfillAsk): void {
    this.#ask = ask;
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Undefined at the end; an ask that still waits then is left: it comes again. */
  async next(): Promise<BackfillAsk | undefined> {
    while (this.#ask === undefined && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const ask = this.#isOver ? undefined : this.#ask;
    this.#ask = undefined;
    return ask;
  }
}
