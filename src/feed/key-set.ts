import type { DurationMs, UnixMs } from '../decision/vocabulary.js';
import type { VerificationKey } from './jwks.js';

/**
 * A key that left its provider's set still counts for messages that the broker took up to this long after we saw it
 * leave: copies of the set on the way to us may differ for a while, and clocks of brokers do.
 */
export const RETIREMENT_GRACE_MS: DurationMs = 10 * 60_000;

/**
 * How long a key that left is remembered: as long as the stream keeps messages, so that the stream can be read again
 * from its first message.
 */
const REMEMBERED_MS: DurationMs = 90 * 86_400_000;

/** Keys that left and are remembered, newest leavings first to stay. */
const MAX_RETIRED = 64;

/** A key of a fetched set. */
export interface HeldKey {
  readonly key: VerificationKey;
  /** When we saw that the set no longer lists it. */
  readonly leftAt?: UnixMs;
}

export type KeysTaking =
  | { readonly kind: 'taken'; readonly held: readonly HeldKey[]; readonly hasChanged: boolean }
  | { readonly kind: 'refused'; readonly problem: string };

/**
 * The keys held after the provider's set was seen with `listed` in it. A `kid` stands for one key for as long as we know
 * it: otherwise a token could be checked against another key or algorithm than it was signed for.
 */
export function takeKeys(
  held: readonly HeldKey[],
  listed: readonly VerificationKey[],
  now: UnixMs,
): KeysTaking {
  const before = new Map(held.map((entry) => [entry.key.kid, entry]));
  const present: HeldKey[] = [];
  let hasChanged = false;
  for (const key of listed) {
    const known = before.get(key.kid);
    before.delete(key.kid);
    if (known !== undefined && !isSameKey(known.key, key) && !isForgotten(known, now)) {
      return {
        kind: 'refused',
        problem: `\`${key.kid}\` was another key before: a new key needs a new \`kid\``,
      };
    }
    hasChanged ||= known === undefined || known.leftAt !== undefined;
    present.push({ key });
  }
  const retired: Required<HeldKey>[] = [];
  for (const entry of before.values()) {
    hasChanged ||= entry.leftAt === undefined;
    const left = { key: entry.key, leftAt: entry.leftAt ?? now };
    if (!isForgotten(left, now)) retired.push(left);
  }
  retired.sort((a, b) => b.leftAt - a.leftAt);
  return { kind: 'taken', held: [...present, ...retired.slice(0, MAX_RETIRED)], hasChanged };
}

/** The keys as verification needs them: those that left with the time up to which they count. */
export function verificationKeys(held: readonly HeldKey[]): readonly VerificationKey[] {
  return held.map(({ key, leftAt }) =>
    leftAt === undefined ? key : { ...key, validUntil: leftAt + RETIREMENT_GRACE_MS },
  );
}

function isForgotten({ leftAt }: HeldKey, now: UnixMs): boolean {
  return leftAt !== undefined && now - leftAt > REMEMBERED_MS;
}

function isSameKey(a: VerificationKey, b: VerificationKey): boolean {
  const names = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;
  return a.algorithm === b.algorithm && names.every((name) => a.jwk[name] === b.jwk[name]);
}
