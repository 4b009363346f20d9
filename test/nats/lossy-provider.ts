import { setTimeout as pause } from 'node:timers/promises';
import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { answerAsks } from '../../src/feed/provider/backfill.js';
import { Outbox } from '../../src/feed/provider/outbox.js';
import type { SigningKey } from '../../src/feed/provider/sign-token.js';
import type { CampaignMessage } from './campaign.js';

/** How often something goes wrong with a message, and how far. */
const FAULTS = {
  /** A loss begins; it takes up to so many. */
  lossBegins: 0.002,
  longestLoss: 20,
  repeatedAtOnce: 0.05,
  repeatedLater: 0.05,
  /** Messages among which any order is possible. */
  window: 300,
  /** Earlier messages that may come again. */
  remembered: 2_000,
} as const;

/** Publications on their way. */
const MOST_IN_FLIGHT = 256;

/** Between two attempts while the broker is away. */
const RETRY_MS = 100;

export interface LossyProviderOptions {
  readonly connection: NatsConnection;
  readonly provider: string;
  readonly outboxFile: string;
  readonly random: () => number;
  /** The key that back-filled tokens are signed with, now. */
  readonly signing: () => SigningKey;
}

/**
 * A provider that keeps its outbox as it should, and whose way to the broker loses, repeats and reorders. It answers what
 * the exchange asks for.
 */
export class LossyProvider {
  readonly #options: LossyProviderOptions;
  readonly #outbox: Outbox;
  readonly #stream: JetStreamClient;
  readonly #over = new AbortController();
  readonly #answering: Promise<void>;
  readonly #earlier: CampaignMessage[] = [];
  #loss = 0;
  #publications = 0;
  lostCount = 0;
  repeatedCount = 0;
  backfilledCount = 0;

  private constructor(options: LossyProviderOptions, outbox: Outbox) {
    this.#options = options;
    this.#outbox = outbox;
    this.#stream = jetstream(options.connection, { timeout: 2_000 });
    this.#answering = this.#answer();
  }

  static async open(options: LossyProviderOptions): Promise<LossyProvider> {
    return new LossyProvider(options, await Outbox.open(options.outboxFile));
  }

  /** Says all of these, in their order; what becomes of them on the way is another matter. */
  async say(messages: readonly CampaignMessage[]): Promise<void> {
    await this.#keep(messages);
    const line: CampaignMessage[] = [];
    for (const message of messages) {
      if (this.#isLost(message)) continue;
      line.push(message);
      if (message.seq === undefined) continue;
      const again = this.#chance(FAULTS.repeatedAtOnce) ? message : this.#earlierOne();
      if (again !== undefined) {
        line.push(again);
        this.repeatedCount++;
      }
      this.#remember(message);
    }
    for (let from = 0; from < line.length; from += FAULTS.window) {
      await this.#publishAll(this.#shuffled(line.slice(from, from + FAULTS.window)));
    }
  }

  /** Says one message that arrives. */
  async sayForSure(message: CampaignMessage): Promise<void> {
    await this.#keep([message]);
    await this.#publish(message);
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#answering;
    await this.#outbox.close();
  }

  async #keep(messages: readonly CampaignMessage[]): Promise<void> {
    const numbered = messages.filter(({ seq }) => seq !== undefined);
    const tokens = numbered.map(({ jti, text }) => ({ jti, token: text }));
    const kept = await this.#outbox.add(tokens, Date.now());
    for (const [index, { seq }] of kept.entries()) {
      if (numbered[index]?.seq !== seq)
        throw new Error('the outbox gave another number than the token carries');
    }
    await this.#outbox.confirm(kept.map(({ seq }) => seq));
  }

  #isLost({ seq }: CampaignMessage): boolean {
    if (seq === undefined) return false;
    if (this.#loss === 0 && this.#chance(FAULTS.lossBegins)) this.#loss = 1 + this.#below(FAULTS.longestLoss);
    if (this.#loss === 0) return false;
    this.#loss--;
    this.lostCount++;
    return true;
  }

  /** Now and then one that was said before. */
  #earlierOne(): CampaignMessage | undefined {
    return this.#chance(FAULTS.repeatedLater) ? this.#earlier[this.#below(this.#earlier.length)] : undefined;
  }

  #remember(message: CampaignMessage): void {
    if (this.#earlier.length < FAULTS.remembered) this.#earlier.push(message);
    else this.#earlier[this.#below(FAULTS.remembered)] = message;
  }

  #shuffled(messages: CampaignMessage[]): readonly CampaignMessage[] {
    for (let n = messages.length - 1; n > 0; n--) {
      const other = this.#below(n + 1);
      const [a, b] = [messages[n], messages[other]];
      if (a !== undefined && b !== undefined) [messages[n], messages[other]] = [b, a];
    }
    return messages;
  }

  async #publishAll(messages: readonly CampaignMessage[]): Promise<void> {
    const waiting: Promise<void>[] = [];
    for (const message of messages) {
      waiting.push(this.#publish(message));
      if (waiting.length >= MOST_IN_FLIGHT) await waiting.shift();
    }
    await Promise.all(waiting);
  }

  /** Until it is confirmed. Each publication has an id of its own, so that what is repeated here is repeated there. */
  async #publish({ text }: CampaignMessage): Promise<void> {
    const msgID = `publication-${++this.#publications}`;
    for (;;) {
      try {
        await this.#stream.publish(`holdfast.feed.${this.#options.provider}`, text, { msgID });
        return;
      } catch {
        // The broker is away.
        await pause(RETRY_MS);
      }
    }
  }

  async #answer(): Promise<void> {
    const { connection, provider, outboxFile, signing } = this.#options;
    const source = {
      connection,
      provider,
      outboxFile,
      get key() {
        return signing();
      },
    };
    while (!this.#over.signal.aborted) {
      try {
        for await (const { publishedCount } of answerAsks(source, this.#over.signal)) {
          this.backfilledCount += publishedCount;
        }
      } catch {
        // The broker was away for longer than its tool waits: the exchange asks again.
        await pause(RETRY_MS);
      }
    }
  }

  #chance(share: number): boolean {
    return this.#options.random() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#options.random() * limit);
  }
}
