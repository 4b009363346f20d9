import { EVENT_EFFECTS } from '../../../src/decision/event-effects.js';
import type { ReleaseRecord } from '../../../src/decision/evidence.js';
import { coversTerms } from '../../../src/decision/held-terms.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import type { UnixMs } from '../../../src/decision/vocabulary.js';
import type { EvidenceIndex } from './evidence-index.js';

/**
 * The release that lets this withdrawal go: for the same destination, and the same asset and no more of it, or else a
 * known value up to its ceiling, and with nothing adverse heard since.
 */
export function validRelease(input: AssessmentInput, evidence: EvidenceIndex): ReleaseRecord | undefined {
  const { request, ledger } = input;
  if (ledger.releases.length === 0) return undefined;
  let latest: ReleaseRecord | undefined;
  for (const release of ledger.releases) {
    if (release.withdrawal !== request.withdrawal || !coversTerms(release, request)) continue;
    if (release.amount === undefined && !(request.value !== undefined && request.value <= release.ceiling)) {
      continue;
    }
    if (latest === undefined || release.releasedAt > latest.releasedAt) latest = release;
  }
  if (latest === undefined || heardSince(latest.releasedAt, input, evidence)) return undefined;
  return latest;
}

/** Every type of signal is adverse: each is a step that thieves take. */
function heardSince(releasedAt: UnixMs, input: AssessmentInput, evidence: EvidenceIndex): boolean {
  if (input.account.signals.some((signal) => signal.receivedAt >= releasedAt)) return true;
  for (const { record } of evidence.events) {
    // A forced change of the password closes an exposure, but is news of one to whoever released before.
    const news = EVENT_EFFECTS[record.type].adverse || record.type === 'CREDENTIAL_CHANGE_REQUIRED';
    if (news && record.receivedAt >= releasedAt) return true;
  }
  for (const { records } of input.mailboxes) {
    for (const { record } of records) {
      for (const { id, provider, issuedAt, receivedAt = issuedAt } of record.retractions) {
        const isClosing = record.events.some(
          (event) =>
            event.id === id &&
            event.provider === provider &&
            (EVENT_EFFECTS[event.type].closes !== 'nothing' || EVENT_EFFECTS[event.type].closesWatch),
        );
        if (isClosing && receivedAt >= releasedAt) return true;
      }
    }
  }
  return evidence.cohorts.some((cohort) => cohort.record.issuedAt >= releasedAt);
}
