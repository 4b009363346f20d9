import type { CohortRecord, RetractionRecord } from '../decision/evidence.js';
import { takenBackAt } from '../decision/taken-back.js';
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
    const retraction = firstRetraction(kept.record, item.record);
    const { retracted, retractedAt } = kept.record;
    if (
      told === kept.record &&
      retraction.retracted === retracted &&
      retraction.retractedAt === retractedAt
    ) {
      return kept;
    }
    return { tokenId: kept.tokenId, record: { ...standing(told), ...retraction } };
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
      evolveCohort(before, {
        tokenId,
        record: { ...record, retracted: true, retractedAt: takenBackAt(retraction) },
      }),
    versions,
  );
}

/**
 * What the provider says now: its newest version that it did not take back. Taking back a newer one says it again: who was let
 * go because the incident had ended was not told so any more.
 */
export function standingCohort(versions: CohortVersions): CohortRecord | undefined {
  const at = versions.findIndex((version) => !version.record.retracted);
  const record = versions[at]?.record;
  if (record === undefined) return undefined;
  const saidAt = versions
    .slice(0, at)
    .reduce((latest, newer) => Math.max(latest, newer.record.retractedAt ?? 0), record.issuedAt);
  return saidAt === record.issuedAt ? record : { ...record, issuedAt: saidAt };
}

type Retraction = Pick<CohortRecord, 'retracted' | 'retractedAt'>;

function firstRetraction(a: CohortRecord, b: CohortRecord): Retraction {
  if (!a.retracted && !b.retracted) return { retracted: false };
  // One without a time is of before, and so the first.
  if ([a, b].some(({ retracted, retractedAt }) => retracted && retractedAt === undefined)) {
    return { retracted: true };
  }
  const retractedAt = Math.min(
    a.retractedAt ?? Number.POSITIVE_INFINITY,
    b.retractedAt ?? Number.POSITIVE_INFINITY,
  );
  return { retracted: true, retractedAt };
}

/** The version as it was told. */
function standing({ retractedAt: _, ...told }: CohortRecord): CohortRecord {
  return { ...told, retracted: false };
}

/** Should one token ever be told in two ways, the smaller encoding counts. */
function tellsFirst(a: CohortRecord, b: CohortRecord): boolean {
  return Buffer.compare(encodeCohort(standing(a)), encodeCohort(standing(b))) < 0;
}
