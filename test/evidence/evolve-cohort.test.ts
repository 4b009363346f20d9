import { describe, expect, test } from 'vitest';
import type { CohortRecord } from '../../src/decision/evidence.js';
import { evolveCohort, retractVersion, standingCohort } from '../../src/evidence/evolve-cohort.js';
import { T0 } from './small-world.js';

function cohort(facts: Partial<CohortRecord> = {}): CohortRecord {
  return {
    id: 'incident',
    provider: 'att',
    domains: ['att.net'],
    mechanism: 'app passwords',
    from: T0,
    confidence: 1,
    issuedAt: T0,
    retracted: false,
    ...facts,
  };
}

describe('cohorts', () => {
  const opened = evolveCohort([], { tokenId: 't1', record: cohort() });
  const closed = evolveCohort(opened, { tokenId: 't2', record: cohort({ to: T0 + 9, issuedAt: T0 + 9 }) });

  test('the newest version stands', () => {
    expect(standingCohort(closed)?.to).toBe(T0 + 9);
    expect(standingCohort([])).toBeUndefined();
  });

  test('taking back its end opens it again; taking back all of it leaves nothing', () => {
    const reopened = retractVersion(closed, { provider: 'att', id: 't2', issuedAt: T0 + 20 });
    // Taking the end back says the rest again.
    expect(standingCohort(reopened)).toEqual(cohort({ issuedAt: T0 + 20 }));
    const heard = retractVersion(closed, {
      provider: 'att',
      id: 't2',
      issuedAt: T0 + 20,
      receivedAt: T0 + 99,
    });
    expect(standingCohort(heard)).toEqual(cohort({ issuedAt: T0 + 99 }));
    const gone = retractVersion(reopened, { provider: 'att', id: 't1', issuedAt: T0 + 20 });
    expect(standingCohort(gone)).toBeUndefined();
  });

  test('of two retractions the first counts, and one without a time is of before', () => {
    const taken = (...times: readonly (number | undefined)[]) =>
      times.reduce(
        (versions, retractedAt) =>
          evolveCohort(versions, {
            tokenId: 't2',
            record: cohort({
              to: T0 + 9,
              issuedAt: T0 + 9,
              retracted: true,
              ...(retractedAt === undefined ? {} : { retractedAt }),
            }),
          }),
        closed,
      );
    for (const times of [
      [T0 + 20, T0 + 30],
      [T0 + 30, T0 + 20],
    ]) {
      expect(standingCohort(taken(...times))?.issuedAt).toBe(T0 + 20);
    }
    for (const times of [
      [undefined, T0 + 30],
      [T0 + 30, undefined],
    ]) {
      expect(standingCohort(taken(...times))?.issuedAt).toBe(T0);
    }
  });

  test('only the provider that issued a token takes it back', () => {
    expect(retractVersion(closed, { provider: 'other', id: 't1', issuedAt: T0 + 20 })).toBe(closed);
    expect(retractVersion(closed, { provider: 'att', id: 'unknown', issuedAt: T0 + 20 })).toBe(closed);
  });

  test('at most 32 versions are kept, the newest', () => {
    const versions = Array.from({ length: 40 }, (_, n) => ({
      tokenId: `t${n}`,
      record: cohort({ issuedAt: T0 + n }),
    }));
    const kept = versions.reduce(evolveCohort, opened);
    expect(kept.map((version) => version.record.issuedAt - T0)).toEqual(
      Array.from({ length: 32 }, (_, n) => 39 - n),
    );
  });

  test('of one token told in two ways the smaller encoding counts, taken back or not', () => {
    const b = { tokenId: 't', record: cohort({ mechanism: 'b' }) };
    const a = { tokenId: 't', record: cohort({ mechanism: 'a', retracted: true }) };
    const expected = [{ tokenId: 't', record: cohort({ mechanism: 'a', retracted: true }) }];
    expect(evolveCohort([b], a)).toEqual(expected);
    expect(evolveCohort([a], b)).toEqual(expected);
  });
});
