import { randomUUID } from 'node:crypto';
import type { UnixMs } from '../../decision/vocabulary.js';
import { MAX_TOKEN_BYTES } from '../token.js';
import type { Outbox } from './outbox.js';
import type { KeptToken } from './outbox-segments.js';
import { ProviderToolError } from './provider-tool-error.js';
import type { Published } from './publish-token.js';
import { type SigningKey, signToken } from './sign-token.js';
import type { Statement } from './statements.js';

/** Tokens that share one flush of the outbox, at most 2 MB: a flush costs milliseconds, a token less than one. */
const GROUP = 256;

/** Tokens on their way to the broker at a time. */
const MAX_IN_FLIGHT = 512;

export interface SenderOptions {
  readonly outbox: Outbox;
  /** Brings a token to the exchange; resolves when it is confirmed. */
  readonly deliver: (token: KeptToken) => Promise<Published>;
  readonly issuer: string;
  readonly audience: string;
  readonly key: SigningKey;
  readonly clock: { nowMs(): UnixMs };
}

/** A confirmed event. */
export interface PublishedEvent extends Published {
  /** Needed to take it back. */
  readonly jti: string;
  readonly seq: number;
}

interface Waiting {
  readonly statement: Statement;
  readonly resolve: (published: PublishedEvent) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gives statements their numbers, signs them, keeps them and publishes them until the broker confirms. What comes while
 * a group is written forms the next one. What was never confirmed goes first, under its old number and id.
 */
export class TokenSender {
  readonly #options: SenderOptions;
  #waiting: Waiting[] = [];
  #pumping: Promise<void> | undefined;
  readonly #inFlight = new Map<number, Promise<void>>();
  /** Wakes the pump that waits for room. */
  #landed: () => void = () => undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** @throws ProviderToolError codes `NOT_CONFIRMED`, `EVENT_REFUSED`, `PUSH_REFUSED`, `OUTBOX_FAILED` */
  send(statement: Statement): Promise<PublishedEvent> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statement, resolve, reject });
      this.#pumping ??= this.#pump();
    });
  }

  /** Resolves when everything handed in is confirmed or given up. */
  async idle(): Promise<void> {
    while (this.#pumping !== undefined || this.#inFlight.size > 0) {
      await this.#pumping;
      await Promise.all(this.#inFlight.values());
    }
  }

  async #pump(): Promise<void> {
    // Nothing is taken before the caller's own tick ends, so that what it hands in together stays together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      while (this.#inFlight.size > MAX_IN_FLIGHT - GROUP) await this.#landing();
      const group = this.#waiting.splice(0, GROUP);
      try {
        await this.#sendUnconfirmed();
        await this.#sendGroup(group);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#pumping = undefined;
  }

  /** @throws ProviderToolError code `NOT_CONFIRMED`: no new number is given out while an old one cannot be sent */
  async #sendUnconfirmed(): Promise<void> {
    const { outbox } = this.#options;
    const left = outbox.unconfirmed.filter(({ seq }) => !this.#inFlight.has(seq));
    for (let from = 0; from < left.length; from += GROUP) {
      await Promise.all(left.slice(from, from + GROUP).map((token) => this.#publish(token)));
    }
  }

  async #sendGroup(group: readonly Waiting[]): Promise<void> {
    const { outbox, issuer, audience, key, clock } = this.#options;
    const now = clock.nowMs();
    const signed: { readonly jti: string; readonly token: string; readonly waiting: Waiting }[] = [];
    for (const waiting of group) {
      const jti = randomUUID();
      const seq = outbox.next + signed.length;
      const token = await signToken({ issuer, audience, jti, issuedAt: now, seq, ...waiting.statement }, key);
      if (token.length <= MAX_TOKEN_BYTES) signed.push({ jti, token, waiting });
      else waiting.reject(tooLarge(token.length));
    }
    if (signed.length === 0) return;
    const kept = await outbox.add(signed, now);
    for (const [index, token] of kept.entries()) this.#deliver(token, signed[index]?.waiting);
  }

  #deliver(token: KeptToken, waiting: Waiting | undefined): void {
    const { jti, seq } = token;
    const delivery = this.#publish(token)
      .then(
        (published) => waiting?.resolve({ ...published, jti, seq }),
        (error: unknown) => waiting?.reject(error),
      )
      .finally(() => {
        this.#inFlight.delete(seq);
        this.#landed();
      });
    this.#inFlight.set(seq, delivery);
  }

  /** Resolves when the next token has arrived or was given up. */
  #landing(): Promise<void> {
    return new Promise((resolve) => {
      this.#landed = resolve;
    });
  }

  async #publish(token: KeptToken): Promise<Published> {
    const { deliver, outbox } = this.#options;
    try {
      const published = await deliver(token);
      outbox.confirm([token.seq]);
      return published;
    } catch (error) {
      // It has arrived, and would be refused again: it must not keep later ones back for ever.
      if (error instanceof ProviderToolError && error.code === 'EVENT_REFUSED') outbox.confirm([token.seq]);
      throw error;
    }
  }
}

/** Found before it gets a number: the exchange would refuse it unread, and the number would stay missing. */
function tooLarge(bytes: number): ProviderToolError {
  const message = `the event makes a token of ${bytes} bytes; at most ${MAX_TOKEN_BYTES} are accepted`;
  return new ProviderToolError('EVENT_INVALID', message);
}
