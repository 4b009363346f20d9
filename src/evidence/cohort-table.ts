import type { CohortRecord, RetractionRecord } from '../decision/evidence.js';
import type { UnixMs } from '../decision/vocabulary.js';
import { decodeCohort, encodeCohort } from '../store/codec/cohort-codec.js';
import type { StateChange, StateStore } from '../store/ports.js';
import { compareText } from './bounded-list.js';
import { MAX_COHORTS_PER_PROVIDER } from './bounds.js';
import {
  type CohortVersion,
  type CohortVersions,
  evolveCohort,
  retractVersion,
  standingCohort,
} from './evolve-cohort.js';
import { isCohortCurrent } from './forget.js';
import { lastPart, stateKey } from './state-key.js';

const NO_COHORTS: readonly CohortRecord[] = [];
const NO_VERSIONS: CohortVersions = [];

/** All cohorts, in memory: incidents are few, and every assessment asks for them by domain. */
export class CohortTable {
  readonly #versions = new Map<string, CohortVersions>();
  readonly #byDomain = new Map<string, readonly CohortRecord[]>();
  readonly #dirty = new Map<string, CohortVersion | undefined>();

  constructor(state: StateStore) {
    for (const { key, value } of state.range('cohorts', {})) {
      const record = decodeCohort(value);
      const tokenId = lastPart(key);
      this.#versions.set(
        record.id,
        evolveCohort(this.#versions.get(record.id) ?? NO_VERSIONS, { tokenId, record }),
      );
    }
    for (const id of this.#versions.keys()) this.#index(id);
  }

  /** Number of incidents known, closed and retracted ones included. */
  get size(): number {
    return this.#versions.size;
  }

  add(version: CohortVersion): void {
    const { id } = version.record;
    this.#replace(id, evolveCohort(this.#versions.get(id) ?? NO_VERSIONS, version));
  }

  /** Takes back what one token said of a cohort. Only its own provider can. */
  retract(id: string, retraction: RetractionRecord): void {
    this.#replace(id, retractVersion(this.#versions.get(id) ?? NO_VERSIONS, retraction));
  }

  /**
   * Incidents that include one of these domains: open ones before closed ones, then the likelier ones, then those that
   * ended later. Of each provider at most {@link MAX_COHORTS_PER_PROVIDER} one by one; see {@link joinRest}.
   */
  matching(domains: readonly string[], now: UnixMs): readonly CohortRecord[] {
    if (this.#byDomain.size === 0) return NO_COHORTS;
    let matched: readonly CohortRecord[] = NO_COHORTS;
    for (const domain of domains) {
      const found = this.#byDomain.get(domain);
      if (found === undefined || found === matched) continue;
      matched = matched.length === 0 ? found : joined(matched, found);
    }
    if (matched.some((cohort) => !isCohortCurrent(cohort, now))) {
      matched = matched.filter((cohort) => isCohortCurrent(cohort, now));
    }
    return matched.length > MAX_COHORTS_PER_PROVIDER ? joinRest(matched) : matched;
  }

  /** Drops incidents that count no more. */
  forget(now: UnixMs): void {
    for (const [id, versions] of this.#versions) {
      if (versions.every(({ record }) => !isCohortCurrent(record, now))) this.#replace(id, NO_VERSIONS);
    }
  }

  takeChanges(into: StateChange[]): void {
    for (const [key, version] of this.#dirty) {
      into.push(
        version === undefined
          ? { table: 'cohorts', key }
          : { table: 'cohorts', key, value: encodeCohort(version.record) },
      );
    }
    this.#dirty.clear();
  }

  #replace(id: string, next: CohortVersions): void {
    const before = this.#versions.get(id) ?? NO_VERSIONS;
    if (next === before) return;
    if (next.length === 0) this.#versions.delete(id);
    else this.#versions.set(id, next);
    for (const version of before) {
      if (!next.includes(version)) this.#dirty.set(versionKey(version), undefined);
    }
    for (const version of next) {
      if (!before.includes(version)) this.#dirty.set(versionKey(version), version);
    }
    this.#index(id);
  }

  #index(id: string): void {
    for (const [domain, cohorts] of this.#byDomain) {
      const others = cohorts.filter((cohort) => cohort.id !== id);
      if (others.length === 0) this.#byDomain.delete(domain);
      else if (others.length < cohorts.length) this.#byDomain.set(domain, others);
    }
    const standing = standingCohort(this.#versions.get(id) ?? NO_VERSIONS);
    if (standing === undefined) return;
    for (const domain of standing.domains) {
      this.#byDomain.set(domain, joined(this.#byDomain.get(domain) ?? NO_COHORTS, [standing]));
    }
  }
}

/**
 * The strongest incidents of each provider, and for the rest one that stands for all of them: it lasts from the first
 * to the last, and is as likely as the likeliest. So an incident is never forgotten because there are many others.
 */
function joinRest(cohorts: readonly CohortRecord[]): readonly CohortRecord[] {
  const kept: CohortRecord[] = [];
  const counts = new Map<string, number>();
  const rest = new Map<string, CohortRecord>();
  for (const cohort of cohorts) {
    const { provider } = cohort;
    const count = (counts.get(provider) ?? 0) + 1;
    counts.set(provider, count);
    if (count <= MAX_COHORTS_PER_PROVIDER) {
      kept.push(cohort);
      continue;
    }
    // An unknown share may be less or more than a known one: they are not compared.
    const key = `${cohort.share === undefined} ${provider}`;
    const other = rest.get(key);
    rest.set(key, other === undefined ? { ...cohort, id: key } : joinedCohort(other, cohort));
  }
  return rest.size === 0 ? cohorts : [...kept, ...rest.values()].sort(compareWeight);
}

function joinedCohort(a: CohortRecord, b: CohortRecord): CohortRecord {
  const { to, share, ...told } = a;
  return {
    ...told,
    domains: [...new Set([...a.domains, ...b.domains])],
    from: Math.min(a.from, b.from),
    ...(to !== undefined && b.to !== undefined && { to: Math.max(to, b.to) }),
    ...(share !== undefined && { share: Math.max(share, b.share ?? 0) }),
    confidence: Math.max(a.confidence, b.confidence),
    issuedAt: Math.max(a.issuedAt, b.issuedAt),
    latestFrom: Math.max(a.latestFrom ?? a.from, b.from),
  };
}

/** One row for each version that the list tells apart. */
function versionKey({ tokenId, record }: CohortVersion): string {
  return stateKey(stateKey(record.id, String(record.issuedAt)), tokenId);
}

function joined(a: readonly CohortRecord[], b: readonly CohortRecord[]): readonly CohortRecord[] {
  return [...new Set([...a, ...b])].sort(compareWeight);
}

function compareWeight(a: CohortRecord, b: CohortRecord): number {
  const aEnd = a.to ?? Number.MAX_SAFE_INTEGER;
  const bEnd = b.to ?? Number.MAX_SAFE_INTEGER;
  const aIsOpen = a.to === undefined ? 1 : 0;
  const bIsOpen = b.to === undefined ? 1 : 0;
  return bIsOpen - aIsOpen || likelihood(b) - likelihood(a) || bEnd - aEnd || compareText(a.id, b.id);
}

/** An unknown share may be all of them. */
function likelihood(cohort: CohortRecord): number {
  return (cohort.share ?? 1) * cohort.confidence;
}
