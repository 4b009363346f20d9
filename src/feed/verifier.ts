import type { UnixMs } from '../decision/vocabulary.js';
import { refuse } from './refusal.js';
import { TokenVerifier, type Verification, type VerifierSettings } from './verify.js';

/** A message as it came, before anything is known of it. */
export interface RawMessage {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** When the broker took it, by the broker's clock. Absent: now. */
  readonly storedAt?: UnixMs;
}

/** Checks messages in batches; one result a message, in order. */
export interface Verifier {
  /** Rejects only after {@link close}. */
  verifyBatch(messages: readonly RawMessage[], now: UnixMs): Promise<readonly Verification[]>;
  /** Batches handed in from now on are checked against these. */
  replaceSettings(settings: VerifierSettings): void;
  /** How often they were replaced. */
  readonly settingsCount: number;
  close(): Promise<void>;
}

/** Checks on the calling thread: for tools and single messages. */
export class DirectVerifier implements Verifier {
  #verifier: TokenVerifier;
  settingsCount = 0;

  constructor(settings: VerifierSettings) {
    this.#verifier = new TokenVerifier(settings);
  }

  async verifyBatch(messages: readonly RawMessage[], now: UnixMs): Promise<readonly Verification[]> {
    return verifyAll(this.#verifier, messages, now);
  }

  replaceSettings(settings: VerifierSettings): void {
    this.#verifier = new TokenVerifier(settings);
    this.settingsCount++;
  }

  async close(): Promise<void> {}
}

/**
 * One after the other: signature checks run in the process's thread pool, which the serving thread shares, so a flood
 * must not fill it. A fault of ours in one message is that message's result, not the batch's.
 */
export async function verifyAll(
  verifier: TokenVerifier,
  messages: readonly RawMessage[],
  now: UnixMs,
): Promise<Verification[]> {
  const results: Verification[] = [];
  for (const { subject, bytes, storedAt } of messages) {
    try {
      results.push(await verifier.verify(subject, bytes, now, storedAt));
    } catch (error) {
      results.push(refuse('HANDLER_FAILED', error instanceof Error ? error.name : 'unknown'));
    }
  }
  return results;
}
