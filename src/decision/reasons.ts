import { COHORT_GOVERNED, PROVIDER_GOVERNED, PROVIDER_MAX_DECISION } from './builtin-reasons.js';
import type { Outcome } from './evaluate.js';
import type { ProviderCap } from './input.js';
import type { ListEntry, ReasonText } from './policy-model.js';
import type { ScoredReason } from './score.js';
import type { Reason } from './verdict.js';
import type { ReasonSource, UnixMs } from './vocabulary.js';

/** All reasons of an outcome: most points first, then by code. */
export function reasonsOf(outcome: Outcome): readonly Reason[] {
  const reasons: Reason[] = outcome.sheet.reasons.map(scoredReason);
  for (const { rule, triggeredAt, endsAt } of outcome.locks) {
    reasons.push(reasonOf(rule, rule.source, 0, 0, triggeredAt, endsAt, undefined));
  }
  for (const { list, entry } of outcome.denied) {
    reasons.push(reasonOf(listText(list, entry), list.source, 0, 0, undefined, entry.expiresAt, undefined));
  }
  for (const note of outcome.notes) {
    reasons.push(reasonOf(note, note.source, 0, 0, note.occurredAt, undefined, undefined));
  }
  for (const cap of outcome.cappedBy) {
    const text = capText(cap);
    reasons.push(reasonOf(text, text.source, 0, 0, undefined, undefined, cap.provider));
  }
  return reasons.sort(byPointsThenCode);
}

function capText({ cause, cohortId }: ProviderCap): ReasonText {
  switch (cause) {
    case 'GOVERNED':
      return cohortId === undefined ? PROVIDER_GOVERNED : COHORT_GOVERNED;
    case 'MAX_DECISION':
      return PROVIDER_MAX_DECISION;
    default:
      return cause satisfies never;
  }
}

/** By code units, not by language: the same everywhere (I1). */
function byPointsThenCode(a: Reason, b: Reason): number {
  if (a.points !== b.points) return b.points - a.points;
  if (a.code === b.code) return 0;
  return a.code < b.code ? -1 : 1;
}

function scoredReason({ contribution, points, capped }: ScoredReason): Reason {
  const { text, source, occurredAt, expiresAt, provider } = contribution;
  return reasonOf(text, source, points, capped, occurredAt, expiresAt, provider);
}

/** The entry's own reason is for analysts, like the list's summary. */
function listText(list: ReasonText, entry: ListEntry): ReasonText {
  return { ...list, summary: `${list.summary}: ${entry.reason}` };
}

function reasonOf(
  text: ReasonText,
  source: ReasonSource,
  points: number,
  capped: number,
  occurredAt: UnixMs | undefined,
  expiresAt: UnixMs | undefined,
  provider: string | undefined,
): Reason {
  const reason: { -readonly [Key in keyof Reason]: Reason[Key] } = {
    code: text.code,
    points,
    capped,
    summary: text.summary,
    customerSummary: text.customerSummary,
    source,
  };
  if (occurredAt !== undefined) reason.occurredAt = occurredAt;
  if (expiresAt !== undefined) reason.expiresAt = expiresAt;
  if (provider !== undefined) reason.provider = provider;
  return reason;
}
