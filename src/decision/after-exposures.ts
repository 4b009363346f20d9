import type { EvidenceIndex } from './evidence-index.js';
import { EventMatch } from './exposures.js';
import type { AssessmentInput } from './input.js';
import type { UnixMs } from './vocabulary.js';

/** When the first trouble of a mailbox began: what a provider named or the customer reported, or an incident of its domain. */
interface FirstTrouble {
  solid: UnixMs;
  /** Also under guessed aliases. */
  any: UnixMs;
}

/**
 * Of these events those before which trouble of the same mailbox had begun. A provider that has a mailbox secured of which
 * nothing bad was known says nothing bad of it. Where only a guessed alias says so, the event counts as guessed.
 */
export function afterExposures(
  events: readonly EventMatch[],
  evidence: EvidenceIndex,
  input: AssessmentInput,
): readonly EventMatch[] {
  const firsts = new Map<number, FirstTrouble>();
  const after: EventMatch[] = [];
  for (const event of events) {
    let first = firsts.get(event.mailbox);
    if (first === undefined) {
      first = firstTroubleOf(event.mailbox, evidence, input);
      firsts.set(event.mailbox, first);
    }
    if (first.solid < event.latest) after.push(event);
    else if (first.any < event.latest) after.push(new EventMatch(event.record, event.mailbox, false));
  }
  return after;
}

function firstTroubleOf(mailbox: number, evidence: EvidenceIndex, input: AssessmentInput): FirstTrouble {
  const link = input.mailboxes[mailbox]?.link;
  const first = { solid: Number.POSITIVE_INFINITY, any: Number.POSITIVE_INFINITY };
  if (link === undefined) return first;
  for (const exposure of evidence.exposures) {
    if (exposure.link !== link) continue;
    first.any = Math.min(first.any, exposure.openedAt);
    if (exposure.solid) first.solid = Math.min(first.solid, exposure.openedAt);
  }
  for (const { record, links } of evidence.cohorts) {
    if (links.includes(link)) first.solid = Math.min(first.solid, record.from);
  }
  first.any = Math.min(first.any, first.solid);
  return first;
}
