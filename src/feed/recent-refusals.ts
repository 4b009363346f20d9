import type { DurationMs, UnixMs } from '../decision/vocabulary.js';
import { isPushed, type QuarantinedMessage } from './quarantine.js';
import type { TokenOrigin } from './refusal.js';
import { MAX_STATUS_REFUSALS, type RecentRefusal } from './status-message.js';

/** What was refused longer ago is history; the counts keep it. */
export const RECENT_MS: DurationMs = 86_400_000;

const NONE: readonly RecentRefusal[] = [];

/** The last refused messages of each provider, for its own eyes. In memory: the quarantine is what lasts. */
export class RecentRefusals {
  readonly #byProvider = new Map<string, readonly RecentRefusal[]>();

  /** @param provider a registered one: their number bounds the memory */
  note(provider: string, refusal: RecentRefusal): void {
    const before = this.#byProvider.get(provider) ?? NONE;
    this.#byProvider.set(provider, [refusal, ...before].slice(0, MAX_STATUS_REFUSALS));
  }

  /** Newest first. */
  of(provider: string, now: UnixMs): readonly RecentRefusal[] {
    return (this.#byProvider.get(provider) ?? NONE).filter(({ at }) => now - at < RECENT_MS);
  }
}

/** A refused message as its provider is told of it. */
export function recentRefusal(message: QuarantinedMessage, origin: TokenOrigin | undefined): RecentRefusal {
  const { reason, detail, refusedAt, sequence, digest } = message;
  const { jti, seq } = origin ?? {};
  return {
    reason,
    detail,
    at: refusedAt,
    digest,
    ...(isPushed(message) ? {} : { streamSequence: sequence }),
    ...(seq === undefined ? {} : { seq }),
    ...(jti === undefined ? {} : { jti }),
  };
}
