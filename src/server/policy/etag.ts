import type { PolicyStanding } from '../../audit/policy-history.js';
import { CallError } from '../errors.js';

const BASE = 36;

/**
 * Names the live revision and since when it is: one that was replaced and came back has another name, so that nobody
 * acts on a view from before.
 */
export function etagOf({ active, activePosition }: PolicyStanding): string {
  return `r${active}-${activePosition.toString(BASE)}`;
}

/** @throws CallError ABORTED with the live revision when the tag names another */
export function requireEtag(etag: string, standing: PolicyStanding): void {
  const current = etagOf(standing);
  if (etag === current) return;
  throw new CallError(
    'POLICY_CONFLICT',
    `another policy was activated meanwhile: revision ${standing.active} decides now, its etag is ${current}`,
    { metadata: { live_revision: String(standing.active), live_etag: current } },
  );
}
