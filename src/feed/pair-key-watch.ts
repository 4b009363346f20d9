import type { HmacKey } from '../identity/keyring.js';
import { decodePairKeyTimes, encodePairKeyTimes, observePairKeys } from '../identity/pair-key-overlap.js';
import type { FeedClock, FeedEvidence, FeedObserver } from './ports.js';

/** Name among the small values of the state. */
const PAIR_KEY_TIMES_NAME = 'pair-key-times';

/** Remembers since when pair keys have been live, and tells when one goes too early. */
export function watchPairKeys(
  live: ReadonlyMap<string, readonly HmacKey[]>,
  evidence: Pick<FeedEvidence, 'meta' | 'setMeta'>,
  clock: FeedClock,
  observer: Pick<FeedObserver, 'pairKeyDroppedEarly'>,
): void {
  const before = decodePairKeyTimes(evidence.meta(PAIR_KEY_TIMES_NAME));
  const { times, droppedEarly, hasChanged } = observePairKeys(before, live, clock.nowMs());
  if (hasChanged) evidence.setMeta(PAIR_KEY_TIMES_NAME, encodePairKeyTimes(times));
  for (const { provider, keyId, overlapMs } of droppedEarly) {
    observer.pairKeyDroppedEarly(provider, keyId, overlapMs);
  }
}
