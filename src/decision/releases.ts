import { isAdverseNews } from './adverse-news.js';
import type { ReleaseRecord } from './evidence.js';
import type { EvidenceIndex } from './evidence-index.js';
import { coversTerms } from './held-terms.js';
import type { AssessmentInput } from './input.js';
import { takenBackAt, takenBackClosings } from './taken-back.js';
import type { UnixMs } from './vocabulary.js';

/**
 * The release that lets this withdrawal go: for the same destination, and the same asset and no more of it, or else a
 * known value up to its ceiling, and with nothing adverse heard since.
 */
export function validRelease(input: AssessmentInput, evidence: EvidenceIndex): ReleaseRecord | undefined {
  const { request, ledger } = input;
  if (ledger.releases.length === 0) return undefined;
  // Nobody can have looked at a mailbox that is not known any more.
  if (evidence.mailboxDropped) return undefined;
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
    if (isAdverseNews(record.type) && record.receivedAt >= releasedAt) return true;
  }
  if (takenBackClosings(input.mailboxes).some(({ retraction }) => takenBackAt(retraction) >= releasedAt)) {
    return true;
  }
  return evidence.cohorts.some((cohort) => cohort.record.issuedAt >= releasedAt);
}
