import type { HeldRecord, ReleaseRecord } from '../decision/evidence.js';
import { coversTerms } from '../decision/held-terms.js';
import type { UnixMs } from '../decision/vocabulary.js';
import { settledTime } from '../store/settled-time.js';
import type { Answer } from './evolve-ledger.js';

/**
 * The holds after one more answer, newest first. A change of destination or asset, or more of it, begins a hold anew;
 * when the withdrawal was first held at all is remembered beside it.
 */
export function evolveHolds(
  holds: readonly HeldRecord[],
  { decision, request, at, leadMs }: Answer,
): readonly HeldRecord[] {
  if (decision !== 'HOLD') return holds;
  const known = holds.find(({ withdrawal }) => withdrawal === request.withdrawal);
  if (known !== undefined && coversTerms(known, request)) {
    if (known.destination !== request.destination.formerId) return holds;
    // From here on it belongs to the place that is asked for: a former id knows no tags.
    return holds.map((hold) => (hold === known ? { ...hold, destination: request.destination.id } : hold));
  }
  const { withdrawal, destination, asset, amount } = request;
  const since = known && (known.since ?? settledHold(known, at).firstHeldAt);
  const present: HeldRecord = {
    withdrawal,
    firstHeldAt: at,
    destination: destination.id,
    asset,
    amount,
    ...(since !== undefined && { since }),
    ...(leadMs !== undefined && { leadMs }),
  };
  return [present, ...holds.filter((hold) => hold !== known)];
}

/** A hold at its one time, as far as that is known by `now`: the same object where it has no other. */
export function settledHold(hold: HeldRecord, now: UnixMs): HeldRecord {
  if (hold.leadMs === undefined) return hold;
  const { leadMs, ...settled } = hold;
  return { ...settled, firstHeldAt: settledTime(hold.firstHeldAt, leadMs, now) };
}

/** The releases after one more, newest first. A withdrawal has one: the newest. */
export function evolveReleases(
  releases: readonly ReleaseRecord[],
  release: ReleaseRecord,
): readonly ReleaseRecord[] {
  const known = releases.find(({ withdrawal }) => withdrawal === release.withdrawal);
  if (known !== undefined && known.releasedAt > release.releasedAt) return releases;
  const others = releases.filter((entry) => entry !== known);
  return [release, ...others].sort((a, b) => b.releasedAt - a.releasedAt);
}
