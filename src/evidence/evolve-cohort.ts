import type { CohortRecord, RetractionRecord } from '../decision/evidence.js';
import { encodeCohort } from '../store/codec/cohort-codec.js';
import { compareText, inserted, type ListOrder } from './bounded-list.js';
import { MAX_COHORT_VERSIONS } from './bounds.js';

/** A cohort as one token told it. */
export interface CohortVersion {
  /** Digest of issuer and jti. */
  readonly tokenId: string;
  readonly record: CohortRecord;
}

/** All that is known of one cohort, newest issue first. A retracted version keeps its slot. */
export type CohortVersions = readonly CohortVersion[];

const VERSION_ORDER: ListOrder<CohortVersion> = {
  compare: (a, b) => b.record.issuedAt - a.record.issuedAt || compareText(b.tokenId, a.tokenId),
  sameGroup: () => true,
  limit: MAX_COHORT_VERSIONS,
  merge: (kept, item) => {
    const told = tellsFirst(item.record, kept.record) ? item.record : kept.record;
    const retracted = kept.record.retracted || item.record.retracted;
    if (told === kept.record && retracted === told.retracted) return kept;
    return { tokenId: kept.tokenId, record: { ...told, retracted } };
  },
};

/** The versions after one more. INVARIANT I2: a join; the same list when nothing changes. */
export function evolveCohort(versions: CohortVersions, version: CohortVersion): CohortVersions {
  return inserted(versions, version, VERSION_ORDER);
}

/** The versions after one token was taken back by the provider that issued it; others cannot. */
export function retractVersion(versions: CohortVersions, retraction: RetractionRecord): CohortVersions {
  const taken = versions.filter(
    ({ tokenId, record }) => tokenId === retraction.id && record.provider === retraction.provider,
  );
  return taken.reduce(
    (before, { tokenId, record }) =>
      evolveCohort(before, { tokenId, record: { ...record, retracted: true } }),
    versions,
  );
}

/** What the provider says now: its newest version that it did not take back. */
export function standingCohort(versions: CohortVersions): CohortRecord | undefined {
  return versions.find((version) => !version.record.retracted)?.record;
}

/** Should one token ever be told in two ways, the smaller encoding counts. */
function tellsFirst(a: CohortRecord, b: CohortRecord): boolean {
  return (
    Buffer.compare(encodeCohort({ ...a, retracted: false }), encodeCohort({ ...b, retracted: false })) < 0
  );
}
